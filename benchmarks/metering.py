"""What operations cost, counted and not timed.

The emulator's queries slow with the size of a partition, which DynamoDB's do not. A hook on the client counts calls and
the items that they examine, adds ReturnConsumedCapacity to each request and sums the units that the answers tell.
ministack counts a Query as one item's units, whatever it reads, so there the examined items say more; DynamoDB Local
counts like DynamoDB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.rows import Row

_UNITS_LIMIT = 1.1
_STEP = 0.5
"""Units of a Query are counted in steps of 4 KB: pages of records that differ by a byte may differ by one step."""


@dataclass(slots=True)
class Cost:
    """What an operation has cost: calls to the database, its capacity units, and items that reads examined."""

    calls: int = 0
    units: float = 0.0
    items: int = 0


@dataclass(slots=True)
class Meter:
    """Counts what is asked of a client, from `attach` on."""

    cost: Cost = field(default_factory=Cost)

    def attach(self, client: Any) -> None:
        """Hook the meter to a client's calls."""
        client.meta.events.register("before-parameter-build.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._count)

    def of(self, operation: Callable[[], object]) -> Cost:
        """Return what an operation costs."""
        self.cost = Cost()
        operation()
        cost, self.cost = self.cost, Cost()
        return cost

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _count(self, parsed: dict[str, Any], **_: Any) -> None:
        cost = self.cost
        cost.calls += 1
        consumed: Any = parsed.get("ConsumedCapacity") or []
        for part in consumed if isinstance(consumed, list) else [consumed]:
            cost.units += part["CapacityUnits"]
        cost.items += parsed.get("ScannedCount", 1 if "Item" in parsed else 0)
        cost.items += sum(map(len, parsed.get("Responses", {}).values())) if "Responses" in parsed else 0


def flat_rows(group: str, costs: Sequence[Mapping[str, Cost]], note: str) -> list[Row]:
    """Return three rows an operation: calls, units and items, the most of the larger sizes against the smallest."""
    smallest, *larger = costs
    return [
        Row(
            f"{group}: {operation}, {what}",
            max(getattr(other[operation], what) for other in larger),
            baseline,
            what,
            _units_limit(baseline) if what == "units" else 1.0,
            note,
        )
        for operation in smallest
        for what in ("calls", "units", "items")
        for baseline in [getattr(smallest[operation], what)]
    ]


def _units_limit(baseline: float) -> float:
    """Return by how much units may grow: a tenth, or one step of the count where that is more."""
    return max(_UNITS_LIMIT, round((baseline + _STEP) / baseline, 3)) if baseline else _UNITS_LIMIT
