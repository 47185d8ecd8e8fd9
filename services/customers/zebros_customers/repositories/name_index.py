"""The words of customers' names, for the search by the beginning of any word.

A word is a row under its first letter, so a search reads one range of one partition. Which words a customer stands
under is kept with the version that they were taken from, and both change in one transaction: events that come late or
twice change nothing, and no word stays behind. That there are none is known as long as a customer can be restored.
"""

from dataclasses import dataclass

from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.schema import BESIDE_TOMBSTONE_TTL_SECONDS
from zebros_core.dynamodb.store import TenantStore
from zebros_core.dynamodb.transaction import TransactionBuilder
from zebros_core.errors import ConflictError
from zebros_customers.repositories.keys import LOOKUP_TABLE

_SORT_KEY = "-"
_MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class NameHit:
    """A word that begins as asked, and the customer that has it."""

    word: str
    id: str


@dataclass(frozen=True, slots=True)
class IndexedName:
    """The words under which a customer stands, and the version of it that they were taken from."""

    version: int
    words: list[str]


class NameIndex:
    """One tenant's index of names."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def page(self, prefix: str, *, query: str, limit: int, cursor: str | None) -> Page[NameHit]:
        """Return a page of the words that begin with `prefix`, in one Query; the cursor is good for `query` only."""
        page = self._lookup.query(
            ("word", prefix[0]), sk_prefix=prefix, limit=limit, cursor=cursor, visibility_key=query
        )
        return Page([NameHit(*row["sk"].rsplit("#", 1)) for row in page.items], page.next_cursor)

    def indexed(self, id: str) -> IndexedName | None:
        """Return how a customer stands in the index, or None for one that never did, or has had no words for long."""
        row = self._lookup.get(("words", id), _SORT_KEY)
        return None if row is None else IndexedName(row["version"], row["words"])

    def put(self, id: str, version: int, words: list[str], *, again: bool = False) -> bool:
        """Index a customer under `words` as of `version`; False for a version that is not newer than the indexed one.

        `again` writes every word anew even if the version is indexed already: a repair. No words take the customer out
        of the index. Raises ConflictError when others change it again and again.
        """
        for _ in range(_MAX_ATTEMPTS):
            known = self.indexed(id)
            if known is not None and (known.version > version or (known.version == version and not again)):
                return False
            former = known.words if known else []
            transaction = TransactionBuilder(self._store)
            condition = {"version": known.version} if known else "absent"
            state = {"version": version, "words": words}
            # As long as a deleted customer can be restored; then no event of it can come any more.
            ends = None if words else BESIDE_TOMBSTONE_TTL_SECONDS
            transaction.include(
                self._lookup.put_op(("words", id), _SORT_KEY, state, condition=condition, ttl_seconds=ends)
            )
            transaction.include(
                *(
                    self._lookup.put_op(("word", word[0]), f"{word}#{id}", {})
                    for word in words
                    if again or word not in former
                ),
                *(
                    self._lookup.delete_op(("word", word[0]), f"{word}#{id}")
                    for word in former
                    if word not in words
                ),
            )
            try:
                transaction.commit()
            except ConflictError:
                continue
            return True
        raise ConflictError("the name index of a customer changes faster than it can be written")
