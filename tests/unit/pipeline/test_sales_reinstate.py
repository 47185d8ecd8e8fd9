"""Leads, products and opportunities put back as an export gave them, with lines and the way through the stages."""

from __future__ import annotations

from typing import Any

import pytest
from pipeline_in_process import SalesWorld
from table_changes import TableChanges

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError, ValidationError
from zebros_core.messaging import Operation
from zebros_core.tenancy import TenantContext
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS_SCHEMAS
from zebros_pipeline.domain.lead import LeadStatus
from zebros_pipeline.repositories.keys import BY_ENTITY, SCHEMAS
from zebros_pipeline.use_cases.follow_up import follow_up

Both = tuple[Any, Any]
ENTITIES = ("lead", "product", "opportunity")
STAMPS = {"version", "hlc", "fieldVersions", "updatedAt", "updatedBy", "createFingerprint", "jobId"}


@pytest.fixture
def door(world: SalesWorld) -> Any:
    def of(person: Any, service: str = "pipeline", *, system: bool = True) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:restore" if system else person.user,
            roles=frozenset(person.roles),
            isolation=world.pipeline.registry.get(person.tenant).isolation,
        )
        doors = world.customers.bulk_doors
        return (doors.system_door if system else doors.door)(service, context)

    return of


def backup(door: BulkDoorClient) -> dict[str, list[dict[str, Any]]]:
    """Return what a backup holds: records with what belongs to them."""
    kept = {entity: list(door.export_all(entity)) for entity in ENTITIES}
    ids = [record["opportunityId"] for record in kept["opportunity"]]
    if ids:
        lines = {found["opportunityId"]: found["lines"] for found in door.call("lines", ids=ids)["items"]}
        stages = {
            found["opportunityId"]: found["stageEntries"]
            for found in door.call("stageEntries", ids=ids)["items"]
        }
        for record in kept["opportunity"]:
            id = record["opportunityId"]
            record |= {"lines": lines[id], "stageEntries": stages[id]}
    return kept


def wishes(kept: dict[str, list[dict[str, Any]]], mark: str = "r") -> list[dict[str, Any]]:
    return [
        {"mutationId": f"{mark}-{entity}-{number}", "entity": entity, "record": record}
        for entity, records in kept.items()
        for number, record in enumerate(records)
    ]


def without_stamps(kept: dict[str, list[dict[str, Any]]], *more: str) -> dict[str, list[dict[str, Any]]]:
    return {
        entity: [
            {name: value for name, value in record.items() if name not in {*STAMPS, *more}}
            for record in records
        ]
        for entity, records in kept.items()
    }


def kinds(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in outcomes]


def fill(person: Any, of_customers: Any, clock: FixedClock) -> dict[str, str]:
    customer = of_customers(person).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    product = person.post("/v1/products", {"name": "GTX", "unitPrice": 550.55}).body["productId"]
    lead = person.post("/v1/leads", {"lastName": "Ames", "email": "ames@x.example", "estimatedValue": 12.5})
    clock.advance(5)
    deal = person.post(
        "/v1/opportunities",
        {
            "title": "Deal",
            "customerId": customer,
            "lines": [{"productId": product, "quantity": 2.5}, {"productId": product, "unitPrice": 0.1}],
            "expectedCloseDate": "2026-03-31",
            "probability": 40,
        },
    )
    assert deal.status == 201, deal.text
    id = deal.body["opportunityId"]
    for stage in ("qualification", "proposal"):
        clock.advance(3600)
        assert person.patch(f"/v1/opportunities/{id}", {"stage": stage}).status == 200
    bare = person.post("/v1/opportunities", {"title": "Bare"}).body["opportunityId"]
    clock.advance(60)
    return {"customer": customer, "product": product, "lead": lead.body["leadId"], "deal": id, "bare": bare}


def forget(world: SalesWorld, person: Any, *, side: bool = True) -> None:
    """Remove every row of a tenant's records, and what belongs to them, as if their time in the trash were over."""
    workspace = world.pipeline.system_workspace(person.tenant, "test")
    client: Any = world.pipeline.dynamodb
    for entity, repository in workspace.records.items():
        schema = BY_ENTITY[entity]
        for record in list(repository.page_by_creation(limit=100, cursor=None).items):
            key = repository.store.isolation.partition_key(person.tenant, getattr(record, schema.id_field))
            item = {schema.key_attribute: {"S": key}}
            if schema.parent_attribute:
                item[schema.parent_attribute] = {"S": record.customer_id or "~"}
            client.delete_item(TableName=repository.table, Key=item)
    table = workspace.leads.store.table("pipeline-lookup")
    for row in client.scan(TableName=table)["Items"] if side else []:
        if row["pk"]["S"].startswith(f"{person.tenant}#"):
            client.delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})


