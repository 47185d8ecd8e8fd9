"""What this service knows of the people of a tenant, from the auth service's events."""

from __future__ import annotations

from typing import Final

from zebros_core.values import Value

NOTHING_CHOSEN: Final = "UTC"
"""What a person's time zone is before they choose one. Somebody who lives by it asks for it in the query."""


class Person(Value):
    """A copy of somebody's record, as of a version of it."""

    user_id: str
    version: int
    name: str
    email: str
    time_zone: str | None = None
    """None: nothing chosen."""
