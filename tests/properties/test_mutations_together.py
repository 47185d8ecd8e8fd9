"""Mutations that are applied together have the outcomes, and leave the tables, that they would one after the other.

Lists of mutations of two tenants' customers and contacts: creations, changes, removals, with names, addresses, external
ids and ids that meet each other, repeated mutation ids, stale versions, wrong values, another tenant's ids. Killed
between transactions and repeated, a call ends where it would have ended.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from customers_in_process import SERVICE, customers_service
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from service_in_process import REGION, create_tables

from zebros_core.bulk.mutations import mutation_of, outcome_problem
from zebros_core.clock import FixedClock
from zebros_core.ids import derived_id
from zebros_core.records.apply import apply_mutations
from zebros_core.records.mutations import Mutation, MutationOperation, Outcome
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container
from zebros_customers.use_cases.verbs import VERBS

pytestmark = pytest.mark.properties

MODELS = ("pool", "bridge", "silo")
NAMES = ("Tidewater", "tide-water", "Birchwood", "")
EMAILS = ("a@x.example", "b@x.example", None)
EXTERNAL = ("E1", "E2", "E3", None)
RECORDS = tuple(derived_id("record", str(number)) for number in range(4))
UNKNOWN = derived_id("nobody's")
OPERATIONS = ("create", "update", "upsert", "delete", "restore")


def _draw(entity: str, pick: Any) -> dict[str, Any]:
    """A wish, as it comes through the door."""
    operation = pick(OPERATIONS)
    by_id = pick((True, False)) or operation == "restore"
    values: dict[str, Any] = {}
    if entity == "customer":
        values["companyName"] = pick(NAMES)
        values["contactInfo"] = {"email": pick(EMAILS)}
        values["tier"] = pick(("gold", "zinc", 7, None))
    else:
        values["lastName"] = pick(("Ames", "Brook"))
        values["email"] = pick(EMAILS)
        values["customerId"] = pick((*RECORDS[:2], UNKNOWN, None))
    values["custom"] = pick(({}, {}, {"region": "north"}, {"nothing": 1}))
    values = {name: value for name, value in values.items() if pick((True, True, False))}
    if operation in {"create", "upsert"}:
        values.setdefault("companyName" if entity == "customer" else "lastName", pick(NAMES))
    return {
        "entity": entity,
        "operation": operation,
        "id": pick(RECORDS) if by_id or (operation == "create" and pick((True, False))) else None,
        "external_id": None if by_id and operation != "create" else pick(EXTERNAL),
        "version": pick((None, None, None, 1, 2)) if operation in {"update", "delete", "upsert"} else None,
        "skip_duplicates": pick((False, False, True)),
        "data": None if operation in {"delete", "restore"} else values,
    }


@st.composite
def calls(draw: Any) -> list[tuple[int, list[dict[str, Any]]]]:
    """Calls of two tenants, each a list of wishes; a wish may come again under its mutation id."""

    def pick(options: Sequence[Any]) -> Any:
        return options[draw(st.integers(0, len(options) - 1))]

    made: list[tuple[int, list[dict[str, Any]]]] = []
    for _ in range(draw(st.integers(1, 3))):
        tenant = pick((0, 1))
        wishes = [
            _draw(pick(("customer", "customer", "contact")), pick) for _ in range(draw(st.integers(2, 12)))
        ]
        for wish in wishes:
            wish["mutation_id"] = f"m{draw(st.integers(0, 40))}"
        made.append((tenant, wishes))
    return made


class KilledError(BaseException):
    """The process has ended here."""


@dataclass
class Twins:
    """The service over tables that can be read and emptied, with a kill at one of its transactions."""

    container: Container
    tenants: list[str] = field(default_factory=list)
    kill_at: int = 0
    kill_after: bool = False
    seen: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Empty all tables, and give both tenants a customer and a field of their own."""
        for table in _tables().values():
            table.items.clear()
        self.kill_at = 0
        for number, tenant in enumerate(self.tenants):
            workspace = self.workspace(tenant)
            workspace.fields._lookup.put(
                ("fields",),
                "customer#region",
                {"fieldId": "f1", "entity": "customer", "name": "region", "type": "text", "version": 1},
            )
            seed = {
                "entity": "customer",
                "operation": "create",
                "id": RECORDS[number],
                "external_id": "E1",
                "version": None,
                "skip_duplicates": False,
                "data": {"companyName": "Tidewater", "contactInfo": {"email": "a@x.example"}},
                "mutation_id": "seed",
            }
            assert apply_mutations(workspace, VERBS, [mutation(seed)])[0].error is None

    def workspace(self, tenant: str) -> Any:
        model = self.container.registry.get(tenant).isolation
        context = TenantContext(
            tenant, "ada", roles=frozenset({"tenant-admin"}), isolation=model, job_id="job"
        )
        return self.container.workspace(context)

    def apply(self, tenant: int, wishes: list[dict[str, Any]], *, together: bool) -> list[Outcome]:
        workspace = self.workspace(self.tenants[tenant])
        mutations = list(map(mutation, wishes))
        if together:
            return apply_mutations(workspace, VERBS, mutations)
        return [apply_mutations(workspace, VERBS, [one])[0] for one in mutations]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in all tables, but for the stamps, which no two runs have in common."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, table in _tables().items():
            rows = [copy.deepcopy(row.to_json()["Attributes"]) for row in table.all_items()]
            found[name] = [{key: value for key, value in row.items() if key != "hlc"} for row in rows]
        return found

    def before(self, **_: Any) -> None:
        with self.lock:
            self.seen += 1
            if self.kill_at and self.seen >= self.kill_at and not self.kill_after:
                raise KilledError

    def after(self, **_: Any) -> None:
        if self.kill_at and self.seen >= self.kill_at and self.kill_after:
            raise KilledError


