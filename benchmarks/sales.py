"""What lists and writes of opportunities and activities cost in tenants of 1,000, 10,000 and 100,000 of each.

Counted, not timed: see `benchmarks.metering`. ``BENCH_LARGE=1`` counts in a tenant of 300,000 too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.metering import Cost, Meter, flat_rows
from benchmarks.rows import Row
from benchmarks.world import OWNERS, TEAMS, Caller, World, core_settings
from zebros_activities import bootstrap as activities_service
from zebros_activities import settings as activities_settings
from zebros_activities.domain.activity import Activity, ActivityStatus, ActivityType, RelatedType
from zebros_activities.handlers.routes import ROUTES as ACTIVITIES_ROUTES
from zebros_activities.repositories.keys import ACTIVITIES
from zebros_core.bootstrap import ServiceContainer
from zebros_core.tenancy.registry import CachedTenantRegistry, DynamoDbTenantRegistry
from zebros_pipeline import bootstrap as pipeline_service
from zebros_pipeline import settings as pipeline_settings
from zebros_pipeline.domain.opportunity import Opportunity, Outcome
from zebros_pipeline.handlers.routes import ROUTES as PIPELINE_ROUTES
from zebros_pipeline.repositories.keys import OPPORTUNITIES

SIZES = (1_000, 10_000, 100_000)
LARGE = 300_000

_PAGE = 20
_DEEP_PAGES = 3
_CUSTOMERS = 4
"""Customers of a tenant of whatever size share its records evenly."""
_STAGES = ("prospecting", "qualification", "proposal", "negotiation", "won", "lost")
_DAY = timedelta(days=1)
_BETWEEN = _DAY / 200
"""Between an activity and the next one, in either direction from now."""

Measure = Callable[..., Any]


def sizes() -> tuple[int, ...]:
    """Return the numbers of records at which costs are counted."""
    return (*SIZES, LARGE) if os.environ.get("BENCH_LARGE") == "1" else SIZES


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return three rows an operation: calls, units and items, the most of the larger sizes against the smallest."""
    pipeline = _meant(
        world,
        pipeline_service.Container(
            pipeline_settings.Settings(core_settings(world.engines, service="pipeline")),
            dynamodb=world.patient,
        ),
    )
    activities = _meant(
        world,
        activities_service.Container(
            activities_settings.Settings(core_settings(world.engines, service="activities")),
            dynamodb=world.patient,
        ),
    )
    meter = Meter()
    meter.attach(world.patient)
    deals_app, agenda_app = pipeline.http_app(PIPELINE_ROUTES), activities.http_app(ACTIVITIES_ROUTES)
    deals: list[dict[str, Cost]] = []
    agenda: list[dict[str, Cost]] = []
    counted = sizes()
    now = datetime.now(UTC).replace(microsecond=0)
    for size in counted:
        tenant = world.tenant(f"sales{size}", "pool")
        token = world.signing.token(tenant)
        say(f"loading {size:,} opportunities and as many activities")
        world.load_records(tenant, OPPORTUNITIES, opportunities(tenant, size, now))
        world.load_records(tenant, ACTIVITIES, activities_of(tenant, size, now))
        say(f"counting with {size:,} of each")
        deals.append(_deals(meter, Caller(deals_app, token), now))
        agenda.append(_agenda(meter, Caller(agenda_app, token), now))
    note = f"{counted[0]:,} to {counted[-1]:,} opportunities or activities"
    return [
        *flat_rows("flat: opportunities", deals, note),
        *flat_rows("flat: activities", agenda, note),
    ]


def _meant(world: World, container: ServiceContainer) -> ServiceContainer:
    """Return the container as it is counted: it takes the run's tokens, and reads the registry once."""
    inner = DynamoDbTenantRegistry(container.dynamodb, f"{container.core.table_prefix}-tenants")
    vars(container)["registry"] = CachedTenantRegistry(inner, container.clock, staleness_seconds=3600)
    return world.trusting(container)


