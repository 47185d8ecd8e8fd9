"""What jobs ask of bulk doors: other tenants' jobs, records and settings look missing, whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from estate import Estate
from port import MODELS, Model, Service
from written_records import RECORDS, Record

from zebros_core.bulk.client import SYSTEM_SCOPE

MACHINERY = frozenset({SYSTEM_SCOPE})
SERVICES = tuple(dict.fromkeys(record.service for record in RECORDS))
SIDE_VERBS = (
    ("pipeline", "lines", "opportunity"),
    ("pipeline", "stageEntries", "opportunity"),
    ("activities", "texts", "activity"),
    ("activities", "comments", "activity"),
)
"""What gives what belongs to records, by their ids."""

Estates = dict[Model, tuple[Estate, Estate]]

pytestmark = pytest.mark.isolation


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("door", SERVICES)
def test_a_job_of_another_tenant_has_written_nothing_here(
    service: Service, estates: Estates, door: str, model: Model
) -> None:
    # Who writes and exports is the second tenant, so that the first one stays as it is.
    other, writer = estates[model]
    job = f"job-{writer.mark}-{door}"
    record = next(record for record in RECORDS if record.service == door)
    wish = {"mutationId": f"{job}-1", "entity": record.entity, "operation": "create", "changes": record.new}
    token = service.sign(door, writer.admin, model, job=job)
    answer = service.bulk(
        door, {"verb": "apply", "token": token, "mutations": [{**wish, "skipDuplicates": True}]}
    )
    assert answer["outcomes"][0]["outcome"] == "created", answer
    service.settle(writer.admin.tenant)
    with other.untouched():
        for scopes in (frozenset[str](), MACHINERY):
            asked = {"job": job, "token": service.sign(door, other.admin, model, scopes=scopes)}
            changes = service.bulk(door, {"verb": "changes", **asked})
            assert (changes["items"], changes["nextCursor"]) == ([], None)
            assert service.bulk(door, {"verb": "countChanges", **asked}) == {"count": 0, "nextCursor": None}
    own = {"job": job, "token": service.sign(door, writer.admin, model)}
    changes = service.bulk(door, {"verb": "changes", **own})
    assert [item["id"] for item in changes["items"]] == [answer["outcomes"][0]["id"]]
    assert service.bulk(door, {"verb": "countChanges", **own})["count"] == 1


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.entity)
def test_a_record_of_another_tenant_cannot_be_put_back_here(
    service: Service, estates: Estates, record: Record, model: Model
) -> None:
    theirs, mine = estates[model]
    read = {"verb": "read", "entity": record.entity, "ids": [theirs[record.entity]]}
    token = service.sign(record.service, theirs.admin, model)
    (document,) = service.bulk(record.service, {**read, "token": token})["items"]
    anonymous = {name: value for name, value in document.items() if name not in {"tenantId", "externalId"}}
    # Where keys hold the tenant, an id alone is anybody's: a record of one's own may have the same.
    given = [document, anonymous] if model == "pool" else [document]
    token = service.sign(record.service, mine.admin, model, scopes=MACHINERY)
    with theirs.untouched():
        for number, found in enumerate(given):
            wish = {"mutationId": f"{theirs.mark}-back-{number}", "entity": record.entity, "record": found}
            answer = service.bulk(record.service, {"verb": "reinstate", "token": token, "mutations": [wish]})
            outcome = answer["outcomes"][0]
            assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422), outcome
            told = str(outcome["problem"])
            assert theirs.admin.tenant not in told and theirs.mark not in told


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("door", "verb", "entity"), SIDE_VERBS)
def test_what_belongs_to_another_tenants_records_looks_missing(
    service: Service, estates: Estates, door: str, verb: str, entity: str, model: Model
) -> None:
    theirs, mine = estates[model]
    for scopes in (frozenset[str](), MACHINERY):
        token = service.sign(door, mine.admin, model, scopes=scopes)
        call = {"verb": verb, "token": token, "ids": [theirs[entity], mine[entity]]}
        answer = service.bulk(door, call)
        assert theirs[entity] not in str(answer) and theirs.mark not in str(answer)
        assert {item[f"{entity}Id"] for item in answer["items"]} <= {mine[entity]}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("door", (*SERVICES, "auth"))
def test_settings_are_the_tenants_own(service: Service, estates: Estates, door: str, model: Model) -> None:
    theirs, mine = estates[model]
    token = service.sign(door, mine.admin, model, scopes=MACHINERY)
    call: dict[str, Any] = {"verb": "settings", "token": token}
    while True:
        answer = service.bulk(door, call)
        assert theirs.mark not in str(answer) and theirs.admin.tenant not in str(answer)
        assert answer["items"] or answer["nextCursor"], answer
        if answer["nextCursor"] is None:
            break
        call["cursor"] = answer["nextCursor"]
        foreign = {**call, "token": service.sign(door, theirs.admin, model, scopes=MACHINERY)}
        assert service.bulk(door, foreign)["problem"]["status"] == 400


@pytest.mark.parametrize("door", (*SERVICES, "auth"))
def test_nobody_but_our_machinery_puts_back_or_sets(service: Service, estates: Estates, door: str) -> None:
    _, mine = estates["pool"]
    token = service.sign(door, mine.admin, "pool")
    calls = [{"verb": "settings"}, {"verb": "putSettings", "items": []}]
    calls += [{"verb": "reinstate", "mutations": []}] if door != "auth" else []
    for call in calls:
        assert service.bulk(door, {**call, "token": token})["problem"]["status"] == 403, call


@pytest.mark.parametrize("model", MODELS)
def test_people_of_another_tenant_are_nobody_here(service: Service, estates: Estates, model: Model) -> None:
    theirs, mine = estates[model]
    token = service.sign("auth", mine.admin, model)
    wishes = [
        {"operation": "update", "id": theirs["user"], "changes": {"name": "Mine"}},
        {"operation": "upsert", "id": theirs["user"], "changes": {"name": "Mine", "role": "viewer"}},
    ]
    mutations = [
        {"mutationId": f"{theirs.mark}-user-{number}", "entity": "user", **wish}
        for number, wish in enumerate(wishes)
    ]
    with theirs.untouched():
        answer = service.bulk("auth", {"verb": "apply", "token": token, "mutations": mutations})
        for outcome in answer["outcomes"]:
            assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 404), answer
    teams = service.bulk("auth", {"verb": "teams", "token": token})
    assert theirs.mark not in str(teams) and theirs.admin.tenant not in str(teams)
