"""The lines of opportunities: one item each, beside the opportunity, which stays below the size of a unit of writing.

Whoever lists deals pays for no lines; eight indexes hold none. The item is written in the opportunity's own
transaction and says at which version that was, so a reader between two writes notices. It ends a day after the
tombstone of its opportunity does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.schema import BESIDE_TOMBSTONE_TTL_SECONDS
from zebros_core.dynamodb.store import TenantStore
from zebros_pipeline.domain.opportunity import Line, Opportunity
from zebros_pipeline.repositories.keys import LOOKUP_TABLE

_SORT_KEY: Final = "-"


REPLACED_TTL_SECONDS: Final = 15 * 24 * 3600
"""A day longer than a queue keeps an event."""

_MOST: Final = 200
"""Versions of two weeks that are looked at."""


@dataclass(frozen=True, slots=True)
class LinesChange:
    """The lines before and after a version; None before the first."""

    before: tuple[Line, ...] | None
    after: tuple[Line, ...]


class LineRepository:
    """One tenant's lines."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def written(self, opportunity: Opportunity, previous: Opportunity | None) -> tuple[WriteOp, ...]:
        """Return the write of the lines, for the transaction of the opportunity; none where they stay as they are."""
        former = () if previous is None else previous.lines
        if opportunity.lines == former:
            return ()
        moved = previous is not None and previous.customer_id != opportunity.customer_id
        version = 1 if previous is None else previous.version + (2 if moved else 1)
        written = self.put(opportunity.opportunity_id, version, opportunity.lines)
        if previous is None:
            return (written,)
        return written, self.replaced(opportunity.opportunity_id, version, former)

    def put(
        self, opportunity_id: str, version: int, lines: tuple[Line, ...], *, deleted: bool = False
    ) -> WriteOp:
        """Return the write of an opportunity's lines, for the transaction that gives it this version.

        That there are none any more has to be known for the history alone. Those of one that is `deleted` end with it.
        """
        row = {"version": version, "lines": _stored(lines)}
        ends = BESIDE_TOMBSTONE_TTL_SECONDS if deleted else None
        return self._lookup.put_op(
            ("lines", opportunity_id), _SORT_KEY, row, ttl_seconds=ends if lines else REPLACED_TTL_SECONDS
        )

    def expiring(self, opportunity: Opportunity) -> tuple[WriteOp, ...]:
        """Return the write that lets lines end with the tombstone of their opportunity; none where it has no lines."""
        return self._again(opportunity, BESIDE_TOMBSTONE_TTL_SECONDS)

    def lasting(self, opportunity: Opportunity) -> tuple[WriteOp, ...]:
        """Return the write that keeps the lines of a restored opportunity; none where it has no lines."""
        return self._again(opportunity, None)

    def _again(self, opportunity: Opportunity, ttl_seconds: int | None) -> tuple[WriteOp, ...]:
        # Not read and written again: an erasure between the two would be undone.
        if not opportunity.line_count:
            return ()
        return (self._lookup.end_op(("lines", opportunity.opportunity_id), _SORT_KEY, ttl_seconds),)

    def replaced(self, opportunity_id: str, version: int, lines: tuple[Line, ...]) -> WriteOp:
        """Return the write of lines that a version replaces, for its transaction.

        They stay for as long as the event of that may still have to be read, for the history.
        """
        row = {"lines": _stored(lines)}
        return self._lookup.put_op(
            ("lines", opportunity_id), f"{version:010d}", row, ttl_seconds=REPLACED_TTL_SECONDS
        )

    def rewritten(self, opportunity_id: str, rewrite: Callable[[Line], Line]) -> list[WriteOp]:
        """Return the writes of replaced lines that `rewrite` changes: for erasures. One Query."""
        found: list[WriteOp] = []
        for row in self._lookup.query(("lines", opportunity_id), limit=_MOST).items:
            lines = _lines(row)
            after = tuple(rewrite(line) for line in lines)
            if row["sk"] != _SORT_KEY and after != lines:
                found.append(self.replaced(opportunity_id, int(row["sk"]), after))
        return found

    def changed_by(self, opportunity_id: str, version: int) -> LinesChange | None:
        """Return what a version made of the lines, or None where it left them alone. One Query."""
        rows = {row["sk"]: row for row in self._lookup.query(("lines", opportunity_id), limit=_MOST).items}
        present = rows.pop(_SORT_KEY, None)
        replaced = {int(sk): _lines(row) for sk, row in rows.items()}
        first = version == 1 and (present is not None or bool(replaced))
        if present is None or (version not in replaced and not first):
            return None
        following = min((number for number in replaced if number > version), default=None)
        after = _lines(present) if following is None else replaced[following]
        return LinesChange(before=replaced.get(version), after=after)

    def of(self, opportunity: Opportunity) -> tuple[Line, ...] | None:
        """Return an opportunity's lines; None where they were written after it was read."""
        if not opportunity.line_count:
            return ()
        row = self._lookup.get(("lines", opportunity.opportunity_id), _SORT_KEY)
        if row is None or row["version"] > opportunity.version:
            return None
        return _lines(row)

    def of_all(self, opportunities: Sequence[Opportunity]) -> dict[str, tuple[Line, ...]]:
        """Return the lines of opportunities by id, as they are now. One call for a hundred that have any."""
        keys = {found.opportunity_id: ("lines", found.opportunity_id) for found in opportunities}
        rows = self._lookup.batch_get(
            (keys[found.opportunity_id], _SORT_KEY) for found in opportunities if found.line_count
        )
        return {
            id: _lines(rows[key, _SORT_KEY]) if (key, _SORT_KEY) in rows else () for id, key in keys.items()
        }


def _lines(row: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(Line.model_validate(line) for line in row["lines"])


def _stored(lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    return [line.model_dump(by_alias=True, exclude_none=True) for line in lines]
