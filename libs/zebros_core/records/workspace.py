"""What use cases work with: one caller's rights and the repositories of that caller's tenant.

A service's workspace is a subclass with its repositories as fields; it is made for each request by the service's
composition root.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from zebros_core.auth.permissions import Rights, Visibility, can_see
from zebros_core.clock import Clock
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.repository import Created, Repository
from zebros_core.errors import DuplicateError, ForbiddenError, NotFoundError
from zebros_core.records.custom import FieldDefinition, check_custom, custom_changed
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.tenancy import TenantContext

__all__ = ["Owned", "RecordWorkspace", "Saved"]

R = TypeVar("R")
T = TypeVar("T")


class Owned(Protocol):
    """A record that somebody owns, or a draft that may say who is to."""

    @property
    def owner_id(self) -> str | None: ...
    @property
    def team_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Saved(Generic[R]):
    """A record after an update, and whether the update changed anything."""

    record: R
    changed: bool


@dataclass(frozen=True, slots=True)
class RecordWorkspace:
    """One caller's access to one tenant. `records` has the repository of each entity.

    A record that nobody owns (it has no `owner_id`) is within the visibility `all` only. `definitions` gives the custom
    fields that the tenant has defined for an entity.
    """

    context: TenantContext
    rights: Rights
    clock: Clock
    receipts: ReceiptRepository
    history: HistoryRepository
    records: Mapping[str, Repository[Any]]
    definitions: Callable[[str], Iterable[FieldDefinition]]

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()

    def visibility(self, entity: str, action: str) -> Visibility:
        """Return whose records of `entity` the caller may do `action` to. Raises ForbiddenError for none."""
        return self.rights.check(self.context, entity, action)

    def may(self, entity: str, action: str, record: Any) -> bool:
        """Tell whether the record is within the caller's reach for `action`. Raises ForbiddenError for no reach."""
        owner_id, team_id = owner_and_team_of(record)
        return can_see(self.visibility(entity, action), self.context, owner_id, team_id)

    def readable(self, entity: str, page: Page[T]) -> Page[T]:
        """Return a page without what the caller may not see; its cursor stays."""
        return Page([found for found in page.items if self.may(entity, "read", found)], page.next_cursor)

    def ensure_readable(self, entity: str, id: str, record: Any) -> None:
        """Raise NotFoundError unless the caller may see the record: a hidden one looks missing."""
        if not self.may(entity, "read", record):
            raise NotFoundError(entity, id)

    def ensure_allowed(self, entity: str, id: str, record: Any, action: str) -> None:
        """Raise NotFoundError for a record that the caller may not see, ForbiddenError for one out of reach."""
        self.ensure_readable(entity, id, record)
        self.ensure_assignable(entity, *owner_and_team_of(record), action)

    def ensure_assignable(
        self, entity: str, owner_id: str | None, team_id: str | None, action: str = "write"
    ) -> None:
        """Raise ForbiddenError unless records of this owner and team are within the caller's reach."""
        if not can_see(self.visibility(entity, action), self.context, owner_id, team_id):
            raise ForbiddenError(
                f"your roles do not allow to {action} {entity} records of this owner and team"
            )

    def owner_and_team(self, draft: Owned) -> tuple[str, str | None]:
        """Return who is to own a new record: whom the draft names, or the caller, whose team then goes with it."""
        own = draft.owner_id in {None, self.context.user_id}
        return draft.owner_id or self.context.user_id, draft.team_id or (
            self.context.team_id if own else None
        )

    def created(self, entity: str, created: Created[Any]) -> Created[Any]:
        """Return what a create gave. Raises ForbiddenError where a repeated one finds its record out of sight."""
        if created.replayed and not self.may(entity, "read", created.entity):
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

    def check_custom(
        self, entity: str, values: Mapping[str, Any], former: Mapping[str, Any] | None = None
    ) -> None:
        """Check custom values; the definitions are read only when a value is new or has changed.

        Raises ValidationError naming each wrong field.
        """
        if custom_changed(values, former):
            check_custom(values, self.definitions(entity), former=former)

    def _may_see(self, entity: str, id: str) -> bool:
        if self.visibility(entity, "read") is Visibility.ALL:
            return True
        record = self.records[entity].find_any(id)
        return record is not None and self.may(entity, "read", record)


def owner_and_team_of(record: Any) -> tuple[str | None, str | None]:
    """Return owner and team of a record; None for one of an entity that nobody owns."""
    return getattr(record, "owner_id", None), getattr(record, "team_id", None)
