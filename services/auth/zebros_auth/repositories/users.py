"""Users: the access patterns of the table."""

from collections.abc import Iterator, Mapping
from typing import Any

from zebros_auth.domain.user import Role, User, UserStatus
from zebros_auth.repositories.keys import USERS
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository

_INDEX_OF_FILTER = {"email": "email", "teamId": "team", "role": "role"}
_EMAIL_GUARD = "email"
_ADMINS = ("admins",)
_ROW = "-"
_PAGE = 100


class UserRepository(ExportedRepository[User]):
    """One tenant's people."""

    schema = USERS

    def enrol(self, user: User) -> User:
        """Store somebody new. Raises DuplicateError naming who has the e-mail address already."""
        guard = self._guards().put_guard(_EMAIL_GUARD, user.email, entity="user", id=user.user_id)
        return self.add(user, guard)

    def active_admins(self) -> list[User]:
        """Return the tenant's admins who are not deactivated: found by the index, then read strongly."""
        found = self.batch_get(user.user_id for user in self.all({"role": Role.TENANT_ADMIN}))
        return [
            user
            for user in found.values()
            if user.role is Role.TENANT_ADMIN and user.status is not UserStatus.DEACTIVATED
        ]

    def admins_counted(self) -> int:
        """Return how often admins were taken away; to be given to `admin_removed`."""
        row = self._guards().get(_ADMINS, _ROW)
        return int(row["removed"]) if row else 0

    def admin_removed(self, counted: int) -> WriteOp:
        """One admin less, to be part of the transaction; ConflictError when another one went since `counted`."""
        condition: Any = {"removed": counted} if counted else "absent"
        return self._guards().put_op(_ADMINS, _ROW, {"removed": counted + 1}, condition=condition)

    def find_by_email(self, email: str) -> User | None:
        """Return who has this address (in its compared form), or None. Strongly consistent."""
        user_id = self._guards().guarded_id(_EMAIL_GUARD, email)
        return None if user_id is None else self.find(user_id)

    def forget(self, user: User, actor: str | None = None) -> User:
        """Move somebody's record to the trash and free the address."""
        return self.remove(
            user, actor, extra=[self._guards().delete_guard(_EMAIL_GUARD, user.email, id=user.user_id)]
        )

    def page(
        self, filters: Mapping[str, str], *, limit: int, cursor: str | None, visibility_key: str
    ) -> Page[User]:
        """Return a page of people that match all of `filters` (stored names), by when they were added."""
        first = next((name for name in _INDEX_OF_FILTER if name in filters), None)
        return self._page(
            _INDEX_OF_FILTER[first] if first else "created",
            filters[first] if first else None,
            limit=limit,
            cursor=cursor,
            query_name="users",
            filters={name: value for name, value in filters.items() if name != first},
            visibility_key=visibility_key,
        )

    def all(self, filters: Mapping[str, str] | None = None) -> Iterator[User]:
        """Yield everybody that matches, a page at a time."""
        cursor: str | None = None
        while True:
            page = self.page(filters or {}, limit=_PAGE, cursor=cursor, visibility_key="all")
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
