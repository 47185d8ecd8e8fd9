"""All records of a kind, page by page, each once: from the first to the last, whatever happens meanwhile.

Two passes over the owner's index of records by creation. The first takes those made before the reading began, less a
minute, in which the index may be late; the second those made since, until a minute after it begins, so that it ends
however much is being made. A record's time of creation never changes: each is in one pass only, and nothing has to be
remembered of those already given. Each is read strongly when its page comes: it is given as it is then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from zebros_core.bulk.client import BulkDoorClient

__all__ = ["Pass", "Place", "read_page"]

_INDEX_LAG: Final = timedelta(minutes=1)


class Pass(StrEnum):
    """Which records are read."""

    OLDER = "older"
    NEWER = "newer"
    OVER = "over"


@dataclass(slots=True)
class Place:
    """Where a reading is in its records: in which pass, behind which page.

    `split` divides the passes by the records' creation, `until` ends the second. `seen` records were looked at.
    """

    at: Pass
    cursor: str | None
    split: datetime
    until: datetime | None = None
    seen: int = 0

    @classmethod
    def first(cls, now: datetime) -> Place:
        """Return the beginning of a reading that begins now."""
        return cls(Pass.OLDER, None, now - _INDEX_LAG)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Place:
        """Return the place that a checkpoint says."""
        return cls(
            Pass(state["at"]),
            state["cursor"],
            datetime.fromisoformat(state["split"]),
            datetime.fromisoformat(state["until"]) if state["until"] else None,
            state["seen"],
        )

    @property
    def state(self) -> dict[str, Any]:
        """Return the place as JSON values."""
        return {
            "at": self.at.value,
            "cursor": self.cursor,
            "split": self.split.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "seen": self.seen,
        }

    @property
    def end(self) -> datetime:
        """Return the instant from which on records are not of the present pass."""
        return self.split if self.until is None else self.until

    def has(self, created_at: datetime) -> bool:
        """Tell whether a record made then is of the present pass."""
        return created_at < self.end and (self.at is Pass.OLDER or self.split <= created_at)


def read_page(
    door: BulkDoorClient,
    entity: str,
    place: Place,
    *,
    limit: int,
    now: datetime,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return the records of the next page that are of the present pass, and move the place behind the page.

    `since` leaves out those made before. At the end `place.at` is `Pass.OVER`; a page may be empty before.
    """
    if place.at is Pass.NEWER:
        since = place.split if since is None else max(place.split, since)
    page = door.export(entity, limit=limit, cursor=place.cursor, since=since)
    made = [(datetime.fromisoformat(record["createdAt"]), record) for record in page["items"]]
    own = [record for created_at, record in made if place.has(created_at)]
    place.seen += len(own)
    place.cursor = page["nextCursor"]
    # The oldest come first: behind a page of none but younger ones are none of this pass.
    beyond = bool(made) and all(created_at >= place.end for created_at, _ in made)
    if place.cursor is None or beyond:
        place.cursor = None
        if place.at is Pass.OLDER:
            place.at, place.until = Pass.NEWER, now + _INDEX_LAG
        else:
            place.at = Pass.OVER
    return own
