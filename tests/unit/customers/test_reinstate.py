"""Customers, contacts and documents put back as an export gave them, whatever has become of them since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from in_process_doors import InProcessDoors
from service_in_process import create_tables
from table_changes import TableChanges

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError, ValidationError
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.records.history_events import keep_history
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_customers.handlers.bulk import DOOR
from zebros_customers.repositories.keys import BY_ENTITY, SCHEMAS
from zebros_customers.use_cases.follow_up import follow_up

Both = tuple[Any, Any]
Door = Callable[..., BulkDoorClient]
STAMPS = {"version", "hlc", "fieldVersions", "updatedAt", "updatedBy", "jobId", "createFingerprint"}
"""What a record does not have in common with its export when it was put back."""


@pytest.fixture
def door(container: Any) -> Door:
    """Return the door for our machinery that restores a tenant, or for somebody."""
    doors = InProcessDoors()
    doors.serve(container, DOOR)
    doors.connect(container)

    def of(person: Any, *, system: bool = True, **facts: Any) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:restore" if system else person.user,
            roles=frozenset(person.roles),
            isolation=container.registry.get(person.tenant).isolation,
            job_id="restore-1",
        )
        opened = container.bulk_doors.system_door if system else container.bulk_doors.door
        return opened("customers", replace(context, **facts))

    return of


@pytest.fixture
def changes(container: Any) -> TableChanges:
    return TableChanges(container, SCHEMAS)


def backup(door: BulkDoorClient) -> list[tuple[str, dict[str, Any]]]:
    """Return everything that a door exports, as entity and document."""
    return [
        (entity, record)
        for entity in ("customer", "contact", "document")
        for record in door.export_all(entity)
        if record.get("status") != "pending"
    ]


def wishes(records: list[tuple[str, dict[str, Any]]], mark: str = "r", **facts: Any) -> list[dict[str, Any]]:
    return [
        {"mutationId": f"{mark}-{number}", "entity": entity, "record": record, **facts}
        for number, (entity, record) in enumerate(records)
    ]


def without_stamps(records: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    return sorted(
        (
            (entity, {name: value for name, value in record.items() if name not in STAMPS})
            for entity, record in records
        ),
        key=str,
    )


def kinds(outcomes: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in outcomes]


def fill(person: Any, container: Any, clock: FixedClock) -> dict[str, str]:
    """Give a tenant one record of each kind, with every sort of value, and return the ids."""
    person.post("/v1/fields", {"entity": "customer", "name": "size", "type": "number"})
    person.post("/v1/fields", {"entity": "customer", "name": "code", "type": "text"})
    customer = person.post(
        "/v1/customers",
        {
            "companyName": "Tidewater Café",
            "tier": "gold",
            "industry": "retail",
            "contactInfo": {"email": "info@tidewater.example", "address": {"city": "Zürich"}},
            "ownerId": "rep-1",
            "teamId": "north",
            "externalId": "T-1",
            "tags": ["b", "a"],
            "custom": {"size": 12.5, "code": "12.5"},
        },
    )
    assert customer.status == 201, customer.text
    clock.advance(5)
    id = customer.body["customerId"]
    contact = person.post(
        "/v1/contacts",
        {"customerId": id, "lastName": "Ames", "email": "ames@tidewater.example", "doNotContact": True},
    ).body["contactId"]
    single = person.post("/v1/contacts", {"lastName": "Solo", "externalId": "S-1"}).body["contactId"]
    document = {"customerId": id, "fileName": "offer.pdf", "contentType": "application/pdf", "sizeBytes": 5}
    made = person.post("/v1/documents", document).headers["location"].rpartition("/")[2]
    workspace = container.system_workspace(person.tenant, "test")
    kept = workspace.documents.get(made)
    workspace.documents.save(kept.model_copy(update={"status": "available"}), previous=kept)
    clock.advance(60)
    return {"customer": id, "contact": contact, "single": single, "document": made}


def forget(container: Any, person: Any) -> None:
    """Remove every row of a tenant's records, as if their time in the trash were over."""
    workspace = container.system_workspace(person.tenant, "test")
    for entity, repository in workspace.records.items():
        schema = BY_ENTITY[entity]
        for record in list(repository.page_by_creation(limit=100, cursor=None).items):
            key = repository.store.isolation.partition_key(person.tenant, getattr(record, schema.id_field))
            item = {schema.key_attribute: {"S": key}}
            if schema.parent_attribute:
                item[schema.parent_attribute] = {"S": record.customer_id or "~"}
            container.dynamodb.delete_item(TableName=repository.table, Key=item)


