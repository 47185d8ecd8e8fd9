"""Contacts: the access patterns of the table."""

from collections.abc import Mapping

from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import UniqueRepository
from zebros_customers.domain.contact import Contact
from zebros_customers.repositories.keys import CONTACTS

_INDEX_OF_FILTER = {"email": "email", "ownerId": "owner", "teamId": "team"}


class ContactRepository(UniqueRepository[Contact], ExportedRepository[Contact]):
    """One tenant's contacts."""

    schema = CONTACTS

    def page(
        self,
        filters: Mapping[str, str],
        limits: Mapping[str, str],
        *,
        descending: bool,
        limit: int,
        cursor: str | None,
        visibility_key: str,
    ) -> Page[Contact]:
        """Return a page of contacts that match all of `filters` (the caller's wish) and `limits` (their sight)."""
        wanted = {**limits, **filters}
        first = next((name for name in _INDEX_OF_FILTER if name in wanted), None)
        return self._page(
            _INDEX_OF_FILTER[first] if first else "created",
            wanted[first] if first else None,
            limit=limit,
            cursor=cursor,
            query_name="contacts",
            filters={name: value for name, value in wanted.items() if name != first},
            descending=descending,
            visibility_key=visibility_key,
        )

    def page_by_customer(self, customer_id: str, *, limit: int, cursor: str | None) -> Page[Contact]:
        """Return a page of a customer's contacts by last and first name."""
        return self._page(
            "customer", customer_id, limit=limit, cursor=cursor, query_name="contacts-by-customer"
        )
