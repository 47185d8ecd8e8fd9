"""How far our own recurring work has come: rows of the platform's own part of the lookup table."""

from datetime import datetime

from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore

_PARTITION = ("progress",)


class Progress:
    """Instants by the name of the work. `store` is bound to the platform."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def get(self, work: str) -> datetime | None:
        """Return until when the work is done; None before the first time."""
        row = self._lookup.get(_PARTITION, work)
        return datetime.fromisoformat(row["until"]) if row else None

    def put(self, work: str, until: datetime) -> None:
        """Note until when the work is done."""
        self._lookup.put(_PARTITION, work, {"until": until.isoformat()})
