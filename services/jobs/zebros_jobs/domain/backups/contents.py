"""What a backup holds, in the order in which it is written; a restore puts back in `RESTORED`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

__all__ = ["CONTENTS", "RESTORED", "TRASHED", "Content", "ContentKind"]


class ContentKind(StrEnum):
    """How a content is read and put back.

    Reference contents are kept to look things up in; nothing puts them back. Files are the objects of documents, mails
    what e-mails say, which the activities service keeps as objects.
    """

    SETTINGS = "settings"
    RECORDS = "records"
    REFERENCE = "reference"
    FILES = "files"
    MAILS = "mails"


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of things: whose it is, and for records of which entity."""

    name: str
    kind: ContentKind
    service: str
    entity: str = ""

    @property
    def has_records(self) -> bool:
        """Whether it is made of records, with the owner's ids and fields."""
        return self.kind in {ContentKind.RECORDS, ContentKind.REFERENCE}

    def id_of(self, line: Mapping[str, Any]) -> str:
        """Return what tells a line from the others of this content."""
        if self.kind is ContentKind.SETTINGS:
            return f"{line['kind']} {line['id']}"
        return str(line[f"{self.entity}Id"])


def _settings(service: str) -> Content:
    return Content(f"settings-{service}", ContentKind.SETTINGS, service)


def _records(entity: str, service: str) -> Content:
    return Content(entity, ContentKind.RECORDS, service, entity)


FILES: Final = Content("files", ContentKind.FILES, "customers", "document")
MAILS: Final = Content("mails", ContentKind.MAILS, "activities", "activity")

CONTENTS: Final = (
    _settings("auth"),
    Content("user", ContentKind.REFERENCE, "auth", "user"),
    _settings("customers"),
    _records("customer", "customers"),
    _records("contact", "customers"),
    _records("document", "customers"),
    FILES,
    _settings("pipeline"),
    _records("product", "pipeline"),
    _records("lead", "pipeline"),
    _records("opportunity", "pipeline"),
    _settings("activities"),
    _records("activity", "activities"),
    MAILS,
)
"""Everything, in the order in which a backup reads it: files and mails after the records that name them."""

_ORDER: Final = (
    "customer",
    "contact",
    "files",
    "document",
    "product",
    "lead",
    "opportunity",
    "mails",
    "activity",
)

RESTORED: Final = (
    *(content for content in CONTENTS if content.kind is ContentKind.SETTINGS),
    # A document that can be seen has its file.
    *sorted(
        (content for content in CONTENTS if content.name in _ORDER),
        key=lambda content: _ORDER.index(content.name),
    ),
)
"""What a restore writes, each after what it names."""

TRASHED: Final = tuple(
    content
    for content in reversed(RESTORED)
    # Documents go with their customer.
    if content.kind is ContentKind.RECORDS and content.entity != "document"
)
"""Of which a restore moves to the trash what is not in the backup, each before what it names."""
