"""Devices pull and push through the API, in every isolation model, beside another tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from callers import Person
from device_calls import edit, pull_all, push
from sync_in_process import SyncWorld

from zebros_core.clock import FixedClock
from zebros_core.errors import UnavailableError
from zebros_sync.bootstrap import Container
from zebros_sync.domain.log import State
from zebros_sync.use_cases.append_changes import append_states

Tenants = Callable[..., str]
People = Callable[..., Person]


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_a_device_gets_its_tenants_records_and_what_changes_later(
    tenant: Tenants, person: People, online: People, deliver: Callable[[], int], model: str
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    for id, name in ((here, "Ours"), (elsewhere, "Theirs")):
        assert online(id).post("/v1/customers", {"companyName": name}).status == 201
    deliver()
    held, cursor = pull_all(person(here))
    (customer,) = held.values()
    assert (customer["companyName"], customer["version"]) == ("Ours", 1)
    assert "tenantId" not in customer
    etag = f'"{customer["version"]}"'
    online(here).patch(f"/v1/customers/{customer['customerId']}", {"industry": "medical"}, if_match=etag)
    deliver()
    changed, cursor = pull_all(person(here), cursor)
    assert [each["industry"] for each in changed.values()] == ["medical"]
    assert pull_all(person(here), cursor)[0] == {}
    online(here).delete(f"/v1/customers/{customer['customerId']}", if_match='"2"')
    deliver()
    page = person(here).post("/v1/sync/pull", {"cursor": cursor}).body
    assert [(each["operation"], each["id"]) for each in page["changes"]] == [
        ("remove", customer["customerId"])
    ]
    theirs, _ = pull_all(person(elsewhere))
    assert [each["companyName"] for each in theirs.values()] == ["Theirs"]


def test_a_cursor_of_somebody_else_a_forged_one_and_none_of_ours_are_refused(
    tenant: Tenants, person: People
) -> None:
    here, elsewhere = tenant(), tenant()
    _, cursor = pull_all(person(here))
    for who in (person(elsewhere), person(here, user="user-2")):
        refused = who.post("/v1/sync/pull", {"cursor": cursor})
        assert (refused.status, refused.body["errors"][0]["code"]) == (400, "invalid_cursor")
    for forged in (f"{cursor[:-2]}AA", "x", "…", "A" * 1024):
        assert person(here).post("/v1/sync/pull", {"cursor": forged}).status in {400, 422}
    assert person(here).post("/v1/sync/pull", {"cursor": "A" * 1025}).status == 422


def test_another_team_or_role_starts_anew_and_says_why(tenant: Tenants, person: People) -> None:
    here = tenant()
    _, cursor = pull_all(person(here, roles=("sales-rep",)))
    for who in (person(here, roles=("sales-rep",), team="south"), person(here, roles=("viewer",))):
        answer = who.post("/v1/sync/pull", {"cursor": cursor}).body
        assert (answer["resetRequired"], answer["cursor"], answer["changes"]) == (
            "visibilityChanged",
            None,
            [],
        )


def test_a_rep_gets_the_teams_records_and_loses_what_is_given_away(
    tenant: Tenants, person: People, online: People, deliver: Callable[[], int]
) -> None:
    here = tenant()
    admin = online(here)
    rep = person(here, user="rep-1", roles=("sales-rep",), team="north")
    ids = {
        team: admin.post("/v1/customers", {"companyName": team, "ownerId": f"{team}-x", "teamId": team}).body[
            "customerId"
        ]
        for team in ("north", "south")
    }
    deliver()
    held, cursor = pull_all(rep)
    assert set(held) == {ids["north"]}
    admin.patch(f"/v1/customers/{ids['north']}", {"teamId": "south"}, if_match='"1"')
    deliver()
    page = rep.post("/v1/sync/pull", {"cursor": cursor}).body
    assert [(each["operation"], each["id"]) for each in page["changes"]] == [("remove", ids["north"])]


def test_a_deactivated_person_is_refused_and_told_to_wipe(
    container: Container, tenant: Tenants, person: People
) -> None:
    here = tenant()
    log = container.system_workspace(here, "test").log
    append_states(log, [State("user", "user-1", 3, False, None, None, '{"status":"deactivated"}')])
    for path in ("/v1/sync/status", "/v1/sync/conflicts"):
        assert person(here).get(path).status == 403
    refused = person(here).post("/v1/sync/pull", {})
    assert (refused.status, refused.body["type"].rpartition("/")[2].rpartition(":")[2]) == (
        403,
        "user-deactivated",
    )
    assert person(here, user="user-2").post("/v1/sync/pull", {}).status == 200


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_what_was_done_offline_meets_what_others_did(
    tenant: Tenants, person: People, online: People, clock: FixedClock, model: str
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    admin, device = online(here), person(here)
    id = admin.post("/v1/customers", {"companyName": "Acme", "industry": "retail"}).body["customerId"]
    mine = edit(device, id, 1, {"industry": "medical", "tags": {"add": ["fair"]}})
    clock.advance(60)
    admin.patch(f"/v1/customers/{id}", {"companyName": "Acme Ltd", "industry": "finance"}, if_match='"1"')
    (outcome,) = push(device, mine)
    assert (outcome["outcome"], outcome["lost"], outcome["problem"]) == ("merged", ["industry"], None)
    record = admin.get(f"/v1/customers/{id}").body
    assert (record["companyName"], record["industry"], record["tags"]) == ("Acme Ltd", "finance", ["fair"])
    assert record["version"] == outcome["version"]
    (again,) = push(device, mine)
    assert again == outcome
    (conflict,) = device.get("/v1/sync/conflicts", state="settled").body["items"]
    assert conflict["fields"] == {"industry": {"device": "medical", "server": "finance", "kept": "server"}}
    assert person(elsewhere).get("/v1/sync/conflicts").body["items"] == []
    assert person(elsewhere).get(f"/v1/sync/conflicts/{conflict['conflictId']}").status == 404
    (foreign,) = push(person(elsewhere), edit(device, id, 1, {"industry": "stolen"}))
    assert foreign["outcome"] == "rejected"
    assert admin.get(f"/v1/customers/{id}").body["industry"] == "finance"


def test_an_open_conflict_is_decided_by_somebody_who_may(
    tenant: Tenants, person: People, online: People, clock: FixedClock
) -> None:
    here, elsewhere = tenant(syncStrategies={"customer": "manual"}), tenant()
    admin, device = online(here), person(here)
    id = admin.post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    admin.patch(f"/v1/customers/{id}", {"companyName": "Acme Ltd"}, if_match='"1"')
    clock.advance(60)
    (outcome,) = push(device, edit(device, id, 1, {"companyName": "Acme Inc", "industry": "retail"}))
    assert (outcome["outcome"], outcome["lost"]) == ("conflict", ["companyName"])
    where = f"/v1/sync/conflicts/{outcome['conflictId']}"
    assert person(elsewhere).post(f"{where}:resolve", {"fields": {"companyName": "device"}}).status == 404
    assert device.post(f"{where}:resolve", {"fields": {"industry": "device"}}).status == 422
    settled = device.post(f"{where}:resolve", {"fields": {"companyName": "device"}})
    assert (settled.status, settled.body["state"]) == (200, "settled")
    assert admin.get(f"/v1/customers/{id}").body["companyName"] == "Acme Inc"
    assert device.post(f"{where}:resolve", {"fields": {"companyName": "device"}}).status == 200
    assert device.post(f"{where}:resolve", {"fields": {"companyName": "server"}}).status == 409


def test_records_of_every_kind_are_made_offline_and_a_bad_one_stops_no_other(
    tenant: Tenants, person: People, online: People
) -> None:
    here = tenant()
    device = person(here)

    def create(entity: str, number: int, changes: dict[str, Any]) -> dict[str, Any]:
        id = f"01JZ8Q5R7N3V4T6W8Y0A2C4E{number:02}"
        return edit(device, id, None, changes, entity=entity, operation="create", mutationId=f"m-{number}")

    outcomes = push(
        device,
        create("customer", 10, {"companyName": "Offline Ltd"}),
        create("contact", 11, {"lastName": "Away", "customerId": "01JZ8Q5R7N3V4T6W8Y0A2C4E10"}),
        create("lead", 12, {"lastName": "Perhaps"}),
        create("opportunity", 13, {"title": "Gates", "customerId": "01JZ8Q5R7N3V4T6W8Y0A2C4E10"}),
        create("activity", 14, {"type": "note", "subject": "Seen"}),
        create("customer", 15, {"nosuch": 1}),
        create("user", 16, {"name": "Me"}),
        create("nosuch", 17, {"name": "Me"}),
    )
    shown = [(each["outcome"], (each["problem"] or {}).get("detail")) for each in outcomes]
    assert [each[0] for each in shown] == ["applied"] * 5 + ["rejected"] * 3, shown
    assert online(here).get("/v1/customers/01JZ8Q5R7N3V4T6W8Y0A2C4E10").body["companyName"] == "Offline Ltd"


@pytest.mark.parametrize("verb", ["apply", "read", "schema"])
def test_an_owner_that_is_away_refuses_its_own_and_no_other(
    world: SyncWorld, tenant: Tenants, person: People, verb: str
) -> None:
    here = tenant()
    device = person(here)

    def away(service: str, call: Any) -> None:
        if service == "pipeline" and call["verb"] == verb:
            raise UnavailableError

    world.doors.before = away
    world.sync.__dict__.pop("schemas", None)  # as in a new container, which knows no fields yet
    customer = edit(device, "01JZ8Q5R7N3V4T6W8Y0A2C4E20", None, {"companyName": "A"}, operation="create")
    lead = {**customer, "entity": "lead", "changes": {"lastName": "B"}, "mutationId": "m-2"}
    outcomes = push(device, customer, lead)
    assert [each["outcome"] for each in outcomes] == ["applied", "rejected"]
    assert outcomes[1]["problem"]["status"] == 503
    world.doors.before = lambda service, call: None
    assert [each["outcome"] for each in push(device, customer, lead)] == ["applied", "applied"]


def test_a_push_is_bounded_and_checked(tenant: Tenants, person: People) -> None:
    device = person(tenant())
    one = edit(device, "01JZ8Q5R7N3V4T6W8Y0A2C4E20", 1, {"companyName": "A"})
    now = device.clock.now().isoformat()

    def refused(**changes: Any) -> int:
        body = {"clientId": "phone", "sentAt": now, "mutations": [one], **changes}
        return device.post("/v1/sync/push", body).status

    assert refused(mutations=[{**one, "mutationId": f"m-{n}"} for n in range(10_000)]) in {413, 422}
    assert refused(mutations=[]) == 422
    assert refused(clientId="../x") == 422
    assert refused(sentAt="2026-01-01T00:00:00") == 422
    assert refused(mutations=[{**one, "changedAt": "soon"}]) == 422
    assert refused(mutations=[{**one, "operation": "merge"}]) == 422
    assert refused(mutations=[{**one, "tenantId": "other"}]) == 422
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    assert refused(mutations=[{**one, "changes": {"custom": deep}}]) in {200, 400, 422}


@pytest.mark.parametrize("year", ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"])
def test_a_device_whose_clock_is_decades_off_is_served(
    tenant: Tenants, person: People, online: People, year: str, clock: FixedClock
) -> None:
    here = tenant()
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    clock.advance(5)
    device = person(here)
    mine = {**edit(device, id, 1, {"industry": "medical"}), "changedAt": year}
    (outcome,) = push(device, mine, sent=year)
    assert outcome["outcome"] == "applied"


def test_is_there_anything_new_is_answered_by_a_tag(
    tenant: Tenants, person: People, online: People, deliver: Callable[[], int]
) -> None:
    here, elsewhere = tenant(), tenant()
    online(here).post("/v1/customers", {"companyName": "Acme"})
    deliver()
    first = person(here).get("/v1/sync/head")
    tag = first.headers["etag"]
    assert (first.status, first.body["sequence"], tag) == (200, 1, '"1"')
    assert person(here).call("GET", "/v1/sync/head", headers={"if-none-match": tag}).status == 304
    assert person(elsewhere).get("/v1/sync/head").body["sequence"] == 0
    online(here).post("/v1/customers", {"companyName": "Beta"})
    deliver()
    assert person(here).call("GET", "/v1/sync/head", headers={"if-none-match": tag}).status == 200


def test_a_client_is_told_what_it_is_too_old_for_and_starts_anew_when_it_learns_more(
    tenant: Tenants, person: People, online: People, deliver: Callable[[], int]
) -> None:
    here = tenant()
    online(here).post("/v1/customers", {"companyName": "Acme"})
    deliver()
    device = person(here)
    entities = device.get("/v1/sync/schema").body["entities"]
    assert set(entities) == {"customer", "contact", "lead", "product", "opportunity", "activity", "user"}
    assert entities["customer"]["fields"]["companyName"]["writable"]
    held, cursor = pull_all(device, entities={"contact": 1, "unheardof": 1})
    assert held == {}
    answer = device.post("/v1/sync/pull", {"cursor": cursor, "entities": {"contact": 1, "customer": 1}}).body
    assert answer["resetRequired"] == "schemaChanged"
    held, _ = pull_all(device, entities={"contact": 1, "customer": 1})
    assert len(held) == 1


def test_how_conflicts_are_settled_is_the_tenants_setting_and_counts_within_thirty_seconds(
    world: SyncWorld, tenant: Tenants, person: People, clock: FixedClock
) -> None:
    strategies = {"default": "serverWins", "contact": "manual", "lead": "of another version"}
    here, elsewhere = tenant(syncStrategies=strategies), tenant()
    assert person(here).get("/v1/sync/status").body["strategies"] == {
        "default": "serverWins",
        "contact": "manual",
    }
    assert person(elsewhere).get("/v1/sync/status").body["strategies"] == {}

    def outcome_of(name: str, id: str) -> tuple[str, list[str]]:
        device = person(here)
        made = edit(device, id, None, {"companyName": name}, operation="create", mutationId=f"{name}-1")
        assert push(device, made, client="other")[0]["outcome"] == "applied"
        clock.advance(minutes=1)
        colleague = edit(device, id, 1, {"industry": "web"}, mutationId=f"{name}-2")
        push(device, colleague, client="other")
        clock.advance(minutes=1)
        (outcome,) = push(device, edit(device, id, 1, {"industry": "mine"}, mutationId=f"{name}-3"))
        return outcome["outcome"], outcome["lost"]

    assert outcome_of("First", "01JZ8Q5R7N3V4T6W8Y0A2C4E31") == ("merged", ["industry"])
    registered = world.sync.registry.get(here)
    changed = replace(registered, settings={"syncStrategies": {"default": "fieldMerge"}}, epoch=2)
    world.register(changed)
    clock.advance(seconds=31)
    assert outcome_of("Second", "01JZ8Q5R7N3V4T6W8Y0A2C4E32") == ("merged", [])


def test_a_mutation_gives_its_outcome_for_ninety_days_and_is_another_one_after_them(
    tenant: Tenants, person: People, online: People, clock: FixedClock
) -> None:
    here = tenant()
    id = online(here).post("/v1/customers", {"companyName": "Acme"}).body["customerId"]
    device = person(here)
    mine = edit(device, id, 1, {"industry": "medical"})
    outcome = push(device, mine)
    online(here).patch(f"/v1/customers/{id}", {"industry": "web"}, if_match='"2"')
    clock.advance(days=89)
    assert push(device, mine) == outcome
    assert online(here).get(f"/v1/customers/{id}").body["industry"] == "web"
    clock.advance(days=2)
    (again,) = push(device, {**mine, "changes": {"tier": "gold"}})
    assert (again["outcome"], again["problem"]) == ("merged", None)


def test_segments_and_tombstones_are_kept_for_ninety_days_and_records_for_good(
    container: Container, tenant: Tenants, online: People, deliver: Callable[[], int], clock: FixedClock
) -> None:
    here = tenant()
    ids = [
        online(here).post("/v1/customers", {"companyName": f"Acme {number}"}).body["customerId"]
        for number in range(2)
    ]
    deliver()
    online(here).delete(f"/v1/customers/{ids[0]}", if_match='"1"')
    deliver()

    def ends(table: str, kind: str) -> dict[str, int | None]:
        rows = container.dynamodb.scan(TableName=f"zebros-test-{table}")["Items"]
        return {
            row["sk"]["S"]: int(row["expiresAt"]["N"]) if "expiresAt" in row else None
            for row in rows
            if row["pk"]["S"].startswith(f"{here}#{kind}")
        }

    over = int(clock.now().timestamp()) + 90 * 86_400
    segments = ends("sync-log", "log#")
    assert len(segments) == 2
    assert all(end is not None and abs(end - over) < 5 for end in segments.values())
    states = ends("sync-states", "state#")
    assert states[f"customer#{ids[1]}"] is None
    assert abs((states[f"customer#{ids[0]}"] or 0) - over) < 5
