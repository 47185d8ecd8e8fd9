"""What the groups of a report are called: owners, teams and products by their names, what has none by that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.ids import is_id
from zebros_jobs.domain.reports.request import Dimension

__all__ = ["labels_of"]

Door = Callable[[str], BulkDoorClient]

_NONE: Final[Mapping[Dimension, str]] = {
    Dimension.OWNER: "No owner",
    Dimension.TEAM: "No team",
    Dimension.REGION: "No region",
    Dimension.PRODUCT: "No product",
    Dimension.INDUSTRY: "No industry",
    Dimension.SOURCE: "No source",
    Dimension.TYPE: "No type",
}
_TYPES: Final[Mapping[str, str]] = {
    "call": "Calls",
    "meeting": "Meetings",
    "task": "Tasks",
    "note": "Notes",
    "email": "E-mails",
}


def labels_of(
    door: Door, dimension: Dimension | None, members: Collection[str | None]
) -> Callable[[str | None], str]:
    """Return what says how each of these members is called; who is no longer there goes by the id."""
    ids = sorted(member for member in members if member is not None)
    names: Mapping[str, str] = {}
    match dimension:
        case Dimension.OWNER:
            users = door("auth").read("user", ids) if ids else []
            names = {user["userId"]: user["name"] for user in users}
        case Dimension.TEAM:
            names = _teams(door("auth")) if ids else {}
        case Dimension.PRODUCT:
            known = [id for id in ids if is_id(id)]
            products = door("pipeline").read("product", known) if known else []
            names = {product["productId"]: product["name"] for product in products}
        case Dimension.TYPE:
            names = _TYPES
        case _:
            pass
    nobody = _NONE[dimension] if dimension is not None else ""
    return lambda member: nobody if member is None else names.get(member, member)


def _teams(door: BulkDoorClient) -> dict[str, str]:
    names: dict[str, str] = {}
    cursor: str | None = None
    while True:
        page = door.call("teams", **({"cursor": cursor} if cursor else {}))
        names |= {team["teamId"]: team["name"] for team in page["items"]}
        cursor = page["nextCursor"]
        if cursor is None:
            return names
