"""Who asks, and what may be on their device."""

from __future__ import annotations

from zebros_core.auth.permissions import Visibility
from zebros_core.errors import ForbiddenError
from zebros_sync.domain.errors import PersonDeactivatedError
from zebros_sync.domain.people import DEACTIVATED
from zebros_sync.domain.reading import Reading
from zebros_sync.domain.sight import Sight
from zebros_sync.settings import PEOPLE
from zebros_sync.use_cases.workspace import Workspace

__all__ = ["check_person", "sight_of"]


def check_person(workspace: Workspace) -> None:
    """Raise PersonDeactivatedError for somebody who was deactivated: their token may live for some minutes yet."""
    key = (PEOPLE, workspace.context.user_id)
    known = workspace.log.states([key]).get(key)
    if known is not None and (known.gone or known.record().get("status") == DEACTIVATED):
        raise PersonDeactivatedError


def sight_of(workspace: Workspace, reading: Reading | None = None) -> Sight:
    """Return what the caller may see of each entity that their client can read."""
    entities = reading.readable if reading is not None else frozenset(workspace.schemas.all())
    visibilities: dict[str, Visibility] = {}
    for entity in sorted(entities):
        try:
            visibilities[entity] = workspace.visibility(entity, "read")
        except ForbiddenError:
            continue  # not there for them, like the records of it
    return Sight(workspace.context, visibilities)
