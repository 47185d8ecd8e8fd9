"""Opportunities: the access patterns of the table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.repository import Created, Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.dynamodb.writes import plan_add, plan_save
from zebros_core.errors import ConflictError
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import Receipt, RequestKey, UniqueRepository
from zebros_pipeline.domain.opportunity import Line, Opportunity, Outcome
from zebros_pipeline.repositories.keys import OPPORTUNITIES
from zebros_pipeline.repositories.lines import LineRepository, LinesChange

_INDEX_OF_FILTER: Final = {
    "customerId": "customer",
    "ownerId": "owner",
    "teamId": "team",
}
"""The index that serves a filter, narrowest first: of several filters the first uses its index."""

_BEFORE_ALL: Final = "0"
"""A sort value before every date and instant."""
_AFTER_ALL: Final = "9999-99"
"""A sort value behind every date."""
_PAGE: Final = 100
_MAX_ATTEMPTS: Final = 5


class OpportunityRepository(UniqueRepository[Opportunity], ExportedRepository[Opportunity]):
    """One tenant's opportunities. `limits` are what the caller's sight demands of each, by stored attribute."""

    schema = OPPORTUNITIES

    def __init__(self, store: TenantStore) -> None:
        super().__init__(store)
        self._lines = LineRepository(store)

    def page(
        self,
        filters: Mapping[str, str],
        limits: Mapping[str, str],
        *,
        descending: bool,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Opportunity]:
        """Return a page by creation of opportunities that match all of `filters` (the caller's wish) and `limits`."""
        wanted = {**limits, **filters}
        first = next((name for name in _INDEX_OF_FILTER if name in wanted), None)
        return self._page(
            _INDEX_OF_FILTER[first] if first else "created",
            wanted[first] if first else None,
            limit=limit,
            cursor=cursor,
            query_name="opportunities",
            filters={name: value for name, value in wanted.items() if name != first},
            descending=descending,
            visibility_key=visibility_key,
        )

    def page_by_stage(
        self,
        stage: str,
        filters: Mapping[str, str],
        *,
        descending: bool,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Opportunity]:
        """Return a page of a stage by expected close date; those without one come last, descending first."""
        return self._page(
            "stage",
            stage,
            limit=limit,
            cursor=cursor,
            query_name="opportunities-by-stage",
            filters=filters,
            descending=descending,
            visibility_key=visibility_key,
        )

    def page_closed(
        self,
        between: tuple[date | None, date | None],
        filters: Mapping[str, str],
        *,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Opportunity]:
        """Return a page of closed opportunities by close date, newest first, of those from the one to the other day."""
        first, last = between
        return self._page(
            "closed",
            None,
            limit=limit,
            cursor=cursor,
            query_name="opportunities-closed",
            filters=filters,
            descending=True,
            sort_between=(
                first.isoformat() if first else _BEFORE_ALL,
                last.isoformat() if last else _AFTER_ALL,
            ),
            visibility_key=visibility_key,
        )

    def page_overdue(
        self,
        today: date,
        filters: Mapping[str, str],
        *,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Opportunity]:
        """Return a page of open opportunities that were expected to close before `today`, the oldest date first."""
        return self._page(
            "due",
            Outcome.OPEN.value,
            limit=limit,
            cursor=cursor,
            query_name="opportunities-overdue",
            filters=filters,
            # The keys of today begin with its date and go on, so they are behind the date alone.
            sort_between=(_BEFORE_ALL, today.isoformat()),
            visibility_key=visibility_key,
        )

    def page_idle(
        self,
        since: datetime,
        filters: Mapping[str, str],
        *,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Opportunity]:
        """Return a page of open opportunities that nobody has changed after `since`, the longest idle first."""
        return self._page(
            "idle",
            Outcome.OPEN.value,
            limit=limit,
            cursor=cursor,
            query_name="opportunities-idle",
            filters=filters,
            sort_between=(_BEFORE_ALL, instant_text(since)),
            visibility_key=visibility_key,
        )

    def create_unique(
        self,
        record: Opportunity,
        *,
        repeat: RequestKey | None,
        client_supplied_id: bool,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> Created[Opportunity]:
        """Store a new opportunity and its lines, in one call."""
        created = super().create_unique(
            record,
            repeat=repeat,
            client_supplied_id=client_supplied_id,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
            extra=(*extra, *self._lines.written(record, None)),
        )
        stored = created.entity
        complete = self.complete(stored) if created.replayed else _with_lines(stored, record.lines)
        return Created(complete, created.replayed)

    def save_unique(
        self,
        record: Opportunity,
        *,
        previous: Opportunity,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> Opportunity:
        """Store a changed opportunity and, where they were read, its lines, in one call."""
        stored = super().save_unique(
            record,
            previous=previous,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
            extra=(*extra, *self._lines.written(record, previous)),
        )
        return _with_lines(stored, record.lines)

    def remove_unique(
        self, record: Opportunity, *, receipt: Receipt | None = None, extra: tuple[WriteOp, ...] = ()
    ) -> Opportunity:
        """Make the opportunity a tombstone, with which its lines end, in one call."""
        return super().remove_unique(record, receipt=receipt, extra=(*extra, *self._lines.expiring(record)))

    def restore_unique(
        self,
        tombstone: Opportunity,
        *,
        skip_duplicates: bool,
        receipt: Receipt | None = None,
        extra: tuple[WriteOp, ...] = (),
    ) -> Opportunity:
        """Bring a tombstone back with its lines, in one call after another that reads them, where it has any."""
        # Before the write: of many writes that go together, none is read before all are made.
        lines = self.complete(tombstone).lines
        restored = super().restore_unique(
            tombstone,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
            extra=(*extra, *self._lines.lasting(tombstone)),
        )
        return _with_lines(restored, lines)

    def planned_create(self, opportunity: Opportunity) -> tuple[Opportunity, tuple[WriteOp, ...]]:
        """Return a new opportunity as it will be stored, and the writes for a transaction that has more to do."""
        stored, operations = plan_add(self.schema, self.store, self.table, opportunity, guard_id=True)
        return _with_lines(stored, opportunity.lines), (*operations, *self._lines.written(opportunity, None))

    def planned_save(
        self, opportunity: Opportunity, previous: Opportunity
    ) -> tuple[Opportunity, tuple[WriteOp, ...]]:
        """Return a changed opportunity as it will be stored, and the writes for a transaction that has more to do."""
        stored, operations = plan_save(self.schema, self.store, self.table, opportunity, previous)
        written = (*operations, *self._lines.written(opportunity, previous))
        return _with_lines(stored, opportunity.lines), written

    def complete(self, opportunity: Opportunity) -> Opportunity:
        """Return an opportunity that was read with its lines: another call where it has any.

        One that was changed between the two is given as it is then. Raises NotFoundError, ConflictError.
        """
        for _ in range(_MAX_ATTEMPTS):
            lines = self._lines.of(opportunity)
            if lines is not None:
                return _with_lines(opportunity, lines)
            opportunity = self.get(opportunity.opportunity_id)
        raise ConflictError("the opportunity changes faster than it can be read")

    def lines_of(self, opportunities: Sequence[Opportunity]) -> dict[str, tuple[Line, ...]]:
        """Return the lines of opportunities by id, as they are now. One call for a hundred."""
        return self._lines.of_all(opportunities)

    def lines_written(
        self,
        opportunity_id: str,
        version: int,
        lines: tuple[Line, ...],
        replaced: tuple[Line, ...] | None,
    ) -> tuple[WriteOp, ...]:
        """Return the writes of lines and of what they replace, for the transaction that gives this version."""
        written = self._lines.put(opportunity_id, version, lines)
        if replaced is None:
            return (written,)
        return written, self._lines.replaced(opportunity_id, version, replaced)

    def lines_changed_by(self, opportunity_id: str, version: int) -> LinesChange | None:
        """Return what a version made of the lines, or None where it left them alone. One Query."""
        return self._lines.changed_by(opportunity_id, version)

    def any_in_stage(self, stage: str) -> bool:
        """Tell whether the index knows an opportunity in a stage. One Query."""
        return bool(self._page("stage", stage, limit=1, cursor=None, query_name="stage-in-use").items)

    def of_customer(
        self, customer_id: str, *, but: Callable[[Opportunity], bool] = lambda _: False
    ) -> Iterator[Opportunity]:
        """Give the live opportunities of a customer, page by page, each read strongly.

        Without those of which the index shows that `but` holds: going on after an interruption costs a look at them.
        """
        cursor = None
        while True:
            page = self._page(
                "customer", customer_id, limit=_PAGE, cursor=cursor, query_name="opportunities-of-customer"
            )
            # The index may still show one that has moved: only one found under its old key is this customer's.
            keys = [(found.opportunity_id, customer_id) for found in page.items if not but(found)]
            yield from self.batch_get(keys).values()
            cursor = page.next_cursor
            if cursor is None:
                return


def _with_lines(opportunity: Opportunity, lines: tuple[Line, ...]) -> Opportunity:
    return opportunity.model_copy(update={"lines": lines})


def idle_since(now: datetime, days: int) -> datetime:
    """Return the instant before which an open opportunity was changed for the last time that is idle for days."""
    return now - timedelta(days=days)
