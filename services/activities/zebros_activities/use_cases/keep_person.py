"""Keep a copy of what this service needs of people."""

from __future__ import annotations

from typing import Any, cast

from zebros_activities.domain.people import NOTHING_CHOSEN, Person
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.messaging import EntityChanged


def keep_person(workspace: Workspace, change: EntityChanged) -> None:
    """Keep name, address and time zone of somebody as of a change; an older one changes nothing."""
    snapshot = change.snapshot or {}
    preferences = cast("dict[str, Any]", snapshot.get("preferences") or {})
    chosen = preferences.get("timeZone")
    workspace.people.keep(
        Person(
            user_id=change.id,
            version=change.version,
            name=str(snapshot.get("name", "")),
            email=str(snapshot.get("email", "")),
            time_zone=None if chosen == NOTHING_CHOSEN else chosen,
        )
    )
