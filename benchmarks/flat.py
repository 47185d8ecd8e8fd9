"""What every operation costs in tenants of 1,000, 10,000 and 100,000 customers: it must not grow.

Counted, not timed: see `benchmarks.metering`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.metering import Cost, Meter, flat_rows
from benchmarks.rows import Row
from benchmarks.world import INDUSTRIES, OWNERS, PREFIX, TEAMS, TIERS, WORDS, Caller, World
from zebros_core.records.history import HistoryEntry
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes import ROUTES

SIZES = (1_000, 10_000, 100_000)
_PAGE = 20
_DEEP_PAGES = 3
_FILTERS = {
    "all": {},
    "by name": {"sort": "name"},
    "by owner": {"owner": OWNERS[1]},
    "by team": {"team": TEAMS[0]},
    "by industry": {"industry": INDUSTRIES[2]},
    "by tier": {"tier": TIERS[0]},
}


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return three rows an operation: calls, units and items, the most of the larger sizes against the smallest."""
    container = world.container(cached=False, dynamodb=world.patient)
    # Read once: a registration that is read again after 30 seconds would count for whatever runs then.
    inner = DynamoDbTenantRegistry(container.dynamodb, f"{PREFIX}-tenants")
    vars(container)["registry"] = CachedTenantRegistry(inner, container.clock, staleness_seconds=3600)
    meter = Meter()
    meter.attach(container.dynamodb)
    app = container.http_app(ROUTES)
    costs: dict[int, dict[str, Cost]] = {}
    for size in SIZES:
        tenant = world.tenant(f"flat{size}", "pool")
        say(f"loading {size:,} customers")
        ids = world.load(tenant, size)
        say(f"counting with {size:,} customers")
        caller = Caller(app, world.signing.token(tenant))
        caller.call("GET", f"/v1/customers/{ids[0]}")
        costs[size] = _costs(meter, caller, container, tenant, ids)
    return flat_rows("flat", [costs[size] for size in SIZES], f"{SIZES[0]:,} to {SIZES[-1]:,} customers")


def _costs(
    meter: Meter, caller: Caller, container: Container, tenant: str, ids: list[str]
) -> dict[str, Cost]:
    """Return what each operation costs one caller of a tenant that has these customers."""
    middle = ids[len(ids) // 2]
    last = ids[-1]
    path = f"/v1/customers/{middle}"
    found: dict[str, Cost] = {}

    def measure(name: str, method: str, target: str, body: Any = None, /, **query: Any) -> Any:
        answers: list[Any] = []
        found[name] = meter.of(lambda: answers.append(caller.call(method, target, body, **query)))
        return answers[0]

    draft = {
        "companyName": "Lakeside Instruments 000000",
        "industry": INDUSTRIES[0],
        "contactInfo": {"email": "new@company.example"},
    }
    measure("create", "POST", "/v1/customers", draft)
    measure("get", "GET", path)
    measure("update", "PATCH", path, {"tier": "iron"})
    measure("rename", "PATCH", path, {"companyName": "Hillside Instruments 000000"})
    measure("replace by external id", "PUT", "/v1/customers/by-external-id/erp-1", _named("Seaside", 1))
    measure("upsert again", "PUT", "/v1/customers/by-external-id/erp-1", _named("Seaside", 2))
    measure("get by external id", "GET", "/v1/customers/by-external-id/erp-1")
    measure("delete", "DELETE", f"/v1/customers/{last}")
    measure("restore", "POST", f"/v1/customers/{last}/restore")
    for name, filters in _FILTERS.items():
        _lists(measure, f"list {name}", "/v1/customers", {**filters, "limit": _PAGE})
    two = {"owner": OWNERS[1], "tier": TIERS[0], "limit": _PAGE}
    _lists(measure, "list by owner and tier", "/v1/customers", two)
    for words in (WORDS[1][:5], f"{WORDS[1][:5]} 000"):
        _lists(measure, f"search {words!r}", "/v1/customers/search", {"name": words, "limit": _PAGE})
    batch = [{"operation": "create", "data": _named("Parkside", number)} for number in range(20)]
    measure("batch of 20 creates", "POST", "/v1/customers:batch", {"operations": batch})
    again = [
        {"operation": "upsert", "externalId": f"erp-b{n}", "data": _named("Fireside", n)} for n in range(20)
    ]
    measure("batch of 20 upserts", "POST", "/v1/customers:batch", {"operations": again})
    contact = {"customerId": middle, "lastName": "Vantongeren", "email": "mira@company.example"}
    created = measure("create a contact", "POST", "/v1/contacts", contact)
    measure("get a contact", "GET", f"/v1/contacts/{created['contactId']}")
    measure("contact by e-mail", "GET", "/v1/contacts", email="mira@company.example")
    measure("contacts of a customer", "GET", f"{path}/contacts")
    measure("documents of a customer", "GET", f"{path}/documents")
    _write_history(container, tenant, middle)
    measure("history", "GET", f"{path}/history", limit=_PAGE)
    return found


def _lists(measure: Callable[..., Any], name: str, target: str, query: dict[str, Any]) -> None:
    """Measure the first page of a list, and one further in."""
    page = measure(f"{name}, first page", "GET", target, **query)
    for _ in range(_DEEP_PAGES):
        page = measure(f"{name}, fourth page", "GET", target, **query, cursor=page["nextCursor"])


def _named(word: str, number: int) -> dict[str, Any]:
    return {"companyName": f"{word} Instruments {number:06d}", "industry": INDUSTRIES[0]}


def _write_history(container: Container, tenant: str, id: str) -> None:
    """Keep as many entries as a page has, which the stream would bring: no stream is read here."""
    workspace = container.system_workspace(tenant, "bench")
    for version in range(1, _PAGE + 5):
        entry = HistoryEntry(
            version=version, operation="updated", at=container.clock.now(), actor="bench", changes={}
        )
        workspace.history.append("customer", id, entry)
