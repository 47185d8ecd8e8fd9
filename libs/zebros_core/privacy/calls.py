"""The privacy verbs of a bulk door, as they cross the wire. Only our own machinery may call them.

==========  ======================================  ===============================================================
verb        call                                    answer
==========  ======================================  ===============================================================
`identify`  `subject`                               `subject`: with what else this service knows to be theirs
`collect`   `subject`, `cursor`                     `items` (`CollectedItem`), `nextCursor`: null at the end
`erase`     `subject`, `requestId`, `held`,         `done`, `resume`, `waitSeconds`, `counts` by store, `kept`
            `resume`
==========  ======================================  ===============================================================

Every call works for some seconds and says where to go on; any of them may be repeated at any time. `counts` are of the
request so far, `kept` (`KeptItem`) of one call. With `waitSeconds` above 0 nothing can be done before.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_core.bulk.calls import SignedCall
from zebros_core.http.wire import WireModel
from zebros_core.privacy.steps import Place
from zebros_core.privacy.subject import Subject

__all__ = [
    "CollectCall",
    "CollectedFile",
    "CollectedItem",
    "EraseCall",
    "ErasureAnswer",
    "ErasureResume",
    "IdentifyCall",
    "KeptItem",
]

MAX_LATE = 200
"""Records whose newest events may not have arrived yet, and that are looked at again at the end."""

MAX_HELD = 100


class IdentifyCall(SignedCall):
    """`identify`: what else is this person's."""

    verb: Literal["identify"]
    subject: Subject


class CollectCall(SignedCall):
    """`collect`: a page of everything on this person."""

    verb: Literal["collect"]
    subject: Subject
    cursor: Annotated[str | None, Field(max_length=8192)] = None


class CollectedFile(WireModel):
    """A file of the person, in the bucket of a purpose."""

    bucket: str
    key: str
    name: str
    content_type: str | None = None
    size_bytes: int | None = None
    etag: str | None = None


class CollectedItem(WireModel):
    """One record or row that is about the person, or names them.

    `store` is a table's base name, `objects:{purpose}` or the name of another store. `state` tells a record that is in
    the trash. `classification` says of each field of `data`, by wire name, whether it is personal, business or the
    system's.
    """

    store: str
    entity: str
    id: str
    state: Literal["live", "trash"] | None = None
    data: dict[str, Any]
    classification: dict[str, str] = {}  # noqa: RUF012 - pydantic copies defaults
    files: list[CollectedFile] = []  # noqa: RUF012


class ErasureResume(WireModel):
    """How far an erasure came: ids and cursors, and no personal value."""

    place: Place
    counts: dict[str, int] = {}  # noqa: RUF012
    late: Annotated[list[tuple[str, str, int]], Field(max_length=MAX_LATE)] = []  # noqa: RUF012
    """Entity, id and version of records that are looked at again at the end."""
    not_before: datetime | None = None
    """When what ends by itself has ended."""


class EraseCall(SignedCall):
    """`erase`: go on with the erasure of this person.

    `held` are records, as entity and id, that a legal hold keeps exactly as they are, whatever they say.
    """

    verb: Literal["erase"]
    subject: Subject
    request_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    held: Annotated[list[tuple[str, str]], Field(max_length=MAX_HELD)] = []  # noqa: RUF012
    resume: ErasureResume | None = None


class KeptItem(WireModel):
    """What lawfully stays, why, and until when; no date where its end is not known yet. Without an id it is a kind."""

    store: str
    entity: str
    id: str | None = None
    why: str
    until: date | None = None


class ErasureAnswer(WireModel):
    """What `erase` answers."""

    done: bool
    resume: ErasureResume | None
    wait_seconds: int = 0
    counts: dict[str, int]
    kept: list[KeptItem]
