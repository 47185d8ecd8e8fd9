"""How other services come in by the bulk door: what they may read, what they are refused, and as whom."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
from in_process_doors import InProcessDoors

from zebros_core.bulk.client import SYSTEM_SCOPE, BulkDoorClient
from zebros_core.errors import ForbiddenError, UnavailableError, ValidationError
from zebros_core.ids import new_id
from zebros_core.records.definitions import FieldDefinitions
from zebros_core.tenancy import TenantContext
from zebros_customers.handlers.bulk import DOOR

Both = tuple[Any, Any]


@pytest.fixture
def doors(container: Any) -> InProcessDoors:
    """The customers service's door, open to callers in this process."""
    made = InProcessDoors()
    made.serve(container, DOOR)
    made.connect(container)
    return made


@pytest.fixture
def door(container: Any, doors: InProcessDoors) -> Any:
    def of(person: Any, **facts: Any) -> BulkDoorClient:
        return container.bulk_doors.door("customers", _context(container, person, **facts))

    return of


def _context(container: Any, person: Any, **facts: Any) -> TenantContext:
    return replace(
        TenantContext(
            person.tenant,
            person.user,
            roles=frozenset(person.roles),
            team_id=person.team,
            isolation=container.registry.get(person.tenant).isolation,
        ),
        **facts,
    )


def _customer(person: Any, name: str, **facts: Any) -> str:
    return str(person.post("/v1/customers", {"companyName": name, **facts}).body["customerId"])


def test_live_records_are_read_in_the_order_asked_for(both: Both, door: Any) -> None:
    one, two = both
    first, second, third = (_customer(one, f"C{n}") for n in range(3))
    one.delete(f"/v1/customers/{third}")
    foreign = _customer(two, "Theirs")
    found = door(one).read("customer", [second, third, foreign, new_id(one.clock), first, second])
    assert [record["customerId"] for record in found] == [second, first]
    assert door(two).read("customer", [first, second]) == []


