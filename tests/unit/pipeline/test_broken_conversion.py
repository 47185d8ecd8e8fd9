"""A conversion that breaks off at any step is finished or taken back, by whoever comes next; nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from callers import Person
from pipeline_in_process import SalesWorld

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.messaging import EntityChanged
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.conversion import ConversionState
from zebros_pipeline.use_cases.finish_conversion import finish_conversion
from zebros_pipeline.use_cases.follow_up import follow_up

Customers = Callable[[Person], Person]
Follow = Callable[[str], None]

LEAD = {"companyName": "Tidewater", "lastName": "Li", "email": "li@tidewater.example", "status": "qualified"}
WISH = {"opportunity": {"title": "Two labs", "externalId": "deal-1"}}


@pytest.fixture
def follow(container: Container, admin: Person, event: Callable[..., EntityChanged]) -> Follow:
    """Deliver the event of a lead's present state."""

    def deliver(path: str) -> None:
        change = event(admin.tenant, "lead", path.rpartition("/")[2], changed=("status",))
        follow_up(
            container.system_workspace(admin.tenant, "followup"),
            change,
            lambda actor: container.acting_workspace(admin.tenant, actor),
        )

    return deliver


def lead(person: Person, **facts: Any) -> str:
    answer = person.post("/v1/leads", {**LEAD, **facts})
    assert answer.status == 201, answer.text
    return answer.headers["location"]


def convert(person: Person, path: str, wish: Any = None) -> Any:
    return person.post(f"{path}/convert", WISH if wish is None else wish)


def counts(person: Person, customers: Person) -> tuple[int, int, int]:
    answers = (
        customers.get("/v1/customers"),
        customers.get("/v1/contacts"),
        person.get("/v1/opportunities"),
    )
    customer, contact, deal = (len(answer.body["items"]) for answer in answers)
    return customer, contact, deal


def silence(world: SalesWorld, where: str, verb: str = "apply", calls: int = 1) -> None:
    """Let the door not answer: before it has done anything, or after it has done everything."""
    left = [calls]

    def fail(service: str, call: Any) -> None:
        if call["verb"] == verb and left[0] > 0:
            left[0] -= 1
            raise UnavailableError(detail="The door does not answer.")

    setattr(world.doors, where, fail)


@contextmanager
def broken_store(container: Container, status: str) -> Iterator[None]:
    """Let the database take no transaction that writes a lead of this status."""

    def refuse(params: Any, **_: Any) -> None:
        if f'#{status}"' in str(params["body"]):
            raise ClientError({"Error": {"Code": "Broken", "Message": "x"}}, "TransactWriteItems")

    events = container.dynamodb.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", refuse)
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", refuse)


def test_somebody_without_a_team_gets_theirs_finished_too(
    admin: Person, of_customers: Customers, world: SalesWorld, follow: Follow
) -> None:
    loner = replace(admin, user="loner", team=None)
    path = lead(loner)
    silence(world, "before")
    assert convert(loner, path).status == 503
    follow(path)
    assert loner.get(path).body["status"] == "converted"
    assert counts(loner, of_customers(loner)) == (1, 1, 1)


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("by", ["event", "request"])
def test_one_that_the_customers_service_left_hanging_is_finished(
    admin: Person, of_customers: Customers, world: SalesWorld, follow: Follow, where: str, by: str
) -> None:
    path = lead(admin)
    silence(world, where)
    assert convert(admin, path).status == 503
    assert admin.get(path).body["status"] == "converting"
    for refused in (admin.patch(path, {"score": 1}), admin.delete(path), convert(admin, path, {})):
        assert refused.status == 409, refused.text
    if by == "event":
        follow(path)
    assert convert(admin, path).status == 200
    after = admin.get(path).body
    assert after["status"] == "converted" and after["convertedBy"] == "user-1"
    follow(path)
    assert counts(admin, of_customers(admin)) == (1, 1, 1)
    deal = admin.get("/v1/opportunities").body["items"][0]
    assert deal["opportunityId"] == after["opportunityId"] and deal["createdBy"] == "user-1"


