"""Integrations: one partition of the lookup table."""

from zebros_auth.domain.integration import Integration
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import NotFoundError

_PARTITION = ("integrations",)


class IntegrationRepository:
    """One tenant's integrations."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def new_id(self, route: str, key: str | None) -> str:
        """Return the id of a new integration: the same for the same idempotency key."""
        return self._store.new_id() if key is None else self._store.derived_id(route, key)

    def get(self, integration_id: str) -> Integration:
        """Return an integration. Raises NotFoundError."""
        row = self._lookup.get(_PARTITION, integration_id)
        if row is None:
            raise NotFoundError("integration", integration_id)
        return Integration.model_validate(row)

    def put(self, integration: Integration) -> None:
        """Store an integration as it stands."""
        row = integration.model_dump(mode="json", by_alias=True, exclude_none=True)
        self._lookup.put(_PARTITION, integration.integration_id, row)

    def remove(self, integration_id: str) -> None:
        """Remove an integration; none there is no error."""
        self._lookup.delete(_PARTITION, integration_id)

    def page(self, *, limit: int, cursor: str | None) -> Page[Integration]:
        """Return a page of integrations by id, which is by age. One Query."""
        page = self._lookup.query(_PARTITION, limit=limit, cursor=cursor)
        items = [
            Integration.model_validate({name: value for name, value in row.items() if name != "sk"})
            for row in page.items
        ]
        return Page(items, page.next_cursor)