def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    return tables


def mutation(wish: dict[str, Any]) -> Mutation:
    facts = {name: value for name, value in wish.items() if name not in {"entity", "operation"}}
    operation = MutationOperation(wish["operation"])
    return mutation_of(wish["entity"], VERBS[wish["entity"]].draft, operation, **facts)


def told(outcome: Outcome) -> tuple[Any, ...]:
    return outcome.kind.value, outcome.id, outcome.version, outcome_problem(outcome)


@pytest.fixture(scope="module", params=MODELS)
def twins(request: pytest.FixtureRequest) -> Iterator[Twins]:
    with customers_service("together", FixedClock()) as container:
        made = Twins(container)
        for name in ("aurora", "borealis"):
            tenant = f"{request.param}{name}"
            container.registry.put(Tenant(id=tenant, name=tenant, isolation=request.param))
            made.tenants.append(tenant)
            if request.param == "silo":
                create_tables(container.dynamodb, f"zebros-together-t-{tenant}", SERVICE)
        client: Any = container.dynamodb
        events = client.meta.events
        events.register("before-call.dynamodb.TransactWriteItems", made.before)
        events.register("after-call.dynamodb.TransactWriteItems", made.after)
        yield made


GENTLY = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@GENTLY
@given(made=calls())
def test_together_is_as_one_after_the_other(
    twins: Twins, made: list[tuple[int, list[dict[str, Any]]]]
) -> None:
    results = []
    for together in (False, True):
        twins.begin()
        outcomes = [list(map(told, twins.apply(*call, together=together))) for call in made]
        results.append((outcomes, twins.tables()))
    (alone, alone_tables), (joint, joint_tables) = results
    assert joint == alone
    assert joint_tables == alone_tables


@GENTLY
@given(made=calls(), kill_at=st.integers(1, 6), kill_after=st.booleans())
def test_a_killed_call_ends_where_it_would_have_ended(
    twins: Twins, made: list[tuple[int, list[dict[str, Any]]]], kill_at: int, kill_after: bool
) -> None:
    twins.begin()
    # What is refused has no effect and is tried anew: whether it is refused again depends on what was done since.
    accepted = [
        (tenant, [wish for wish in wishes if twins.apply(tenant, [wish], together=False)[0].error is None])
        for tenant, wishes in made
    ]
    twins.begin()
    wanted = [list(map(told, twins.apply(*call, together=False))) for call in accepted]
    tables = twins.tables()
    twins.begin()
    twins.seen, twins.kill_at, twins.kill_after = 0, kill_at, kill_after
    found = []
    for call in accepted:
        try:
            found.append(list(map(told, twins.apply(*call, together=True))))
        except KilledError:
            twins.kill_at = 0
            found.append(list(map(told, twins.apply(*call, together=True))))
    assert found == wanted
    assert twins.tables() == tables