@pytest.mark.parametrize("by", ["event", "request"])
def test_one_whose_last_step_the_database_did_not_take_is_finished(
    admin: Person, of_customers: Customers, container: Container, follow: Follow, by: str
) -> None:
    path = lead(admin)
    with broken_store(container, "converted"):
        answer = convert(admin, path)
    assert answer.status == 500
    assert admin.get(path).body["status"] == "converting"
    assert counts(admin, of_customers(admin)) == (1, 1, 0), "the others' part was done"
    if by == "event":
        follow(path)
    assert convert(admin, path).status == 200
    assert counts(admin, of_customers(admin)) == (1, 1, 1)


def test_one_that_never_began_is_as_if_it_was_not_asked_for(
    admin: Person, of_customers: Customers, container: Container
) -> None:
    path = lead(admin)
    with broken_store(container, "converting"):
        assert convert(admin, path).status == 500
    assert admin.get(path).body["version"] == 1
    assert counts(admin, of_customers(admin)) == (0, 0, 0)


def test_a_contact_that_is_refused_takes_the_customer_back(admin: Person, of_customers: Customers) -> None:
    known = (
        of_customers(admin)
        .post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
        .body["contactId"]
    )
    path = lead(admin)
    answer = convert(admin, path)
    assert answer.status == 409
    assert answer.body["records"] == [{"entity": "contact", "id": known, "match": "email"}]
    assert counts(admin, of_customers(admin)) == (0, 1, 0)
    back = admin.get(path).body
    assert back["status"] == "qualified" and back["version"] == 3
    assert convert(admin, path, {"contact": {"contactId": known}}).status == 200
    assert counts(admin, of_customers(admin)) == (1, 1, 0)


def test_an_opportunity_that_is_refused_at_the_end_takes_everything_back(
    admin: Person, of_customers: Customers, world: SalesWorld
) -> None:
    path = lead(admin)

    def meanwhile(service: str, call: Any) -> None:
        if call["verb"] == "apply":
            admin.post("/v1/opportunities", {"title": "Taken", "externalId": "deal-1"})

    world.doors.after = meanwhile
    answer = convert(admin, path)
    assert answer.status == 409 and answer.body["records"][0]["match"] == "externalId"
    world.doors.after = lambda service, call: None
    assert counts(admin, of_customers(admin)) == (0, 0, 1)
    assert admin.get(path).body["status"] == "qualified"
    assert convert(admin, path, {}).status == 200
    assert counts(admin, of_customers(admin)) == (1, 1, 1)


def test_what_could_not_be_taken_back_at_once_is_taken_back_by_the_event(
    admin: Person, of_customers: Customers, world: SalesWorld, follow: Follow
) -> None:
    of_customers(admin).post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
    path = lead(admin)
    seen: list[str] = []

    def fail_second(service: str, call: Any) -> None:
        seen.append(call["verb"])
        if len(seen) == 2:
            raise UnavailableError(detail="The door does not answer.")

    world.doors.before = fail_second
    assert convert(admin, path).status == 503
    assert counts(admin, of_customers(admin)) == (1, 1, 0), "the customer is still there"
    assert admin.get(path).body["status"] == "converting"
    follow(path)
    assert counts(admin, of_customers(admin)) == (0, 1, 0)
    assert admin.get(path).body["status"] == "qualified"
    assert convert(admin, path).status == 409, "the reason is still there"
    assert counts(admin, of_customers(admin)) == (0, 1, 0)