def test_an_id_of_another_tenant_looks_missing_and_rings_no_alarm(
    both: Both, door: Any, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = both
    customer = _customer(two, "Theirs")
    contact = two.post("/v1/contacts", {"lastName": "Vantongeren"}).body["contactId"]
    with caplog.at_level(logging.CRITICAL):
        assert door(one).read("customer", [customer]) == []
        assert door(one).read("contact", [contact]) == []
    assert not caplog.records


def test_who_calls_sees_there_what_they_see_by_the_api(person: Any, door: Any) -> None:
    admin = person()
    rep = person(user="rep", roles=("sales-rep",), team="south")
    ours = _customer(admin, "North's", ownerId="someone", teamId="north")
    mine = _customer(admin, "South's", ownerId="someone", teamId="south")
    assert [record["customerId"] for record in door(rep).read("customer", [ours, mine])] == [mine]


def test_what_a_door_refuses_is_the_error_that_it_was_there(person: Any, door: Any) -> None:
    admin, viewer = person(), person(user="vera", roles=("viewer",))
    _customer(admin, "Taken")
    with pytest.raises(ForbiddenError):
        door(viewer).export("customer")
    with pytest.raises(ValidationError) as refused:
        door(admin).read("deal", [new_id(admin.clock)])
    assert refused.value.fields[0].field == "/entity"
    with pytest.raises(ValidationError):
        door(admin).call("read", entity="customer", ids=["no id"])
    outcome = door(admin).apply([_wish("m-1", "Taken")])[0]
    assert (outcome["outcome"], outcome["problem"]["status"]) == ("conflict", 409)


def test_a_mutation_told_twice_is_done_once(admin: Any, door: Any) -> None:
    first = door(admin).apply([_wish("m-1", "New")])
    assert door(admin).apply([_wish("m-1", "New")]) == first
    assert len(admin.get("/v1/customers").body["items"]) == 1


def test_a_caller_cannot_give_themselves_the_scope_of_our_machinery(
    container: Any, person: Any, door: Any
) -> None:
    viewer = person(user="vera", roles=("viewer",))
    mine = door(viewer, scopes=frozenset({SYSTEM_SCOPE}))
    assert mine.apply([_wish("m-1", "New")])[0]["problem"]["status"] == 403
    machinery = container.bulk_doors.system_door(
        "customers", _context(container, viewer, user_id="system:repair")
    )
    assert machinery.apply([_wish("m-2", "New")])[0]["outcome"] == "created"
    written = person().get("/v1/customers").body["items"][0]
    assert written["createdBy"] == "system:repair"


def test_our_machinery_too_works_with_the_session_of_its_tenant(
    container: Any, admin: Any, doors: InProcessDoors
) -> None:
    del doors
    context = _context(container, admin, user_id="system:repair")
    machinery = container.bulk_doors.system_door("customers", context)
    signed_by: list[Any] = []

    def note(request: Any, **_: Any) -> None:
        signed_by.append(request.context.get("signing", {}).get("request_credentials"))

    container.dynamodb.meta.events.register("before-sign.dynamodb", note)
    try:
        assert machinery.apply([_wish("m-3", "New")])[0]["outcome"] == "created"
    finally:
        container.dynamodb.meta.events.unregister("before-sign.dynamodb", note)
    assert signed_by
    assert all(signed_by)


def test_a_context_for_another_door_is_refused(container: Any, admin: Any, doors: InProcessDoors) -> None:
    token = container.internal_tokens.sign(_context(container, admin), audience="zebros-pipeline-test-bulk")
    call = {"verb": "read", "token": token, "entity": "customer", "ids": [new_id(admin.clock)]}
    assert doors("zebros-customers-test-bulk", call)["problem"]["status"] == 401


def test_a_service_that_is_not_there_is_unavailable(
    container: Any, admin: Any, doors: InProcessDoors
) -> None:
    del doors
    with pytest.raises(UnavailableError):
        container.bulk_doors.door("nowhere", _context(container, admin)).read("x", [new_id(admin.clock)])


def test_definitions_of_fields_are_read_by_other_services_and_kept_for_a_while(
    container: Any, both: Both, doors: InProcessDoors
) -> None:
    one, two = both
    definition = {"entity": "opportunity", "name": "region", "type": "choice", "choices": ["north", "south"]}
    definitions = FieldDefinitions(container.bulk_doors, container.clock, keeper="customers")
    of_one = definitions.of_caller(_context(container, one, roles=frozenset({"sales-rep"})))
    assert of_one("opportunity") == []
    one.post("/v1/fields", definition)
    assert of_one("opportunity") == []
    one.clock.advance(30)
    assert [found.name for found in of_one("opportunity")] == ["region"]
    asked = len(doors.calls)
    assert [found.choices for found in of_one("opportunity")] == [("north", "south")]
    assert len(doors.calls) == asked
    assert definitions.of_caller(_context(container, two))("opportunity") == []


def _wish(mutation_id: str, name: str) -> dict[str, Any]:
    return {
        "mutationId": mutation_id,
        "entity": "customer",
        "operation": "create",
        "changes": {"companyName": name},
    }


@pytest.mark.parametrize("records", [False, True])
def test_records_are_found_by_what_no_two_of_them_share(both: Both, door: Any, records: bool) -> None:
    one, two = both
    acme = _customer(one, "ACMÉ  Corp.", externalId="7", contactInfo={"email": "Info@Acme.example"})
    gone = _customer(one, "Gone")
    one.delete(f"/v1/customers/{gone}")
    _customer(two, "Globex", externalId="8")
    contact = one.post("/v1/contacts", {"lastName": "Lovelace", "customerId": acme, "email": "ada@x.example"})
    person = contact.body["contactId"]

    def found(entity: str, by: str, *values: str) -> dict[str, str]:
        return {
            value: item["id"] for value, item in door(one).find(entity, by, values, records=records).items()
        }

    assert found("customer", "name", "acme corp", "globex", "gone") == {"acme corp": acme}
    assert found("customer", "externalId", "7", "8", "7") == {"7": acme}
    assert found("customer", "email", "info@acme.example") == {"info@acme.example": acme}
    assert found("contact", "name", f"{acme} lovelace", "lovelace") == {f"{acme} lovelace": person}
    assert found("contact", "email", "ada@x.example") == {"ada@x.example": person}
    assert found("contact", "nothing", "x") == {}
    many = [f"company {number}" for number in range(700)]
    assert found("customer", "name", *many, "acme corp") == {"acme corp": acme}
    if records:
        item = door(one).find("customer", "externalId", ["7"], records=True)["7"]
        assert item["record"]["companyName"] == "ACMÉ  Corp."


@pytest.mark.parametrize("records", [False, True])
def test_what_is_out_of_sight_is_not_found(person: Any, door: Any, records: bool) -> None:
    admin = person()
    rep = person(user="rep", roles=("sales-rep",), team="south")
    _customer(admin, "Theirs", ownerId="someone", teamId="north", externalId="7")
    mine = _customer(admin, "Ours", ownerId="someone", teamId="south", externalId="8")
    assert list(door(rep).find("customer", "externalId", ["7", "8"], records=records)) == ["8"]
    assert list(door(rep).find("customer", "name", ["theirs", "ours"], records=records)) == ["ours"]
    assert mine
    with pytest.raises(ForbiddenError):
        door(person(user="nobody", roles=())).find("customer", "name", ["ours"])
    with pytest.raises(ValidationError):
        door(admin).call("find", entity="customer", by="name", values=[])
