"""What makers of several services share: deleted things, and external ids that something has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estate import Estate

Make = Callable[["Estate"], str]


def deleted(path: str, make: Make) -> Make:
    """Return the maker of a thing that is in the trash."""

    def maker(estate: Estate) -> str:
        id = make(estate)
        estate.send("DELETE", f"{path}/{id}")
        return id

    return maker


def external_ids(make: Callable[..., Any], *names: str) -> dict[str, Make]:
    """Return makers of external ids, each of which a record of its own has."""

    def kept_by(name: str) -> Make:
        def maker(estate: Estate) -> str:
            external_id = f"{estate.mark}-{name}"
            make(estate, externalId=external_id)
            return external_id

        return maker

    return {name: kept_by(name) for name in names}


def never_external_ids(*names: str) -> dict[str, Callable[[str], str]]:
    """Return external ids that nothing has."""
    return {name: (lambda kind: lambda mark: f"{mark}-{kind}")(name) for name in names}


def free(name: str, count: int) -> tuple[str, ...]:
    """Return the names of external ids that others try to take for themselves, each in one operation."""
    return tuple(f"{name}_{number}" for number in range(1, count + 1))
