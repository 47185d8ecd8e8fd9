"""Contacts."""

from __future__ import annotations

from typing import Unpack

from zebros.calls import contacts as calls
from zebros.calls.contacts import ContactFields
from zebros.listing import Listing
from zebros.models import Contact
from zebros.resources.collection import Collection
from zebros.resources.executor import Executor

__all__ = ["Contacts"]


class Contacts(Collection[Contact]):
    """`client.contacts`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.ROUTES)

    def create(
        self,
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
        **fields: Unpack[ContactFields],
    ) -> Contact:
        """Create a contact. Raises DuplicateError when one with this e-mail exists."""
        call = self._routes.create(
            fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
        )
        return self._client.execute(call)

    def list(
        self, *, email: str | None = None, owner: str | None = None, page_size: int | None = None
    ) -> Listing[Contact]:
        """All contacts that match, fetched page by page as they are read."""
        return Listing(self._routes.list(email=email, owner=owner, limit=page_size), self._client.execute)