def forget_guards(container: Any, person: Any) -> None:
    workspace = container.system_workspace(person.tenant, "test")
    table = workspace.customers.store.table("customers-lookup")
    for row in container.dynamodb.scan(TableName=table)["Items"]:
        if row["pk"]["S"].startswith(f"{person.tenant}#guard#"):
            container.dynamodb.delete_item(TableName=table, Key={"pk": row["pk"], "sk": row["sk"]})


def test_a_live_record_that_is_as_it_was_stays_as_it_is(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, two = both
    fill(one, container, clock)
    fill(two, container, clock)
    kept = backup(door(one))
    assert len(kept) == 4
    theirs = backup(door(two))
    outcomes = door(one).reinstate(wishes(kept))
    assert kinds(outcomes) == ["unchanged"] * 4
    assert backup(door(one)) == kept
    assert backup(door(two)) == theirs


def test_changed_records_become_what_they_were(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, _ = both
    ids = fill(one, container, clock)
    kept = backup(door(one))
    other = one.post("/v1/customers", {"companyName": "Other"}).body["customerId"]
    changed = {
        "companyName": "Renamed",
        "tier": None,
        "contactInfo": None,
        "externalId": None,
        "tags": [],
        "custom": {"size": None},
        "ownerId": "rep-2",
    }
    assert one.patch(f"/v1/customers/{ids['customer']}", changed).status == 200
    assert one.patch(f"/v1/contacts/{ids['contact']}", {"customerId": other}).status == 200
    assert one.patch(f"/v1/contacts/{ids['single']}", {"position": "chief"}).status == 200
    outcomes = door(one).reinstate(wishes(kept))
    assert sorted(kinds(outcomes)) == ["unchanged", "updated", "updated", "updated"]
    after = [(entity, record) for entity, record in backup(door(one)) if record.get("customerId") != other]
    assert without_stamps(after) == without_stamps(kept)
    assert one.get(f"/v1/contacts/{ids['contact']}").body["version"] == 5, "two moves of two versions each"
    found = one.get("/v1/customers/by-external-id/T-1")
    assert found.body["customerId"] == ids["customer"]
    written = one.get(f"/v1/customers/{ids['customer']}").body
    assert (written["updatedBy"], written["createdBy"]) == ("system:restore", one.user)


def test_records_come_out_of_the_trash_as_they_were_in_the_backup(
    both: Both, container: Any, door: Door, clock: FixedClock, changes: TableChanges
) -> None:
    one, _ = both
    ids = fill(one, container, clock)
    kept = backup(door(one))
    one.patch(f"/v1/customers/{ids['customer']}", {"tier": "silver"})
    other = one.post("/v1/customers", {"companyName": "Other"}).body["customerId"]
    one.patch(f"/v1/contacts/{ids['contact']}", {"customerId": other})
    for path in (
        f"/v1/contacts/{ids['contact']}",
        f"/v1/contacts/{ids['single']}",
        f"/v1/customers/{ids['customer']}",
        f"/v1/documents/{ids['document']}",
    ):
        assert one.delete(path).status == 204
    changes.take()
    outcomes = door(one).reinstate(wishes(kept))
    assert kinds(outcomes) == ["restored"] * 4
    after = [(entity, record) for entity, record in backup(door(one)) if record.get("customerId") != other]
    assert without_stamps(after) == without_stamps(kept)
    published = {(change.entity, change.id): change for change in changes.take()}
    customer = published["customer", ids["customer"]]
    assert (customer.operation, customer.version, customer.job) == (Operation.RESTORED, 4, "restore-1")
    assert one.get(f"/v1/customers/{ids['customer']}").body["tier"] == "gold"
    # What they may not share is theirs again.
    assert one.post("/v1/customers", {"companyName": "Tidewater Café"}).status == 409


def test_records_of_which_nothing_is_left_come_back_above_whatever_version_they_had(
    both: Both, container: Any, door: Door, clock: FixedClock, changes: TableChanges
) -> None:
    one, two = both
    ids = fill(one, container, clock)
    fill(two, container, clock)
    keep(container, changes.take())
    kept = backup(door(one))
    for tier in ("silver", "bronze"):
        one.patch(f"/v1/customers/{ids['customer']}", {"tier": tier})
        keep(container, changes.take())
    forget(container, one)
    forget_guards(container, one)
    assert backup(door(one)) == []
    changes.take()
    outcomes = door(one).reinstate(wishes(kept))
    assert kinds(outcomes) == ["created"] * 4
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    versions = {outcome["id"]: outcome["version"] for outcome in outcomes}
    assert versions[ids["customer"]] == 5, (
        "above the versions of the history, and the removal of the last one"
    )
    assert versions[ids["contact"]] == 3
    published = {(change.entity, change.id): change for change in changes.take()}
    assert {change.operation for change in published.values()} == {Operation.RESTORED}
    assert published["contact", ids["contact"]].snapshot is not None
    found = container.system_workspace(one.tenant, "test").contacts.find_by_external_id("S-1")
    assert found.contact_id == ids["single"]
    assert one.post("/v1/customers", {"companyName": "Tidewater Café"}).status == 409
    assert door(one).reinstate(wishes(kept, "again"))[0]["outcome"] == "unchanged"
    # From here on they are records like any other.
    assert one.patch(f"/v1/contacts/{ids['contact']}", {"position": "x"}).body["version"] == 4
    assert one.delete(f"/v1/customers/{ids['customer']}").status == 204


def keep(container: Any, events: list[EntityChanged]) -> None:
    for event in events:
        if event.entity != "document":
            history = container.system_workspace(event.tenant_id, "history").history
            keep_history(history, BY_ENTITY, event)


def test_followers_hear_of_a_customer_that_was_put_back(
    admin: Any, container: Any, door: Door, clock: FixedClock, changes: TableChanges
) -> None:
    ids = fill(admin, container, clock)
    kept = backup(door(admin))
    forget(container, admin)
    changes.take()
    owned = [
        (entity, {**record, "ownerId": "rep-9"}) if entity == "customer" else (entity, record)
        for entity, record in kept
    ]
    door(admin).reinstate(wishes(owned))
    for change in changes.take():
        follow_up(container.system_workspace(admin.tenant, "followup"), change)
    assert admin.get(f"/v1/contacts/{ids['contact']}").body["ownerId"] == "rep-9"


def test_a_mutation_told_again_does_nothing_and_gives_the_first_outcome(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, two = both
    ids = fill(one, container, clock)
    kept = backup(door(one))
    one.delete(f"/v1/customers/{ids['customer']}")
    first = door(one).reinstate(wishes(kept))
    assert first[0]["outcome"] == "restored"
    one.patch(f"/v1/customers/{ids['customer']}", {"tier": "silver"})
    assert door(one).reinstate(wishes(kept)) == first
    assert one.get(f"/v1/customers/{ids['customer']}").body["tier"] == "silver"
    assert kinds(door(one).reinstate(wishes(kept, "second")))[0] == "updated"
    assert backup(door(two)) == []


def test_what_another_record_has_taken_meanwhile_is_a_conflict_unless_it_may_be_shared(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, _ = both
    ids = fill(one, container, clock)
    kept = [found for found in backup(door(one)) if found[0] == "customer"]
    one.delete(f"/v1/customers/{ids['customer']}")
    other = one.post("/v1/customers", {"companyName": "Tidewater Café"}).body["customerId"]
    refused = door(one).reinstate(wishes(kept))[0]
    assert (refused["outcome"], refused["problem"]["records"][0]["id"]) == ("conflict", other)
    assert kinds(door(one).reinstate(wishes(kept, "shared", skipDuplicates=True))) == ["restored"]
    one.delete(f"/v1/customers/{ids['customer']}")
    one.patch(f"/v1/customers/{other}", {"externalId": "T-1"})
    strict = door(one).reinstate(wishes(kept, "strict", skipDuplicates=True))[0]
    assert (strict["outcome"], strict["problem"]["records"][0]["match"]) == ("conflict", "externalId")


def test_a_record_of_an_erased_person_does_not_come_back(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    from zebros_core.privacy.marks import ErasureMarks, mark_of

    one, two = both
    fill(one, container, clock)
    kept = [found for found in backup(door(one)) if found[0] == "contact"]
    workspace = container.system_workspace(one.tenant, "erasure")
    store = workspace.contacts.store
    id = kept[0][1]["contactId"]
    ErasureMarks(store, "customers-lookup")._lookup.put(
        ("erased", mark_of(one.tenant, "contact", id)), "-", {"requestId": "x", "at": "2026-01-01T00:00:00Z"}
    )
    forget(container, one)
    outcomes = door(one).reinstate(wishes(kept))
    assert (outcomes[0]["outcome"], outcomes[0]["problem"]["status"]) == ("rejected", 404)
    assert outcomes[1]["outcome"] == "created"
    gone = workspace.contacts.get(kept[1][1]["contactId"])
    workspace.contacts.remove(gone)
    again = door(one).reinstate(wishes(kept[1:], "again"))
    assert (again[0]["outcome"], again[0]["problem"]["status"]) == ("rejected", 404)
    assert backup(door(two)) == []


def test_a_loser_of_a_merge_does_not_come_back(
    admin: Any, container: Any, door: Door, clock: FixedClock
) -> None:
    ids = fill(admin, container, clock)
    kept = [found for found in backup(door(admin)) if found[0] == "customer"]
    winner = admin.post("/v1/customers", {"companyName": "Winner"}).body["customerId"]
    assert admin.post(f"/v1/customers/{winner}/merge", {"loserId": ids["customer"]}).status == 200
    assert kinds(door(admin).reinstate(wishes(kept))) == ["conflict"]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"customerId": "no id at all#"}, "/record/customerId"),
        ({"customerId": None}, "/record/customerId"),
        ({"companyName": None}, "/record/companyName"),
        ({"companyName": ["x"]}, "/record/companyName"),
        ({"version": 0}, "/record/version"),
        ({"version": 10**10}, "/record/version"),
        ({"version": "x"}, "/record/version"),
        ({"schemaVersion": 99}, "/record/schemaVersion"),
        ({"schemaVersion": "1"}, "/record/schemaVersion"),
        ({"tenantId": "somebodyelse"}, "/record/tenantId"),
        ({"createdAt": "yesterday"}, "/record/createdAt"),
        ({"deletedAt": "2026-01-01T00:00:00Z"}, "/record/deletedAt"),
        ({"mergedInto": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}, "/record/mergedInto"),
        ({"unknownField": 1}, "/record/unknownField"),
        ({"tier": "x" * 3000}, None),
    ],
)
def test_a_record_that_is_none_is_rejected_and_leaves_the_others_alone(
    admin: Any, container: Any, door: Door, clock: FixedClock, facts: dict[str, Any], field: str | None
) -> None:
    fill(admin, container, clock)
    (good,) = [record for entity, record in backup(door(admin)) if entity == "customer"]
    wrong = {name: value for name, value in {**good, **facts}.items() if value is not None}
    outcomes = door(admin).reinstate(wishes([("customer", wrong), ("customer", good)]))
    assert kinds(outcomes) == ["rejected", "unchanged"], outcomes
    assert outcomes[0]["problem"]["status"] in {400, 422}
    if field is not None:
        assert outcomes[0]["problem"]["errors"][0]["field"] == field


@pytest.mark.parametrize("name", ["customerId", "version", "createdAt", "createdBy"])
def test_what_makes_a_record_is_not_left_out(
    admin: Any, container: Any, door: Door, clock: FixedClock, name: str
) -> None:
    fill(admin, container, clock)
    (good,) = [record for entity, record in backup(door(admin)) if entity == "customer"]
    del good[name]
    outcome = door(admin).reinstate(wishes([("customer", good)]))[0]
    assert outcome["problem"]["errors"][0] == {
        "field": f"/record/{name}",
        "code": "missing",
        "message": "Field required",
    }


def test_a_documents_object_is_always_under_its_own_tenant(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, two = both
    fill(one, container, clock)
    fill(two, container, clock)
    (document,) = [record for entity, record in backup(door(one)) if entity == "document"]
    (theirs,) = [record for entity, record in backup(door(two)) if entity == "document"]
    forget(container, one)
    hostile = {**document, "objectKey": theirs["objectKey"], "uploadId": "x"}
    assert kinds(door(one).reinstate(wishes([("document", hostile)]))) == ["created"]
    (again,) = door(one).export_all("document")
    assert again["objectKey"] == document["objectKey"]
    assert "uploadId" not in again
    pending = {**document, "status": "pending"}
    assert kinds(door(one).reinstate(wishes([("document", pending)], "p"))) == ["rejected"]


def test_an_id_that_another_tenant_has_is_refused_without_a_word_about_it(
    container: Any, person: Any, tenant: Any, door: Door, clock: FixedClock
) -> None:
    one, two = person(tenant("pool")), person(tenant("pool"))
    fill(one, container, clock)
    kept = [found for found in backup(door(one)) if found[0] == "customer"]
    before = backup(door(one))
    moved = [("customer", {name: value for name, value in kept[0][1].items() if name != "tenantId"})]
    outcome = door(two).reinstate(wishes(moved))[0]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("rejected", 422)
    assert one.tenant not in str(outcome["problem"])
    assert kinds(door(two).reinstate(wishes(kept, "open"))) == ["rejected"]
    assert backup(door(one)) == before


def test_only_our_machinery_puts_records_back(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, _ = both
    fill(one, container, clock)
    kept = backup(door(one))
    with pytest.raises(ForbiddenError):
        door(one, system=False).reinstate(wishes(kept))


@pytest.mark.parametrize(
    "mutations",
    [
        [{"mutationId": "r-1", "entity": "customer"}],
        [{"mutationId": "r#1", "entity": "customer", "record": {}}],
        [{"mutationId": "r-1", "entity": "deal", "record": {}}],
        [{"mutationId": "r-1", "entity": "customer", "record": []}],
        [{"mutationId": "r-1", "entity": "customer", "record": {}}] * 101,
        "all of them",
    ],
)
def test_calls_that_are_not_well_formed_are_refused(admin: Any, door: Door, mutations: Any) -> None:
    with pytest.raises(ValidationError):
        door(admin).call("reinstate", mutations=mutations)


def test_many_records_are_put_back_with_few_calls(
    both: Both, container: Any, door: Door, clock: FixedClock
) -> None:
    one, two = both
    drafts = [{"companyName": f"Customer {number}", "externalId": f"e-{number}"} for number in range(60)]
    one.post("/v1/customers:batch", {"operations": [{"operation": "create", "data": d} for d in drafts]})
    kept = backup(door(one))
    for _, record in kept[:40]:
        workspace = container.system_workspace(one.tenant, "test")
        found = workspace.customers.get(record["customerId"])
        workspace.customers.save(found.model_copy(update={"tier": "gold"}), previous=found)
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    container.dynamodb.meta.events.register("before-call.dynamodb", note)
    try:
        outcomes = door(one).reinstate(wishes(kept))
    finally:
        container.dynamodb.meta.events.unregister("before-call.dynamodb", note)
    assert kinds(outcomes) == ["updated"] * 40 + ["unchanged"] * 20
    assert without_stamps(backup(door(one))) == without_stamps(kept)
    # Where an id alone does not prove whose a row is, each is read by a Query.
    assert len(calls) - calls.count("Query") < 12, calls
    assert calls.count("Query") <= (60 if one.tenant.startswith("pool") else 0)
    assert backup(door(two)) == []


def test_one_record_twice_in_a_call_is_put_back_in_order(
    admin: Any, container: Any, door: Door, clock: FixedClock
) -> None:
    ids = fill(admin, container, clock)
    kept = [found for found in backup(door(admin)) if found[0] == "customer"]
    admin.delete(f"/v1/customers/{ids['customer']}")
    other = ("customer", {**kept[0][1], "tier": "silver"})
    outcomes = door(admin).reinstate(wishes([*kept, other, *kept]))
    assert kinds(outcomes) == ["restored", "updated", "updated"]
    assert admin.get(f"/v1/customers/{ids['customer']}").body["tier"] == "gold"


def test_a_backup_of_one_tenant_fills_a_new_one_of_the_same_id(
    container: Any, person: Any, tenant: Any, door: Door, clock: FixedClock
) -> None:
    """A tenant that was erased, and onboarded again in another model."""
    one = person(tenant("pool"))
    fill(one, container, clock)
    kept = backup(door(one))
    forget(container, one)
    forget_guards(container, one)
    container.registry.put(Tenant(id=one.tenant, name=one.tenant, isolation="silo"))
    create_tables(container.dynamodb, f"zebros-test-t-{one.tenant}", "customers")
    assert kinds(door(one).reinstate(wishes(kept))) == ["created"] * 4
    assert without_stamps(backup(door(one))) == without_stamps(kept)
