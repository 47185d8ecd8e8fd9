"""What can be imported: for each kind of record its fields, their types, and how a row is recognised again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zebros.importing.match_key import email_name, match_key

__all__ = [
    "CUSTOMERS",
    "LEADS",
    "OPPORTUNITIES",
    "PRODUCTS",
    "ImportField",
    "ImportedEntity",
    "Kind",
    "Reference",
    "people",
]


class Kind(StrEnum):
    """How the text of a cell is read. The last four name a record, which is found before the row is sent."""

    TEXT = "text"
    TAGS = "tags"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    AMOUNT = "amount"
    DATE = "date"
    CUSTOMER = "customer"
    PERSON = "person"
    PRODUCT = "product"
    STAGE = "stage"

    @property
    def is_reference(self) -> bool:
        return self in _REFERENCES


_REFERENCES = frozenset({Kind.CUSTOMER, Kind.PERSON, Kind.PRODUCT, Kind.STAGE})


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that a cell names. `detail` is a person's team, or a stage's kind."""

    id: str
    name: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ImportField:
    """Where a cell goes in the record's JSON, and how it is read."""

    path: tuple[str, ...]
    kind: Kind = Kind.TEXT


Complete = Callable[[dict[str, Any], Mapping[str, Reference]], None]
"""Adds what follows from a row's values and references. Raises ValueError for a row that cannot be sent."""


@dataclass(frozen=True, slots=True)
class ImportedEntity:
    """A kind of record that can be imported.

    `identify` makes the external id of a row that has none of its own; None where only a column can tell rows
    apart. `required` is the field that every row must have, and `missing` the reason for one that has not;
    `complete` may fill it. With `repeats`, rows may say the same twice.
    """

    name: str
    plural: str
    fields: Mapping[str, ImportField]
    required: str
    missing: str
    must_be_mapped: bool = True
    identify: Callable[[Mapping[str, Any]], str] | None = None
    complete: Complete | None = None
    custom: bool = True
    repeats: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """The names that columns can be mapped to."""
        return (*self.fields, "custom.NAME") if self.custom else tuple(self.fields)


def _texts(*names: str) -> dict[str, ImportField]:
    return {name: ImportField((name,)) for name in names}


_RECORD: Mapping[str, ImportField] = {
    **_texts("ownerId", "teamId", "externalId"),
    "owner": ImportField(("ownerId",), Kind.PERSON),
    "tags": ImportField(("tags",), Kind.TAGS),
}


def _complete_owner(data: dict[str, Any], found: Mapping[str, Reference]) -> None:
    """A record of a person is in the person's team, unless the row says another."""
    owner = found.get("owner")
    if owner is not None and owner.detail is not None:
        data.setdefault("teamId", owner.detail)


CUSTOMERS = ImportedEntity(
    name="customer",
    plural="customers",
    fields={
        **_texts("companyName", "industry", "tier"),
        **_RECORD,
        **{name: ImportField(("contactInfo", name)) for name in ("email", "phone", "website")},
        **{
            name: ImportField(("contactInfo", "address", name))
            for name in ("street", "city", "region", "postalCode", "country")
        },
    },
    required="companyName",
    missing="the company's name is empty",
    identify=lambda data: match_key(data["companyName"]),
    complete=_complete_owner,
)


def _identify_lead(data: Mapping[str, Any]) -> str:
    parts = (data.get("firstName"), data["lastName"], data.get("companyName"))
    return match_key(data.get("email") or " ".join(part for part in parts if part))


LEADS = ImportedEntity(
    name="lead",
    plural="leads",
    fields={
        **_texts("lastName", "firstName", "companyName", "email", "phone", "position", "industry"),
        **_texts("source", "status", "rating", "currency"),
        "score": ImportField(("score",), Kind.INTEGER),
        "estimatedValue": ImportField(("estimatedValue",), Kind.AMOUNT),
        "doNotContact": ImportField(("doNotContact",), Kind.BOOLEAN),
        **_RECORD,
    },
    required="lastName",
    missing="the last name is empty",
    identify=_identify_lead,
    complete=_complete_owner,
)

PRODUCTS = ImportedEntity(
    name="product",
    plural="products",
    fields={
        **_texts("name", "series", "currency"),
        "unitPrice": ImportField(("unitPrice",), Kind.AMOUNT),
        "active": ImportField(("active",), Kind.BOOLEAN),
        **_texts("externalId"),
        "tags": ImportField(("tags",), Kind.TAGS),
    },
    required="name",
    missing="the product's name is empty",
    identify=lambda data: match_key(data["name"]),
)


def _complete_opportunity(data: dict[str, Any], found: Mapping[str, Reference]) -> None:
    _complete_owner(data, found)
    product, customer, stage = (found.get(name) for name in ("product", "customer", "stage"))
    if product is not None:
        # It becomes a line of the record: its id alone has no place there.
        line: dict[str, Any] = {"productId": data.pop("product")}
        if data.get("value"):
            # It was offered at this price, whatever the catalogue says.
            line["unitPrice"] = data["value"]
        data["lines"] = [line]
    names = [each.name for each in (product, customer) if each is not None]
    if names:
        data.setdefault("title", " for ".join(names))
    if stage is None:
        return
    if stage.detail != "lost":
        # Given by --default for all rows, it is for the lost ones.
        data.pop("lossReason", None)
    elif "lossReason" not in data:
        raise ValueError(
            "stage: a lost opportunity needs a reason; map a column to lossReason, or give one to all with"
            " --default 'lossReason=not recorded'"
        )


OPPORTUNITIES = ImportedEntity(
    name="opportunity",
    plural="opportunities",
    fields={
        **_texts("title", "customerId", "contactId", "currency", "forecastCategory", "lossReason"),
        "customer": ImportField(("customerId",), Kind.CUSTOMER),
        "product": ImportField(("product",), Kind.PRODUCT),
        "stage": ImportField(("stage",), Kind.STAGE),
        "value": ImportField(("value",), Kind.AMOUNT),
        "probability": ImportField(("probability",), Kind.INTEGER),
        **{
            name: ImportField((name,), Kind.DATE) for name in ("expectedCloseDate", "engageDate", "closeDate")
        },
        **_RECORD,
    },
    required="title",
    missing="the title is empty, and neither product nor customer can stand for it",
    must_be_mapped=False,
    complete=_complete_opportunity,
)


def people(email_domain: str | None) -> ImportedEntity:
    """People to invite; with a domain, those without an address get `first.last@domain`."""

    def complete(data: dict[str, Any], found: Mapping[str, Reference]) -> None:
        if "name" not in data:
            raise ValueError("the person's name is empty")
        if "email" not in data and email_domain is not None:
            data["email"] = f"{email_name(data['name'])}@{email_domain}"

    return ImportedEntity(
        name="user",
        plural="users",
        fields=_texts("name", "email", "role", "team", "language"),
        required="email",
        missing="the e-mail address is empty; map a column to email, or give --email-domain",
        must_be_mapped=email_domain is None,
        identify=lambda data: data["email"].casefold(),
        complete=complete,
        custom=False,
        repeats=True,
    )
