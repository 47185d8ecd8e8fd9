"""Roles to permissions, as data: what may be done to which entity, and on whose records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol, cast

from zebros_core.errors import ForbiddenError
from zebros_core.tenancy import TenantContext


class Visibility(StrEnum):
    """Whose records a permission covers; each contains the ones below it."""

    ALL = "all"
    TEAM = "team"
    OWN = "own"


_WIDTH = {Visibility.OWN: 1, Visibility.TEAM: 2, Visibility.ALL: 3}


def narrowed(granted: Visibility, wanted: Visibility | None) -> Visibility:
    """Return the visibility that a caller asks for, or the granted one when they ask for none.

    Raises ForbiddenError for one that is wider than granted.
    """
    if wanted is None:
        return granted
    if _WIDTH[wanted] > _WIDTH[granted]:
        raise ForbiddenError(f"your roles show you no more than the view {granted.value}")
    return wanted


def can_see(
    visibility: Visibility, context: TenantContext, owner_id: str | None, team_id: str | None
) -> bool:
    """Tell whether a record of ``owner_id`` and ``team_id`` is within ``visibility`` for ``context``.

    A record without an owner and a team is within ``all`` only: what is unknown stays hidden.
    """
    if visibility is Visibility.ALL:
        return True
    if owner_id is not None and owner_id == context.user_id:
        return True
    return visibility is Visibility.TEAM and team_id is not None and team_id == context.team_id


def visibility_key(visibility: Visibility, context: TenantContext) -> str:
    """Return whose records a list holds: ``all``, ``team:{id}`` or ``own:{user}``.

    It is part of a list's cache key and cursor, so a list depends on this text alone: a team's list holds the
    records of that team, whoever in the team asks. Somebody without a team is shown what is theirs.
    """
    if visibility is Visibility.ALL:
        return "all"
    if visibility is Visibility.TEAM and context.team_id is not None:
        return f"team:{context.team_id}"
    return f"own:{context.user_id}"


_RECORD_SCOPE = "records:"


def record_scopes(context: TenantContext) -> frozenset[str] | None:
    """The scopes ``records:…`` to which a token is limited; None for one that has none, as people's."""
    return frozenset(scope for scope in context.scopes if scope.startswith(_RECORD_SCOPE)) or None


def in_scope(context: TenantContext, action: str) -> bool:
    """Tell whether the token's scopes let ``action`` pass, whatever the roles say.

    A token with any scope ``records:…`` is limited to those that it has: ``records:read``, ``records:export``,
    ``records:delete``, and ``records:write`` for every other action. One without, as people's are, is not limited.
    """
    limits = record_scopes(context)
    if limits is None:
        return True
    needed = action if action in {"read", "export", "delete"} else "write"
    return f"{_RECORD_SCOPE}{needed}" in limits


@dataclass(frozen=True)
class PermissionTable:
    """The role table: ``roles[role][entity][action]`` is a visibility; an absent entry grants nothing."""

    roles: Mapping[str, Mapping[str, Mapping[str, Visibility]]]

    @classmethod
    def load(cls, text: str | bytes) -> PermissionTable:
        """Read the table from JSON: ``{"roles": {role: {entity: {action: "all"|"team"|"own"}}}}``.

        Raises ValueError naming the entry that is wrong: a service must not start with half a table.
        """
        document: Any = json.loads(text)
        if not isinstance(document, dict) or "roles" not in document:
            raise ValueError("a permission table is an object with the member 'roles'")
        table = cast("dict[str, dict[str, dict[str, str]]]", document["roles"])
        roles: dict[str, dict[str, dict[str, Visibility]]] = {}
        for role, entities in table.items():
            roles[role] = {}
            for entity, actions in entities.items():
                try:
                    granted = {action: Visibility(name) for action, name in actions.items()}
                except (ValueError, AttributeError) as error:
                    raise ValueError(f"permissions of role {role!r} on {entity!r}: {error}") from error
                roles[role][entity] = granted
        return cls(roles)

    def check(self, context: TenantContext, entity: str, action: str) -> Visibility:
        """Return the widest visibility that any role of ``context`` gives; ForbiddenError when none gives
        any.
        """
        granted = self.granted(context, entity, action)
        if granted is None:
            what = "roles do" if in_scope(context, action) else "token's scopes do"
            raise ForbiddenError(f"your {what} not allow to {action} {entity} records")
        return granted

    def granted(self, context: TenantContext, entity: str, action: str) -> Visibility | None:
        """As :meth:`check`, with None instead of the error."""
        best: Visibility | None = None
        if not in_scope(context, action):
            return None
        for role in context.roles:
            found = self.roles.get(role, {}).get(entity, {}).get(action)
            if found is not None and (best is None or _WIDTH[found] > _WIDTH[best]):
                best = found
        return best

    def explain(self, context: TenantContext) -> dict[str, dict[str, dict[str, str]]]:
        """Return ``{entity: {action: {"visibility": ..., "role": ...}}}``: what ``context`` may do, and by
        which role.
        """
        explained: dict[str, dict[str, dict[str, str]]] = {}
        for role in sorted(context.roles & self.roles.keys()):
            for entity, actions in self.roles[role].items():
                known = explained.setdefault(entity, {})
                for action, visibility in actions.items():
                    if not in_scope(context, action):
                        continue
                    present = known.get(action)
                    if present is None or _WIDTH[visibility] > _WIDTH[Visibility(present["visibility"])]:
                        known[action] = {"visibility": visibility.value, "role": role}
        return explained


class Rights(Protocol):
    """The permission table, as use cases ask it."""

    def check(self, context: TenantContext, entity: str, action: str) -> Visibility:
        """Return whose records the caller may do this to. Raises ForbiddenError for none."""
        ...


class _Everything:
    """The rights of our own machinery."""

    def check(self, context: TenantContext, entity: str, action: str) -> Visibility:
        del context, entity, action
        return Visibility.ALL


EVERYTHING: Final[Rights] = _Everything()
"""What our own machinery works with: it may do everything in the tenant that it acts for."""
