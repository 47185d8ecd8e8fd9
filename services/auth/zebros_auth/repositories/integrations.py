"""Integrations: one partition of the lookup table."""

from zebros_auth.domain.integration import Integration
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import ConflictError, IdempotencyKeyReusedError, NotFoundError, VersionMismatchError

_PARTITION = ("integrations",)
_KEYS = ("integration-keys",)


class IntegrationRepository:
    """One tenant's integrations."""

    def __init__(self, store: TenantStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def new_id(self, route: str, key: str | None) -> str:
        """Return the id of a new integration: the same for the same idempotency key."""
        return self._store.new_id() if key is None else self._store.derived_id(route, key)

    def claim(self, integration_id: str, fingerprint: str) -> None:
        """Hold an id that was derived from an idempotency key to one request.

        Raises IdempotencyKeyReusedError for another request, ConflictError when what it made was removed since.
        """
        if self._lookup.put(_KEYS, integration_id, {"fingerprint": fingerprint}, condition="absent"):
            return
        claimed = self._lookup.get(_KEYS, integration_id) or {}
        if claimed.get("fingerprint") != fingerprint:
            raise IdempotencyKeyReusedError
        if claimed.get("removed"):
            raise ConflictError("What was made under this Idempotency-Key has been removed since.")

    def get(self, integration_id: str) -> Integration:
        """Return an integration. Raises NotFoundError."""
        integration = self.find(integration_id)
        if integration is None:
            raise NotFoundError("integration", integration_id)
        return integration

    def find(self, integration_id: str) -> Integration | None:
        """Return an integration, or None."""
        row = self._lookup.get(_PARTITION, integration_id)
        return None if row is None else Integration.model_validate(row)

    def add(self, integration: Integration) -> None:
        """Store a new integration; one that is there stays as it is."""
        self._lookup.put(_PARTITION, integration.integration_id, _row(integration), condition="absent")

    def save(self, integration: Integration, *, previous: Integration) -> Integration:
        """Store a changed integration over the one that was read. Raises VersionMismatchError for a lost race."""
        stored = integration.model_copy(update={"version": previous.version + 1})
        condition = {"version": previous.version}
        if not self._lookup.put(_PARTITION, stored.integration_id, _row(stored), condition=condition):
            raise VersionMismatchError(stored.version)
        return stored

    def remove(self, integration_id: str) -> None:
        """Remove an integration; none there is no error."""
        claimed = self._lookup.get(_KEYS, integration_id)
        if claimed is not None:
            self._lookup.put(_KEYS, integration_id, {**claimed, "removed": True})
        self._lookup.delete(_PARTITION, integration_id)

    def page(self, *, limit: int, cursor: str | None) -> Page[Integration]:
        """Return a page of integrations by id, which is by age. One Query."""
        page = self._lookup.query(_PARTITION, limit=limit, cursor=cursor)
        items = [
            Integration.model_validate({name: value for name, value in row.items() if name != "sk"})
            for row in page.items
        ]
        return Page(items, page.next_cursor)


def _row(integration: Integration) -> dict[str, object]:
    return integration.model_dump(mode="json", by_alias=True, exclude_none=True)
