"""Marks of changes that reach two stores, so that one which stopped half-way is found and finished."""

from datetime import datetime

from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.store import TenantStore

_PARTITION = ("changes",)
_LIMIT = 100


class ChangeMarks:
    """One tenant's unfinished changes of people, by user id or e-mail address."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._clock = store.access.clock

    def begin(self, who: str) -> None:
        """Mark a change before its first half."""
        self._lookup.put(_PARTITION, who, self._row())

    def begin_op(self, who: str) -> WriteOp:
        """The same, to be part of the transaction that is the first half."""
        return self._lookup.put_op(_PARTITION, who, self._row())

    def clear(self, who: str) -> None:
        """Forget a mark: both halves are done, or neither."""
        self._lookup.delete(_PARTITION, who)

    def has(self, who: str) -> bool:
        """Tell whether a change is not whole yet."""
        return self._lookup.get(_PARTITION, who) is not None

    def older_than(self, instant: datetime) -> list[str]:
        """Return whose changes began before `instant` and are not whole; at most 100 at a time."""
        page = self._lookup.query(_PARTITION, limit=_LIMIT)
        return [row["sk"] for row in page.items if datetime.fromisoformat(row["since"]) < instant]

    def _row(self) -> dict[str, str]:
        return {"since": self._clock.now().isoformat()}
