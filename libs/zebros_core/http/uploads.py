"""How uploads look on the wire, whatever is uploaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from zebros_core.http.wire import WireModel

if TYPE_CHECKING:
    from zebros_core.storage.announced import UploadTicket
    from zebros_core.storage.multipart import UploadedPart

__all__ = ["ArrivedPart", "ArrivedPartsBody", "PartsRequest", "SignedPart", "SignedPartsBody", "UploadBody"]

PartNumber = Annotated[int, Field(ge=1, le=10_000)]


class UploadBody(WireModel):
    """How to send the file. `method` is `POST` for one multipart/form-data request to `url` with `fields` first and the
    file last, or `multipart` for parts of `partSizeBytes` each, whose URLs are asked for.
    """

    method: str
    url: str | None = None
    fields: dict[str, str] | None = None
    part_size_bytes: int | None = None

    @classmethod
    def of(cls, ticket: UploadTicket) -> UploadBody:
        """Return the body of what an upload needs."""
        if ticket.form is None:
            return cls(method="multipart", part_size_bytes=ticket.part_size_bytes)
        return cls(method="POST", url=ticket.form.url, fields=dict(ticket.form.fields))


class PartsRequest(WireModel):
    """The parts to send next."""

    part_numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=100)]


class SignedPart(WireModel):
    """Where to PUT a part."""

    part_number: int
    url: str


class SignedPartsBody(WireModel):
    """Where to PUT parts; each URL takes exactly that part's size and is good for an hour."""

    urls: list[SignedPart]

    @classmethod
    def of(cls, signed: Iterable[tuple[int, str]]) -> SignedPartsBody:
        """Return the body of parts' numbers and URLs."""
        return cls(urls=[SignedPart(part_number=number, url=url) for number, url in signed])


class ArrivedPart(WireModel):
    """A part that has arrived."""

    part_number: int
    size_bytes: int


class ArrivedPartsBody(WireModel):
    """The parts that have arrived: an interrupted upload goes on with the others."""

    items: list[ArrivedPart]

    @classmethod
    def of(cls, arrived: Iterable[UploadedPart]) -> ArrivedPartsBody:
        """Return the body of the parts that have arrived."""
        return cls(
            items=[ArrivedPart(part_number=part.number, size_bytes=part.size_bytes) for part in arrived]
        )
