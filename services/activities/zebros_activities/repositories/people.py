"""Copies of people's names, addresses and time zones: a row each, never older than it was."""

from __future__ import annotations

from zebros_activities.domain.people import Person
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.privacy.marks import ERASED_VERSION

_SORT_KEY = "-"


class PersonRepository:
    """One tenant's people."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def find(self, user_id: str) -> Person | None:
        """Return what is known of somebody, or None."""
        row = self._lookup.get(("person", user_id), _SORT_KEY)
        return None if row is None else Person.model_validate({"userId": user_id, **row})

    def keep(self, person: Person) -> bool:
        """Store what a version says; False where a version is known that is not older."""
        row = person.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"user_id"})
        while True:
            known = self.find(person.user_id)
            if known is not None and known.version >= person.version:
                return False
            condition = {"version": known.version} if known else "absent"
            if self._lookup.put(("person", person.user_id), _SORT_KEY, row, condition=condition):
                return True

    def erase(self, user_id: str) -> None:
        """Forget somebody for good: no event is newer than what is kept from then on, which is nothing."""
        row = {"version": ERASED_VERSION, "name": "", "email": ""}
        self._lookup.put(("person", user_id), _SORT_KEY, row)