def test_what_is_as_it_was_stays_as_it_is(
    both: Both, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    one, two = both
    fill(one, of_customers, clock)
    fill(two, of_customers, clock)
    kept, theirs = backup(door(one)), backup(door(two))
    assert kinds(door(one).reinstate(wishes(kept))) == ["unchanged"] * 4
    assert backup(door(one)) == kept
    assert backup(door(two)) == theirs


def test_changed_deals_get_their_lines_and_their_stage_back(
    both: Both, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    one, _ = both
    ids = fill(one, of_customers, clock)
    kept = backup(door(one))
    path = f"/v1/opportunities/{ids['deal']}"
    before = one.get(path).body
    changed = {
        "lines": [{"productId": ids["product"]}],
        "stage": "negotiation",
        "title": "D",
        "customerId": None,
    }
    assert one.patch(path, changed).status == 200
    added = {"lines": [{"productId": ids["product"]}]}
    assert one.patch(f"/v1/opportunities/{ids['bare']}", added).status == 200
    one.patch(f"/v1/leads/{ids['lead']}", {"status": "unqualified"})
    assert sorted(kinds(door(one).reinstate(wishes(kept)))) == ["unchanged", "updated", "updated", "updated"]
    after = backup(door(one))
    assert without_stamps(after, "stageEntries") == without_stamps(kept, "stageEntries")
    shown = one.get(path).body
    assert (shown["lines"], shown["value"], shown["stage"]) == (before["lines"], before["value"], "proposal")
    entries = [entry["stage"] for entry in one.get(f"{path}/stages").body["items"]]
    assert entries == ["prospecting", "qualification", "proposal", "negotiation", "proposal"]
    assert one.get(f"/v1/opportunities/{ids['bare']}").body["lines"] == []


def test_deals_come_out_of_the_trash(both: Both, door: Any, of_customers: Any, clock: FixedClock) -> None:
    one, _ = both
    ids = fill(one, of_customers, clock)
    kept = backup(door(one))
    one.patch(f"/v1/opportunities/{ids['deal']}", {"lines": [], "stage": "negotiation"})
    for name, folder in (
        ("deal", "opportunities"),
        ("bare", "opportunities"),
        ("lead", "leads"),
        ("product", "products"),
    ):
        assert one.delete(f"/v1/{folder}/{ids[name]}").status == 204
    assert kinds(door(one).reinstate(wishes(kept))) == ["restored"] * 4
    assert without_stamps(backup(door(one)), "stageEntries") == without_stamps(kept, "stageEntries")


def test_records_of_which_nothing_is_left_come_back_with_what_belonged_to_them(
    both: Both, world: SalesWorld, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    one, _ = both
    ids = fill(one, of_customers, clock)
    kept = backup(door(one))
    stays = one.get(f"/v1/opportunities/{ids['deal']}/stages").body["items"]
    forget(world, one)
    changes = TableChanges(world.pipeline, SCHEMAS)
    assert kinds(door(one).reinstate(wishes(kept))) == ["created"] * 4
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    shown = one.get(f"/v1/opportunities/{ids['deal']}/stages").body["items"]
    assert [entry["enteredAt"] for entry in shown] == [entry["enteredAt"] for entry in stays]
    assert {change.operation for change in changes.take()} == {Operation.RESTORED}
    again = one.patch(f"/v1/opportunities/{ids['deal']}", {"stage": "negotiation"})
    assert (again.status, len(again.body["lines"])) == (200, 2)


def test_without_its_way_a_deal_has_entered_the_stage_that_it_is_in(
    admin: Any, world: SalesWorld, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    ids = fill(admin, of_customers, clock)
    kept = {"opportunity": [record for record in backup(door(admin))["opportunity"] if record["lines"]]}
    del kept["opportunity"][0]["stageEntries"]
    forget(world, admin)
    assert kinds(door(admin).reinstate(wishes(kept))) == ["created"]
    shown = admin.get(f"/v1/opportunities/{ids['deal']}/stages").body["items"]
    assert [entry["stage"] for entry in shown] == ["proposal"]


def test_a_deal_put_back_after_its_customer_is_not_taken_for_a_deleted_customers(
    admin: Any, world: SalesWorld, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    ids = fill(admin, of_customers, clock)
    kept = backup(door(admin))
    customers = list(door(admin, "customers").export_all("customer"))
    seller = of_customers(admin)
    watched, own = TableChanges(world.customers, CUSTOMERS_SCHEMAS), TableChanges(world.pipeline, SCHEMAS)
    workspace = world.pipeline.system_workspace(admin.tenant, "followup")

    def follow() -> None:
        for change in [*watched.take(), *own.take()]:
            follow_up(workspace, change, lambda actor: workspace)

    assert seller.delete(f"/v1/customers/{ids['customer']}").status == 204
    follow()
    assert backup(door(admin))["opportunity"][0]["customerDeleted"]
    door(admin, "customers").reinstate([{"mutationId": "c-1", "entity": "customer", "record": customers[0]}])
    door(admin).reinstate(wishes(kept))
    follow()
    assert not backup(door(admin))["opportunity"][0]["customerDeleted"]


def test_a_lead_that_was_being_converted_is_open_again(
    admin: Any, world: SalesWorld, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    ids = fill(admin, of_customers, clock)
    leads = world.pipeline.system_workspace(admin.tenant, "test").leads
    lead = leads.get(ids["lead"])
    leads.save(lead.model_copy(update={"status": LeadStatus.CONVERTING}), previous=lead)
    kept = {"lead": backup(door(admin))["lead"]}
    assert kinds(door(admin).reinstate(wishes(kept))) == ["conflict"]
    forget(world, admin)
    assert kinds(door(admin).reinstate(wishes(kept, "again"))) == ["created"]
    assert admin.get(f"/v1/leads/{ids['lead']}").body["status"] == "qualified"


@pytest.mark.parametrize(
    "facts",
    [
        {"lines": []},
        {"lines": [{"productId": "x", "quantity": "two"}] * 2},
        {"stageEntries": [{"version": 1}]},
        {"stageEntries": [{"version": 0, "stage": "won", "enteredAt": "2026-01-01T00:00:00Z", "actor": "x"}]},
        {"stageEntries": "all"},
        {
            "stageEntries": [
                {"version": 1, "stage": "won", "enteredAt": "2026-01-01T00:00:00Z", "actor": "x"}
            ]
            * 201
        },
        {"value": "much"},
        {"comments": []},
    ],
)
def test_what_does_not_belong_together_is_rejected(
    admin: Any, door: Any, of_customers: Any, clock: FixedClock, facts: dict[str, Any]
) -> None:
    fill(admin, of_customers, clock)
    deals = [record for record in backup(door(admin))["opportunity"] if record["lines"]]
    wrong = {"opportunity": [{**deals[0], **facts}, deals[0]]}
    outcomes = door(admin).reinstate(wishes(wrong))
    assert kinds(outcomes) == ["rejected", "unchanged"], outcomes
    assert outcomes[0]["problem"]["status"] == 422


def test_lines_that_were_not_fetched_are_missed(
    admin: Any, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    fill(admin, of_customers, clock)
    bare = {"opportunity": list(door(admin).export_all("opportunity"))}
    outcomes = door(admin).reinstate(wishes(bare))
    assert sorted(kinds(outcomes)) == ["rejected", "unchanged"]
    refused = next(outcome for outcome in outcomes if outcome["outcome"] == "rejected")
    assert refused["problem"]["errors"][0]["field"] == "/record/lines"


def test_the_way_through_the_stages_is_told_within_sight(
    both: Both, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    one, two = both
    ids = fill(one, of_customers, clock)
    foreign = door(two, system=False).call("stageEntries", ids=[ids["deal"]])
    assert foreign["items"] == []
    own = door(one, system=False).call("stageEntries", ids=[ids["deal"], ids["deal"]])["items"]
    assert [entry["stage"] for entry in own[0]["stageEntries"]] == [
        "prospecting",
        "qualification",
        "proposal",
    ]
    with pytest.raises(ValidationError):
        door(one).call("stageEntries", ids=[])


def test_only_our_machinery_puts_records_back(
    both: Both, door: Any, of_customers: Any, clock: FixedClock
) -> None:
    one, two = both
    fill(one, of_customers, clock)
    kept = backup(door(one))
    with pytest.raises(ForbiddenError):
        door(one, system=False).reinstate(wishes(kept))
    assert set(kinds(door(two).reinstate(wishes(kept)))) == {"rejected"}
