"""The bulk doors: the tenant is the signed call's, and a call signed for anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from estate import Estate
from port import MODELS, Call, Caller, Model, Service
from written_records import RECORDS, Record

from zebros_core.auth.internal import InternalTokens
from zebros_core.bulk.client import SYSTEM_SCOPE
from zebros_core.clock import SystemClock
from zebros_core.tenancy import TenantContext

READ_ONLY = (("customers", "document"), ("auth", "user"))
"""What a door gives out and does not take."""
READABLE = (*((record.service, record.entity) for record in RECORDS), *READ_ONLY)
SERVICES = tuple(dict.fromkeys(record.service for record in RECORDS))
DOORS = {
    **{service: next(r.entity for r in RECORDS if r.service == service) for service in SERVICES},
    "auth": "user",
}
"""Every door, with an entity that it exports."""

Estates = dict[Model, tuple[Estate, Estate]]

pytestmark = pytest.mark.isolation


def apply(token: str, **wish: Any) -> dict[str, Any]:
    return {"verb": "apply", "token": token, "mutations": [wish]}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.entity)
def test_mutations_of_another_tenants_records_look_as_if_there_were_none(
    service: Service, estates: Estates, record: Record, model: Model
) -> None:
    theirs, mine = estates[model]
    with theirs.untouched():
        for scopes in (frozenset[str](), frozenset({SYSTEM_SCOPE})):
            token = service.sign(record.service, mine.admin, model, scopes=scopes)
            for operation in ("update", "delete", "restore"):
                wish = {
                    "mutationId": f"{theirs.mark}-{operation}",
                    "entity": record.entity,
                    "operation": operation,
                    "id": theirs[f"deleted_{record.entity}" if operation == "restore" else record.entity],
                    **({"changes": record.changes} if operation == "update" else {}),
                }
                answer = service.bulk(record.service, apply(token, **wish))
                outcome = answer["outcomes"][0]
                assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 404), answer


@pytest.mark.parametrize(
    "record", [record for record in RECORDS if record.by_id_alone], ids=lambda r: r.entity
)
def test_an_id_that_is_another_tenants_gets_a_generic_refusal(
    service: Service, estates: Estates, record: Record
) -> None:
    theirs, mine = estates["pool"]
    wish = {"mutationId": f"{theirs.mark}-create", "entity": record.entity, "operation": "create"}
    facts = {"id": theirs[record.entity], "changes": record.new, "skipDuplicates": True}
    with theirs.untouched():
        token = service.sign(record.service, mine.admin, "pool")
        answer = service.bulk(record.service, apply(token, **wish, **facts))
    outcome = answer["outcomes"][0]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422), answer
    assert theirs.admin.tenant not in str(answer) and theirs.mark not in str(outcome["problem"])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("door", "entity"), READABLE)
def test_an_export_holds_the_callers_tenant_only(
    service: Service, estates: Estates, door: str, entity: str, model: Model
) -> None:
    theirs, mine = estates[model]
    for scopes in (frozenset[str](), frozenset({SYSTEM_SCOPE})):
        token = service.sign(door, mine.admin, model, scopes=scopes)
        answer = service.bulk(door, {"verb": "export", "token": token, "entity": entity, "limit": 1000})
        assert answer["items"], answer
        assert theirs[entity] not in str(answer) and theirs.admin.user not in str(answer)
        assert all(item["tenantId"] == mine.admin.tenant for item in answer["items"])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("door", "entity"), READABLE)
def test_what_is_read_is_the_callers_tenants_only(
    service: Service, estates: Estates, door: str, entity: str, model: Model
) -> None:
    theirs, mine = estates[model]
    ids = [theirs[entity], mine[entity]]
    for scopes in (frozenset[str](), frozenset({SYSTEM_SCOPE})):
        token = service.sign(door, mine.admin, model, scopes=scopes)
        answer = service.bulk(door, {"verb": "read", "token": token, "entity": entity, "ids": ids})
        found = [(item[f"{entity}Id"], item["tenantId"]) for item in answer["items"]]
        assert found == [(mine[entity], mine.admin.tenant)], answer


@pytest.mark.parametrize("door", DOORS)
def test_a_cursor_of_another_tenants_export_is_refused(service: Service, estates: Estates, door: str) -> None:
    # An export is an entry in the log of whoever exports, and the first tenant is to stay as it is.
    mine, theirs = estates["pool"]
    entity = DOORS[door]
    call = {"verb": "export", "entity": entity, "limit": 1}
    first = service.bulk(door, {**call, "token": service.sign(door, theirs.admin, "pool")})
    assert first["nextCursor"], first
    token = service.sign(door, mine.admin, "pool")
    answer = service.bulk(door, {**call, "token": token, "cursor": first["nextCursor"]})
    assert answer["problem"]["status"] == 400


@pytest.mark.parametrize("door", DOORS)
def test_calls_not_signed_for_this_door_are_refused(service: Service, estates: Estates, door: str) -> None:
    theirs, _ = estates["pool"]
    admin = theirs.admin
    entity = DOORS[door]
    foreign = InternalTokens(b"the key of another deployment, as long", SystemClock())
    context = TenantContext(
        admin.tenant, admin.user, roles=frozenset(admin.roles), scopes=frozenset({SYSTEM_SCOPE})
    )
    other_door = next(other for other in DOORS if other != door)
    tokens = {
        "another function": service.sign(door, admin, "pool", audience="zebros-sync-local-bulk"),
        "another door": service.sign(other_door, admin, "pool"),
        "another key": foreign.sign(context, audience=f"zebros-{door}-local-bulk"),
        "nothing": "",
        "no token": "aurora",
    }
    for what, token in tokens.items():
        for call in (
            {"verb": "export", "entity": entity},
            {"verb": "read", "entity": entity, "ids": [theirs[entity]]},
        ):
            answer = service.bulk(door, {**call, "token": token})
            assert answer.get("problem", {}).get("status") == 401, f"signed for {what}: {answer}"


def test_the_doors_own_work_needs_the_right_for_it(service: Service, estates: Estates) -> None:
    _, mine = estates["pool"]
    viewer = replace(mine.admin, roles=("viewer",))
    for verb in ("verifyTotals", "rebuildTotals"):
        answer = service.bulk("pipeline", {"verb": verb, "token": service.sign("pipeline", viewer, "pool")})
        assert answer["problem"]["status"] == 403, answer


def test_no_access_token_makes_its_bearer_our_own_machinery(service: Service, estates: Estates) -> None:
    """What a person's request reads at another service's door is read with that person's rights."""
    theirs, mine = estates["pool"]
    nobody = service.enrol(
        Caller(mine.admin.tenant, f"mallory-{mine.mark}", ("sales-rep",), f"far-{mine.mark}", SYSTEM_SCOPE)
    )
    for path, body in (
        ("/v1/opportunities", {"title": "Mine?", "customerId": mine["customer"]}),
        (
            "/v1/activities",
            {"type": "note", "subject": "Mine?", "relatedType": "lead", "relatedId": mine["lead"]},
        ),
        ("/v1/emails", {"contactId": mine["contact"], "subject": "Hello", "text": "Hello"}),
        ("/v1/opportunities", {"title": "Theirs?", "customerId": theirs["customer"]}),
    ):
        answer = service.call(nobody, Call("POST", path, body))
        assert answer.status == 422, f"{path}: {answer.status} {answer.text}"
        assert answer.body["errors"][0]["code"] == "unknown_reference", answer.text


def test_no_integration_is_given_a_scope_of_our_own_machinery(service: Service, estates: Estates) -> None:
    _, mine = estates["pool"]
    body = {"name": "Reader", "role": "viewer", "scopes": [SYSTEM_SCOPE]}
    answer = service.call(mine.admin, Call("POST", "/v1/integrations", body))
    assert answer.status == 422, answer.text
