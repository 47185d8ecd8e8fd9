"""What a use case works with: one caller's rights and the repositories of that caller's tenant."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from zebros_core.auth.permissions import Rights, Visibility, can_see
from zebros_core.clock import Clock
from zebros_core.dynamodb.repository import Created, Page
from zebros_core.errors import DuplicateError, ForbiddenError, NotFoundError
from zebros_core.storage import MultipartUploads, ObjectStore
from zebros_core.tenancy import TenantContext
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.custom_field import FieldEntity, check_custom
from zebros_customers.domain.customer import Customer
from zebros_customers.repositories.contacts import ContactRepository
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.repositories.documents import DocumentRepository
from zebros_customers.repositories.fields import FieldRepository
from zebros_customers.repositories.history import HistoryRepository
from zebros_customers.repositories.merges import MergeRepository
from zebros_customers.repositories.name_index import NameIndex
from zebros_customers.repositories.receipts import ReceiptRepository

C = TypeVar("C", Customer, Contact)
R = TypeVar("R")


class Owned(Protocol):
    """A record that somebody owns."""

    @property
    def owner_id(self) -> str: ...
    @property
    def team_id(self) -> str | None: ...


S = TypeVar("S", bound=Owned)


@dataclass(frozen=True, slots=True)
class Saved(Generic[R]):
    """A record after an update, and whether the update changed anything."""

    record: R
    changed: bool


@dataclass(frozen=True, slots=True)
class Workspace:
    """One caller's access to one tenant. Made for each request by the composition root."""

    context: TenantContext
    rights: Rights
    clock: Clock
    customers: CustomerRepository
    contacts: ContactRepository
    documents: DocumentRepository
    fields: FieldRepository
    history: HistoryRepository
    merges: MergeRepository
    receipts: ReceiptRepository
    names: NameIndex
    objects: ObjectStore
    uploads: MultipartUploads

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def visibility(self, entity: str, action: str) -> Visibility:
        """Return whose records of `entity` the caller may do `action` to. Raises ForbiddenError for none."""
        return self.rights.check(self.context, entity, action)

    def readable(self, entity: str, page: Page[S]) -> Page[S]:
        """Return a page without what the caller may not see; its cursor stays."""
        visibility = self.visibility(entity, "read")
        shown = [
            found for found in page.items if can_see(visibility, self.context, found.owner_id, found.team_id)
        ]
        return Page(shown, page.next_cursor)

    def ensure_readable(self, entity: str, id: str, record: Owned) -> None:
        """Raise NotFoundError unless the caller may see the record: a hidden one looks missing."""
        if not can_see(self.visibility(entity, "read"), self.context, record.owner_id, record.team_id):
            raise NotFoundError(entity, id)

    def ensure_allowed(self, entity: str, id: str, record: Owned, action: str) -> None:
        """Raise NotFoundError for a record that the caller may not see, ForbiddenError for one out of reach."""
        self.ensure_readable(entity, id, record)
        self.ensure_assignable(entity, record.owner_id, record.team_id, action)

    def ensure_assignable(
        self, entity: str, owner_id: str, team_id: str | None, action: str = "write"
    ) -> None:
        """Raise ForbiddenError unless records of this owner and team are within the caller's reach."""
        if not can_see(self.visibility(entity, action), self.context, owner_id, team_id):
            raise ForbiddenError(
                f"your roles do not allow to {action} {entity} records of this owner and team"
            )

    def created(self, entity: str, created: Created[C]) -> Created[C]:
        """Return what a create gave. Raises ForbiddenError where a repeated one finds its record out of sight."""
        record = created.entity
        if created.replayed and not can_see(
            self.visibility(entity, "read"), self.context, record.owner_id, record.team_id
        ):
            raise ForbiddenError(f"the {entity} that this request created was given to others since")
        return created

    @contextmanager
    def naming_only_visible(self) -> Generator[None]:
        """Take the records that the caller may not see out of a DuplicateError: their ids are not theirs to know."""
        try:
            yield
        except DuplicateError as error:
            named = [found for found in error.records if self._may_see(found["entity"], found["id"])]
            if len(named) == len(error.records):
                raise
            raise DuplicateError(named, error.detail) from error

    def _may_see(self, entity: str, id: str) -> bool:
        visibility = self.visibility(entity, "read")
        if visibility is Visibility.ALL:
            return True
        record = (self.customers if entity == "customer" else self.contacts).find_any(id)
        return record is not None and can_see(visibility, self.context, record.owner_id, record.team_id)

    def check_custom(
        self, entity: FieldEntity, values: Mapping[str, Any], former: Mapping[str, Any] | None = None
    ) -> None:
        """Check custom values; the definitions are read only when a value is new or has changed."""
        if any(name not in (former or {}) or (former or {})[name] != value for name, value in values.items()):
            check_custom(values, self.fields.of_entity(entity), former=former)