def _measure(meter: Meter, caller: Caller, found: dict[str, Cost]) -> Measure:
    def measure(name: str, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        answers: list[Any] = []
        found[name] = meter.of(lambda: answers.append(caller.call(method, path, body, **query)))
        return answers[0]

    return measure


def _deals(meter: Meter, caller: Caller, now: datetime) -> dict[str, Cost]:
    """Return what operations on opportunities cost; the first one reads the registry and is not counted."""
    found: dict[str, Cost] = {}
    measure = _measure(meter, caller, found)
    caller.call("GET", "/v1/pipeline/stages")
    path = "/v1/opportunities"
    created = measure("create", "POST", path, {"title": "A new deal", "value": 1200, "currency": "EUR"})
    one = f"{path}/{created['opportunityId']}"
    measure("get", "GET", one)
    measure("update", "PATCH", one, {"value": 1300})
    measure("move", "POST", f"{one}/move", {"stage": "proposal"})
    measure("stages of one", "GET", f"{one}/stages")
    measure("win", "POST", f"{one}/move", {"stage": "won"})
    measure("reopen", "POST", f"{one}/reopen", {"stage": "negotiation"})
    for name, query in {
        "all": {},
        "by owner": {"owner": OWNERS[1]},
        "by team": {"team": TEAMS[0]},
        "by stage": {"stage": "proposal"},
        "by customer": {"customer": _customer_id(3)},
        "by owner and team": {"owner": OWNERS[1], "team": TEAMS[0]},
    }.items():
        _lists(measure, f"list {name}", path, {**query, "limit": _PAGE})
    _lists(measure, "recent closed", f"{path}/closed", {"limit": _PAGE})
    first = (now.date() - 60 * _DAY).isoformat()
    _lists(measure, "recent won", f"{path}/closed", {"outcome": "won", "from": first, "limit": _PAGE})
    _lists(measure, "at risk, overdue", f"{path}/at-risk", {"reason": "overdue", "limit": _PAGE})
    idle = {"reason": "idle", "idleDays": 10, "limit": _PAGE}
    _lists(measure, "at risk, idle", f"{path}/at-risk", idle)
    batch = [
        {"operation": "upsert", "externalId": f"erp-{n}", "data": {"title": f"Deal {n}", "value": n}}
        for n in range(20)
    ]
    measure("batch of 20 upserts", "POST", f"{path}:batch", {"operations": batch})
    measure("delete", "DELETE", one)
    return found


def _agenda(meter: Meter, caller: Caller, now: datetime) -> dict[str, Cost]:
    """Return what operations on activities cost."""
    found: dict[str, Cost] = {}
    measure = _measure(meter, caller, found)
    path = "/v1/activities"
    caller.call("GET", path, limit=1)
    later = (now + timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    created = measure("create", "POST", path, {"type": "call", "subject": "Ask", "scheduledAt": later})
    one = f"{path}/{created['activityId']}"
    measure("get", "GET", one)
    measure("update", "PATCH", one, {"priority": "high"})
    measure("complete", "POST", f"{one}/complete", {})
    measure("comment", "POST", f"{one}/comments", {"text": "They will call back."})
    measure("comments", "GET", f"{one}/comments")
    weekly = {
        "type": "meeting",
        "subject": "Weekly",
        "scheduledAt": later,
        "recurrence": "FREQ=WEEKLY;COUNT=10",
    }
    measure("create a series of 10", "POST", path, weekly)
    measure("today", "GET", f"{path}/today", limit=_PAGE, timeZone="Europe/Amsterdam")
    measure("upcoming of an owner", "GET", f"{path}/upcoming", limit=_PAGE)
    measure("upcoming of a customer", "GET", f"{path}/upcoming", customer=_customer_id(3), limit=_PAGE)
    _lists(measure, "overdue", f"{path}/overdue", {"limit": _PAGE})
    _lists(measure, "overdue of an owner", f"{path}/overdue", {"owner": OWNERS[1], "limit": _PAGE // 2})
    _lists(measure, "completed", f"{path}/completed", {"limit": _PAGE})
    span = {"from": _text(now - 7 * _DAY), "to": _text(now)}
    _lists(measure, "of a week and a type", path, {**span, "type": "call", "limit": _PAGE})
    for name, query in {
        "by owner": {"owner": OWNERS[1]},
        "by team": {"team": TEAMS[0]},
        "by customer": {"customer": _customer_id(3)},
    }.items():
        _lists(measure, f"list {name}", path, {**query, "limit": _PAGE})
    measure("delete", "DELETE", one)
    return found


def _lists(measure: Measure, name: str, path: str, query: dict[str, Any]) -> None:
    """Measure the first page of a list, and one further in where there is one."""
    page = measure(f"{name}, first page", "GET", path, **query)
    for _ in range(_DEEP_PAGES):
        if page["nextCursor"] is None:
            return
        page = measure(f"{name}, fourth page", "GET", path, **query, cursor=page["nextCursor"])


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _customer_id(number: int) -> str:
    return f"01K1000000{number:016d}"


def opportunities(tenant_id: str, count: int, now: datetime) -> Iterator[Opportunity]:
    """Yield opportunities of all stages, each as large as the next, so that units can be compared between sizes."""
    for number in range(count):
        stage = _STAGES[number % len(_STAGES)]
        outcome = Outcome(stage) if stage in {"won", "lost"} else Outcome.OPEN
        # What is over is spread over the last days and what is to come over the next, whatever the tenant's size.
        day = now.date() + ((number // 8) % 60 - 30) * _DAY
        at = now - timedelta(minutes=number + 1)
        yield Opportunity(
            tenant_id=tenant_id,
            opportunity_id=f"01K0000000{number:016d}",
            customer_id=_customer_id(number // len(_STAGES) % _CUSTOMERS),
            title=f"Refit of line {number:06d}",
            value=Decimal(1000 + number % 9000),
            currency="EUR",
            stage=stage,
            outcome=outcome,
            expected_close_date=day if outcome is Outcome.OPEN else now.date(),
            engage_date=date(2026, 1, 5),
            close_date=None if outcome is Outcome.OPEN else now.date() - number // 8 % 60 * _DAY,
            loss_reason="price" if outcome is Outcome.LOST else None,
            stage_entered_at=at,
            active_at=now - (number // 8 % 60) * _DAY,
            **_kept(number, at),
        )


def activities_of(tenant_id: str, count: int, now: datetime) -> Iterator[Activity]:
    """Yield activities of the past and the future, half of them done, each as large as the next.

    A larger tenant has more days and not more on a day, so that lists of a day or a week can be compared.
    """
    for number in range(count):
        done = number // 2 % 2 == 1
        ahead = 1 if number % 2 else -1
        scheduled = now + ahead * (number // 2 + 1) * _BETWEEN
        customer = _customer_id(number // 8 % _CUSTOMERS)
        yield Activity(
            tenant_id=tenant_id,
            activity_id=f"01K0000000{number:016d}",
            type=(ActivityType.CALL, ActivityType.MEETING)[number // 4 % 2],
            related_type=RelatedType.CUSTOMER,
            related_id=customer,
            customer_id=customer,
            # Twenty of them are well within a step of 4 KB, in which units are counted, done or not.
            subject=f"Ask about line {number:06d} and when its refit can begin",
            location="Harbour office, second floor",
            scheduled_at=scheduled,
            status=ActivityStatus.COMPLETED if done else ActivityStatus.OPEN,
            completed_at=scheduled if done else None,
            **_kept(number, now - timedelta(minutes=number + 1)),
        )


def _kept(number: int, at: datetime) -> dict[str, Any]:
    return {
        "owner_id": OWNERS[number // 16 % len(OWNERS)],
        "team_id": TEAMS[number // 2 % len(TEAMS)],
        "tags": frozenset({"trade-fair"}),
        "hlc": f"{number:020d}-bench",
        "created_at": at,
        "updated_at": at,
        "created_by": OWNERS[0],
        "updated_by": OWNERS[0],
    }
