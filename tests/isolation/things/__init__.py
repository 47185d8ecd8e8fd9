"""What a tenant can have, by service: how each thing is made, and what nobody has in its place.

A service's module gives:

- ``MAKERS``: name -> how the thing is made, through the API. All but the ids are made up.
- ``NEVER``: name -> how a thing of that kind would be called which nobody has, from a mark, where it is no id.
- ``more``: what else a complete estate has, so that every list has a second page and every derived row is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from things import activities, auth, customers, jobs, pipeline, sync

if TYPE_CHECKING:
    from estate import Estate

_SERVICES = (customers, auth, pipeline, activities, jobs, sync)

MAKERS: Mapping[str, Callable[[Estate], str]] = {
    name: make for service in _SERVICES for name, make in service.MAKERS.items()
}
NEVER: Mapping[str, Callable[[str], str]] = {
    name: make for service in _SERVICES for name, make in service.NEVER.items()
}
FRESH = frozenset({"fresh_lead"})
"""What is used up by a call that succeeds, so that each call gets a new one."""
NOT_SECRET = frozenset({"owner", "team", "own_team"})
"""What two tenants may share without knowing of each other."""


def make_more(estate: Estate) -> None:
    """Make what else a complete estate has."""
    for service in _SERVICES:
        service.more(estate)
