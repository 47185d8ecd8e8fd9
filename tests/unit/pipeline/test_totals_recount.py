"""Verification and rebuild of the totals, over the API and the bulk door, with the records of three services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from activities_in_process import activities_service
from callers import Person
from pipeline_in_process import SalesWorld, sales_world
from service_in_process import create_tables
from tenant_walls import raise_walls
from totals_world import Counting, Sales, event_of

from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_activities.handlers.routes import ROUTES as ACTIVITIES_ROUTES
from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError, UnavailableError
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.contribution import NOTHING, By, CounterKey, Kind
from zebros_pipeline.domain.generations import Counted, RecordKey
from zebros_pipeline.handlers import totals as totals_handler

VERIFY = "/v1/pipeline/totals:verify"
REBUILD = "/v1/pipeline/totals:rebuild"


@pytest.fixture(scope="module")
def world() -> Iterator[SalesWorld]:
    """All three services, and their doors."""
    with (
        sales_world("test", FixedClock()) as made,
        activities_service("test", made.pipeline.clock) as activities,
    ):
        raise_walls(made.pipeline, "pipeline")
        made.doors.serve(activities, ACTIVITIES_DOOR)
        made.doors.connect(activities)
        registered = made.register

        def register(tenant: Tenant) -> None:
            registered(tenant)
            activities.registry.put(tenant)

        made.register = register  # type: ignore[method-assign]
        vars(made)["activities"] = activities
        yield made


@pytest.fixture(scope="module")
def activities_app(world: SalesWorld) -> Any:
    return vars(world)["activities"].http_app(ACTIVITIES_ROUTES)


@pytest.fixture
def counting(container: Container) -> Counting:
    return Counting(container)


@pytest.fixture
def uncounted(
    of_customers: Callable[[Person], Person], activities_app: Any
) -> Callable[[Person], dict[str, list[str]]]:
    """Make records in all three services whose events have not arrived."""

    def make(person: Person) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {"opportunity": [], "customer": [], "activity": []}
        for number in range(3):
            deal = {
                "title": "A",
                "value": 10,
                "stage": ("proposal", "won", "won")[number],
                "ownerId": f"rep-{number}",
            }
            ids["opportunity"].append(person.post("/v1/opportunities", deal).body["opportunityId"])
        for number in range(2):
            answer = of_customers(person).post("/v1/customers", {"companyName": f"Tidewater {number}"})
            ids["customer"].append(answer.body["customerId"])
        caller = Person(activities_app, person.clock, person.tenant, roles=person.roles)
        due = person.clock.now().isoformat().replace("+00:00", "Z")
        answer = caller.post("/v1/activities", {"type": "task", "subject": "Call", "scheduledAt": due})
        assert answer.status == 201, answer.text
        ids["activity"].append(answer.body["activityId"])
        return ids

    return make


def run(person: Person, path: str) -> Any:
    """Go on until it is done, waiting where told to; return the last answer, with all that was checked."""
    body: dict[str, Any] = {}
    checked = 0
    while True:
        answer = person.post(path, body)
        assert answer.status == 200, answer.text
        checked += answer.body["checked"]
        if answer.body["done"]:
            assert answer.body["nextCursor"] is None and answer.body["waitSeconds"] is None
            return {**answer.body, "checked": checked}
        body = {"cursor": answer.body["nextCursor"]}
        person.clock.advance(answer.body["waitSeconds"] or 0)


def figures(person: Person) -> tuple[int, int, int, int]:
    """Open and won deals, new customers, activities due."""
    person.clock.advance(minutes=1)
    summary = person.get("/v1/pipeline/value").body["summary"]
    day = person.get("/v1/dashboard").body
    return (
        summary["openCount"],
        summary["wonCount"],
        day["newCustomers"]["last30Days"],
        day["overdueActivities"]["total"],
    )


def test_a_rebuild_counts_all_records_of_all_three_services(
    both: tuple[Person, Person],
    uncounted: Callable[[Person], Any],
    world: SalesWorld,
) -> None:
    ours, theirs = both
    create_silo_tables(world, ours, theirs)
    uncounted(ours)
    assert figures(ours) == (0, 0, 0, 0)
    rebuilt = run(ours, REBUILD)
    assert (rebuilt["phase"], rebuilt["checked"], rebuilt["differing"]) == ("done", 6, 0)
    assert figures(ours) == (1, 2, 2, 1)
    assert ours.get("/v1/pipeline/value").body["asOf"] is not None
    assert figures(theirs) == (0, 0, 0, 0)
    assert run(ours, VERIFY)["differing"] == 0


def create_silo_tables(world: SalesWorld, *people: Person) -> None:
    """Tables of activities for tenants with their own, which the common fixture does not know of."""
    for person in people:
        if person.tenant.startswith("silo"):
            create_tables(world.pipeline.dynamodb, f"zebros-test-t-{person.tenant}", "activities")


def test_a_rebuild_goes_on_from_any_call_and_is_read_only_when_it_is_complete(
    admin: Person, uncounted: Callable[[Person], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    uncounted(admin)
    monkeypatch.setattr(totals_handler, "WORK_SECONDS", -1.0)
    body: dict[str, Any] = {}
    phases: list[str] = []
    while not phases or phases[-1] != "clearing":
        assert figures(admin)[:2] == (0, 0)
        answer = admin.post(REBUILD, body).body
        # A call whose answer was lost is made again: whatever was done is not done twice.
        phases.append(answer["phase"])
        body = {"cursor": answer["nextCursor"]} if len(phases) % 2 else {}
    assert phases[:4] == ["reading", "reading", "carrying", "clearing"]
    assert figures(admin) == (1, 2, 2, 1)
    assert run(admin, REBUILD)["phase"] == "done"
    assert figures(admin) == (1, 2, 2, 1)


def test_events_during_a_rebuild_count_in_what_is_read_and_in_what_is_built(
    admin: Person, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales = Sales(admin, counting)
    path = sales.deal(value=5)
    monkeypatch.setattr(totals_handler, "WORK_SECONDS", -1.0)
    admin.post(REBUILD, {})
    sales.move(path, "won")
    other = sales.deal(value=7)
    assert figures(admin)[:2] == (1, 1)
    assert run(admin, REBUILD)["done"]
    assert figures(admin)[:2] == (1, 1)
    sales.move(other, "won")
    assert figures(admin)[:2] == (0, 2)


def test_a_deleted_record_keeps_its_mark_so_that_a_late_event_does_not_bring_it_back(
    container: Container, admin: Person, counting: Counting
) -> None:
    sales = Sales(admin, counting)
    path = sales.deal(value=5)
    created = counting.sent[0]
    sales.delete(path)
    run(admin, REBUILD)
    totals = container.system_workspace(admin.tenant, "test").totals
    generation = totals.state().current
    key = RecordKey("opportunity", created.id)
    assert generation == 2 and totals.known([1, 2], [key]) == {(2, key): Counted(2, NOTHING)}
    counting.deliver(created)
    assert figures(admin)[:2] == (0, 0)
    sales.restore(path)
    assert figures(admin)[:2] == (1, 0)


def test_a_verification_that_finds_nothing_leaves_nothing(
    container: Container, admin: Person, counting: Counting
) -> None:
    Sales(admin, counting).deal(value=5)
    verified = run(admin, VERIFY)
    assert (verified["checked"], verified["differing"], verified["differences"]) == (1, 0, [])
    totals = container.system_workspace(admin.tenant, "test").totals
    assert totals.state().generations == (1,)
    assert totals.known([2], [RecordKey("opportunity", counting.sent[0].id)]) == {}
    assert totals.groups(2, Kind.VALUE, By.ALL) == []


def test_a_difference_is_looked_at_again_after_a_minute_and_then_named(
    container: Container, admin: Person, counting: Counting
) -> None:
    Sales(admin, counting).deal(value=5, ownerId="rep-1", teamId="north")
    falsify(container, admin.tenant)
    first = admin.post(VERIFY, {}).body
    assert (first["phase"], first["done"], first["differences"]) == ("waiting", False, [])
    assert first["differing"] == 1 and first["waitSeconds"] == 60
    again = admin.post(VERIFY, {"cursor": first["nextCursor"]}).body
    assert again["phase"] == "waiting", "nothing is done before the minute is over"
    admin.clock.advance(60)
    last = admin.post(VERIFY, {"cursor": first["nextCursor"]}).body
    assert last["done"] and last["differing"] == 1
    assert last["differences"] == [
        {
            "kind": "value",
            "group": "owner",
            "counter": "rep-1#EUR",
            "amount": "prospecting.sum",
            "kept": "6.5",
            "recomputed": "5",
        }
    ]
    run(admin, REBUILD)
    assert run(admin, VERIFY)["differing"] == 0


def falsify(container: Container, tenant: str) -> None:
    """Change a counter as nothing in the service does."""
    workspace = container.system_workspace(tenant, "test")
    key = CounterKey(Kind.VALUE, By.OWNER, "rep-1#EUR")
    lookup, counters = workspace.totals._lookup, workspace.totals._counters
    operation = counters.add_op(1, key, {"prospecting.sum": Decimal("1.5")})
    lookup._store.client.update_item(**operation.request)


def test_what_only_waited_for_its_event_is_no_difference(
    container: Container, admin: Person, counting: Counting
) -> None:
    id = admin.post("/v1/opportunities", {"title": "A", "value": 5}).body["opportunityId"]
    first = admin.post(VERIFY, {}).body
    assert first["phase"] == "waiting" and first["differing"] == 7
    counting.deliver(event_of(container, admin.tenant, "opportunity", id))
    admin.clock.advance(60)
    last = admin.post(VERIFY, {"cursor": first["nextCursor"]}).body
    assert last["done"] and (last["differing"], last["differences"]) == (0, [])


def test_one_run_at_a_time_joined_by_its_like_and_refused_to_the_other(
    admin: Person, uncounted: Callable[[Person], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    uncounted(admin)
    monkeypatch.setattr(totals_handler, "WORK_SECONDS", -1.0)
    first = admin.post(VERIFY, {}).body
    joined = admin.post(VERIFY, {}).body
    assert joined["nextCursor"] == first["nextCursor"] and joined["checked"] == 2
    refused = admin.post(REBUILD, {})
    assert refused.status == 409 and "verify" in refused.body["detail"]
    wrong = admin.post(REBUILD, {"cursor": first["nextCursor"]})
    assert wrong.status == 400 and wrong.body["errors"][0]["field"] == "cursor"
    admin.clock.advance(minutes=11)
    started = admin.post(REBUILD, {})
    assert started.status == 200, "a run that nobody carries on gives way"
    given_up = admin.post(VERIFY, {"cursor": first["nextCursor"]})
    assert given_up.status == 409 and "given up" in given_up.body["detail"]
    assert run(admin, REBUILD)["done"]
    assert figures(admin) == (1, 2, 2, 1)
    assert run(admin, VERIFY)["differing"] == 0


def test_nothing_of_a_run_that_was_given_up_stays_behind(
    container: Container, admin: Person, uncounted: Callable[[Person], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = uncounted(admin)
    monkeypatch.setattr(totals_handler, "WORK_SECONDS", -1.0)
    admin.post(VERIFY, {})
    admin.clock.advance(minutes=11)
    run(admin, REBUILD)
    totals = container.system_workspace(admin.tenant, "test").totals
    keys = [RecordKey(entity, id) for entity, some in ids.items() for id in some]
    assert totals.state().current == 3
    assert {generation for generation, _ in totals.known([1, 2, 3], keys)} == {3}


def test_the_last_answer_can_be_asked_for_again(admin: Person, counting: Counting) -> None:
    Sales(admin, counting).deal(value=5)
    first = admin.post(REBUILD, {}).body
    assert first["phase"] == "clearing" and first["waitSeconds"] == 30
    admin.clock.advance(30)
    cursor = {"cursor": first["nextCursor"]}
    for _ in range(2):
        last = admin.post(REBUILD, cursor)
        assert last.status == 200 and last.body["done"], "the cursor of a run that is over tells how it ended"


@pytest.mark.parametrize("cursor", ["x", "A" * 40, "0" * 1025])
def test_a_cursor_that_is_none_is_refused(admin: Person, cursor: str) -> None:
    refused = admin.post(VERIFY, {"cursor": cursor})
    assert refused.status in (400, 422) and "cursor" in refused.body["errors"][0]["field"]


def test_a_cursor_of_another_tenant_is_none(
    person: Callable[..., Person], tenant: Callable[..., str]
) -> None:
    ours, theirs = person(tenant()), person(tenant())
    cursor = ours.post(REBUILD, {}).body["nextCursor"]
    assert theirs.post(REBUILD, {"cursor": cursor}).status == 400


@pytest.mark.parametrize("role", ["sales-manager", "sales-rep", "viewer"])
def test_only_who_may_write_the_pipeline_may(person: Callable[..., Person], role: str) -> None:
    for path in (VERIFY, REBUILD):
        assert person(roles=(role,)).post(path, {}).status == 403


def test_a_service_that_does_not_answer_is_waited_for(
    admin: Person, uncounted: Callable[[Person], Any], world: SalesWorld
) -> None:
    uncounted(admin)

    def fail(service: str, call: Any) -> None:
        if service == "activities":
            raise UnavailableError

    world.doors.before = fail
    assert admin.post(REBUILD, {}).status == 503
    world.doors.before = lambda service, call: None
    assert run(admin, REBUILD)["done"]
    assert figures(admin) == (1, 2, 2, 1)


def test_the_bulk_door_takes_both_verbs_from_who_may(
    world: SalesWorld, admin: Person, uncounted: Callable[[Person], Any]
) -> None:
    uncounted(admin)
    context = TenantContext(admin.tenant, "user-1", roles=frozenset({"tenant-admin"}))
    door = world.customers.bulk_doors.door("pipeline", context)
    rebuilt = door.call("rebuildTotals")
    assert rebuilt["phase"] == "clearing" and rebuilt["checked"] == 6
    admin.clock.advance(rebuilt["waitSeconds"])
    assert door.call("rebuildTotals", cursor=rebuilt["nextCursor"])["done"]
    verified = world.customers.bulk_doors.system_door("pipeline", context).call("verifyTotals")
    assert verified["done"] and verified["differing"] == 0
    seller = TenantContext(admin.tenant, "user-2", roles=frozenset({"sales-rep"}))
    with pytest.raises(ForbiddenError):
        world.customers.bulk_doors.door("pipeline", seller).call("verifyTotals")