def test_a_repeated_wish_meets_the_refusal_of_the_first_one_and_helps_to_take_it_back(
    admin: Person, of_customers: Customers, world: SalesWorld
) -> None:
    of_customers(admin).post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
    path = lead(admin)
    calls: list[str] = []

    def fail_second(service: str, call: Any) -> None:
        calls.append(call["verb"])
        if len(calls) == 2:
            raise UnavailableError(detail="The door does not answer.")

    world.doors.before = fail_second
    assert convert(admin, path).status == 503
    again = convert(admin, path)
    assert again.status == 409 and again.body["type"].endswith("/duplicate")
    assert counts(admin, of_customers(admin)) == (0, 1, 0)
    assert admin.get(path).body["status"] == "qualified"


def test_a_late_step_of_a_refused_conversion_leaves_nothing_behind(
    admin: Person, of_customers: Customers, world: SalesWorld, container: Container, follow: Follow
) -> None:
    known = of_customers(admin).post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
    path = lead(admin)
    conversions = container.system_workspace(admin.tenant, "test").conversions
    silence(world, "before")
    assert convert(admin, path).status == 503
    running = conversions.find(conversions.id_of(path.rpartition("/")[2]))
    assert convert(admin, path).status == 409, "refused, and taken back"
    assert running is not None
    assert running.state is ConversionState.RUNNING and running.actor is not None
    of_customers(admin).delete(known.headers["location"])
    with pytest.raises(ConflictError):
        finish_conversion(container.acting_workspace(admin.tenant, running.actor), running)
    assert counts(admin, of_customers(admin)) == (0, 0, 0)
    # And one that died right after its late step:
    container.acting_workspace(admin.tenant, running.actor).customers.apply(
        [
            {
                "mutationId": "late",
                "entity": "customer",
                "operation": "restore",
                "id": running.customer.id,
            }
        ]
    )
    assert counts(admin, of_customers(admin))[0] == 1
    follow(path)
    assert counts(admin, of_customers(admin)) == (0, 0, 0)


def test_a_late_step_of_an_attempt_that_was_given_up_leaves_the_next_one_alone(
    admin: Person, of_customers: Customers, world: SalesWorld, container: Container
) -> None:
    known = of_customers(admin).post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
    path = lead(admin)
    conversions = container.system_workspace(admin.tenant, "test").conversions
    silence(world, "before")
    assert convert(admin, path).status == 503
    first = conversions.find(conversions.id_of(path.rpartition("/")[2]))
    assert first is not None and first.actor is not None
    assert convert(admin, path).status == 409, "refused, and taken back"
    of_customers(admin).delete(known.headers["location"])
    done = convert(admin, path)
    assert done.status == 200
    other = first.model_copy(
        update={"customer": first.customer.model_copy(update={"draft": {"companyName": "Late"}})}
    )
    with pytest.raises(ConflictError):
        finish_conversion(container.acting_workspace(admin.tenant, first.actor), other)
    assert counts(admin, of_customers(admin)) == (1, 1, 1)
    assert convert(admin, path).body == done.body


def test_the_event_goes_on_with_the_actors_own_rights(
    admin: Person,
    person: Callable[..., Person],
    of_customers: Customers,
    world: SalesWorld,
    follow: Follow,
) -> None:
    rep = person(user="rep-1", roles=("sales-rep",), team="south")
    path = lead(rep)
    silence(world, "before")
    assert convert(rep, path).status == 503
    world.doors.calls.clear()
    follow(path)
    call = next(call for _, call in world.doors.calls if call["verb"] == "apply")
    caller = world.customers.internal_tokens.verify(call["token"], audience=world.customers.bulk_function)
    assert (caller.user_id, caller.roles, caller.team_id) == ("rep-1", {"sales-rep"}, "south")
    after = rep.get(path).body
    assert (
        after["status"] == "converted" and after["convertedBy"] == "rep-1" and after["updatedBy"] == "rep-1"
    )
    assert of_customers(rep).get(f"/v1/customers/{after['customerId']}").body["createdBy"] == "rep-1"


