"""Every operation × role × whose record it is: the answer is the one that the role table says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from api_document import Operation, operations
from estate import Estate
from in_process import InProcessService
from port import Call, Caller
from recipes import call_of

OPERATIONS = operations()
TABLE = json.loads((Path(__file__).parents[2] / "infrastructure/permissions.json").read_text())["roles"]
ROLES = (*TABLE, "none")
# Whose the record is, as the caller sees it: its own, a colleague's of its team, another team's.
OWNERS = ("own", "team", "other")
RECORDS = frozenset({"customer", "contact", "document", "lead", "opportunity", "activity"})
"""What has an owner and a team of its own."""
OWNED = RECORDS | {"user", "job"}
SEEING_IS_ENOUGH = frozenset({"createComment"})
"""What who holds the right at all may do to any record in sight, whosever it is."""
OF_SOMEBODY = RECORDS | {"job", "import"}
"""What is somebody's: a record, or what somebody has asked for."""
ALSO = {"createExport": ("customer", "export")}
"""What needs a right to the records beside the one that the document says."""
ALONE = frozenset({"verifyTotals", "rebuildTotals"})
"""What goes on for longer than a call where there is much, and then keeps the other from beginning."""
_REACH = {"all": OWNERS, "team": ("own", "team"), "own": ("own",), None: ()}

pytestmark = pytest.mark.isolation


def allowed(role: str, entity: str, action: str, owner: str) -> bool:
    """Tell whether the table lets the role do this to a record of that owner."""
    return owner in _REACH[TABLE.get(role, {}).get(entity, {}).get(action)]


def expected(operation: Operation, role: str, owner: str) -> set[int]:
    """Return the statuses that the table leaves open."""
    if operation.permission is None:
        return set(operation.successes)
    needed = [operation.permission, *([ALSO[operation.id]] if operation.id in ALSO else [])]
    if not all(any(allowed(role, *right, any_owner) for any_owner in OWNERS) for right in needed):
        return {403}
    entity, action = operation.permission
    if entity == "import" and operation.path_names:
        # An import is a job, and those of others are out of sight.
        return set(operation.successes) if allowed(role, "job", "read", owner) else {404}
    is_of_records = bool(operation.path_names) and entity in OWNED
    if is_of_records and not allowed(role, entity, "read", owner):
        return {404}
    if operation.id in SEEING_IS_ENOUGH:
        return set(operation.successes)
    if is_of_records and not allowed(role, entity, action, owner):
        return {403}
    return set(operation.successes)


def cases() -> Iterator[tuple[Operation, str, str]]:
    """Give every case; where no record of anybody is named it does not matter whose it is."""
    for operation in OPERATIONS.values():
        entity = operation.permission[0] if operation.permission else None
        for role in ROLES:
            # People are of a team and own nobody: nobody changes what they may do themselves, which is tested apart.
            owners = ("team", "other") if entity == "user" else OWNERS if entity in OF_SOMEBODY else ("own",)
            for owner in owners if operation.path_names else ("own",):
                yield operation, role, owner


@pytest.fixture(scope="session")
def tenant(in_process: InProcessService) -> str:
    """A tenant in which the callers are known, with the ids that they have here."""
    id = in_process.register("pool")
    for user, team in (("carl", "north"), ("ada", "east")):
        caller = in_process.enrol(Caller(id, user=user, team=team))
        in_process.call(caller, Call("GET", "/v1/me"))
    return id


@pytest.fixture(scope="session")
def people(tenant: str) -> dict[str, Caller]:
    """Who owns what, as seen by the caller, who is the first of them."""
    return {
        "own": Caller(tenant, user="carl", team="north"),
        "team": Caller(tenant, user="tina", team="north"),
        "other": Caller(tenant, user="olga", team="south"),
    }


@pytest.fixture(scope="session")
def admin(tenant: str) -> Caller:
    """Who makes everything, for whoever is to own it."""
    return Caller(tenant, user="ada", team="east")


@pytest.fixture(scope="session")
def lasting(in_process: InProcessService, admin: Caller, people: dict[str, Caller]) -> dict[str, Estate]:
    """Things of each owner for calls that change nothing: they are made once."""
    return {name: Estate(in_process, admin, owner=owner) for name, owner in people.items()}


@pytest.mark.parametrize(
    ("operation", "role", "owner"), [pytest.param(*c, id=f"{c[0].id}-{c[1]}-{c[2]}") for c in cases()]
)
def test_the_answer_is_the_tables(
    in_process: InProcessService,
    admin: Caller,
    people: dict[str, Caller],
    lasting: dict[str, Estate],
    operation: Operation,
    role: str,
    owner: str,
) -> None:
    caller = replace(people["own"], roles=() if role == "none" else (role,))
    statuses = expected(operation, role, owner)
    if operation.id in ALONE:
        caller = replace(caller, tenant=in_process.register("pool"))
    things = lasting[owner]
    if operation.id.endswith("MyDevice"):
        things = Estate(in_process, caller)
    elif operation.method != "GET" and not statuses <= {403, 404}:
        # What is allowed may use its things up.
        things = Estate(in_process, admin, owner=people[owner])
    call = call_of(operation, things)
    answer = in_process.call(caller, call)
    assert answer.status in statuses, f"{call}\n{answer.status} {answer.text}"
    if answer.status == 404:
        assert "owner" not in answer.text and "role" not in answer.text, "hidden looks missing"


LISTS = {
    "listCustomers": "customer",
    "searchCustomers": "customer",
    "listContacts": "contact",
    "listLeads": "lead",
    "listOpportunities": "opportunity",
    "listOpportunitiesAtRisk": "opportunity",
    "listClosedOpportunities": "closed_opportunity",
    "listActivities": "activity",
    "listOverdue": "activity",
    "listJobs": "job",
}
"""What lists without a filter show, by the thing that has to be in them where it may be."""


@pytest.mark.parametrize("role", ROLES)
def test_lists_show_what_the_role_may_read(in_process: InProcessService, role: str) -> None:
    tenant = in_process.register("bridge")
    caller = Caller(tenant, user="carl", team="north", roles=() if role == "none" else (role,))
    admin = Caller(tenant, user="ada", team="east")
    theirs = {
        "own": Estate(in_process, admin, owner=replace(caller, roles=admin.roles)),
        "team": Estate(in_process, admin, owner=Caller(tenant, user="tina", team="north")),
        "other": Estate(in_process, admin, owner=Caller(tenant, user="olga", team="south")),
    }
    made = {owner: {thing: estate[thing] for thing in LISTS.values()} for owner, estate in theirs.items()}
    in_process.settle(tenant)
    for operation, thing in LISTS.items():
        answer = in_process.call(caller, call_of(OPERATIONS[operation], theirs["own"]))
        shown = {owner for owner, ids in made.items() if ids[thing] in answer.text}
        entity = thing.rpartition("_")[2]
        assert shown == {owner for owner in OWNERS if allowed(role, entity, "read", owner)}, operation
        assert (answer.status == 403) == (not shown)