def test_a_refusal_that_the_event_meets_is_taken_back_and_is_no_trouble_of_the_queue(
    admin: Person, of_customers: Customers, world: SalesWorld, follow: Follow
) -> None:
    path = lead(admin)
    silence(world, "before")
    assert convert(admin, path).status == 503
    of_customers(admin).post("/v1/customers", {"companyName": "Tidewater"})
    follow(path)
    assert admin.get(path).body["status"] == "qualified"
    assert counts(admin, of_customers(admin)) == (1, 0, 0)


def test_an_event_comes_again_while_the_customers_service_does_not_answer(
    admin: Person, world: SalesWorld, follow: Follow
) -> None:
    path = lead(admin)
    silence(world, "before", calls=2)
    assert convert(admin, path).status == 503
    with pytest.raises(UnavailableError):
        follow(path)
    follow(path)
    assert admin.get(path).body["status"] == "converted"


def test_an_opportunity_that_changes_meanwhile_is_taken_as_it_is_then(
    admin: Person, of_customers: Customers, world: SalesWorld
) -> None:
    deal = admin.post("/v1/opportunities", {"title": "Deal"}).headers["location"]
    path = lead(admin)

    def meanwhile(service: str, call: Any) -> None:
        if call["verb"] == "apply":
            admin.patch(deal, {"value": 77})

    world.doors.after = meanwhile
    assert convert(admin, path, {"opportunity": {"opportunityId": deal.rpartition("/")[2]}}).status == 200
    after = admin.get(deal).body
    assert after["value"] == 77 and after["leadId"] == path.rpartition("/")[2]


@contextmanager
def broken_at(container: Container, world: SalesWorld, step: int, when: str) -> Iterator[list[str]]:
    """Let the request die at its nth step: a write of its own or a call of the door, before it or after it was done."""
    steps: list[str] = []

    def pass_by(name: str) -> None:
        steps.append(name)
        if len(steps) == step:
            raise ClientError({"Error": {"Code": "Broken", "Message": "x"}}, name)

    def write(model: Any, **_: Any) -> None:
        if model.name in {"PutItem", "TransactWriteItems"}:
            pass_by(model.name)

    events = container.dynamodb.meta.events
    hook = "before-call.dynamodb" if when == "before" else "after-call.dynamodb"
    events.register(hook, write)
    setattr(world.doors, when, lambda service, call: pass_by(call["verb"]))
    try:
        yield steps
    finally:
        events.unregister(hook, write)
        setattr(world.doors, when, lambda service, call: None)


@pytest.mark.parametrize("refused", [False, True], ids=["granted", "refused"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_a_request_that_dies_at_any_step_is_all_or_nothing_in_the_end(
    admin: Person,
    of_customers: Customers,
    world: SalesWorld,
    container: Container,
    follow: Follow,
    step: int,
    when: str,
    refused: bool,
) -> None:
    if refused:
        of_customers(admin).post("/v1/contacts", {"lastName": "Lee", "email": LEAD["email"]})
    path = lead(admin)
    with broken_at(container, world, step, when) as steps:
        first = convert(admin, path)
    assert (first.status == 500) == (len(steps) >= step), (first.status, steps)
    follow(path)
    follow(path)
    again = convert(admin, path)
    if refused:
        assert again.status == 409
        assert counts(admin, of_customers(admin)) == (0, 1, 0)
        assert admin.get(path).body["status"] == "qualified"
    else:
        assert again.status == 200
        assert counts(admin, of_customers(admin)) == (1, 1, 1)
        assert admin.get(path).body["status"] == "converted"


def test_plan_and_actor_are_forgotten_when_it_has_ended(admin: Person, container: Container) -> None:
    path = lead(admin)
    convert(admin, path)
    conversions = container.system_workspace(admin.tenant, "test").conversions
    kept = conversions.find(conversions.id_of(path.rpartition("/")[2]))
    assert kept is not None and kept.state is ConversionState.DONE
    assert kept.actor is None and LEAD["email"] not in kept.model_dump_json()
