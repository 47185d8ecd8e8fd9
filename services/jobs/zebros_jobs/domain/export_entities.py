"""What can be exported: for each kind of record its fields, what their values are, and by what it is filtered.

Names are those of the API, with a dot into an object. A test holds this list against the owners' models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from zebros_jobs.domain.tables import ColumnKind

__all__ = ["ENTITIES", "ExportField", "Exported", "ExportedEntity", "NameField"]


class ExportedEntity(StrEnum):
    """The kinds of records that can be exported."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    DOCUMENT = "document"
    LEAD = "lead"
    PRODUCT = "product"
    OPPORTUNITY = "opportunity"
    ACTIVITY = "activity"
    USER = "user"


@dataclass(frozen=True, slots=True)
class ExportField:
    """A field of a record. `usual` ones are exported where none were chosen."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT
    usual: bool = True


@dataclass(frozen=True, slots=True)
class NameField:
    """A column beside an id: what the record of that id is called.

    Where `entity` is None, the record says in its field `type_field` what kind of record the id is of.
    """

    name: str
    id_field: str
    entity: str | None
    type_field: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """A kind of records: whose they are, their fields, the names that may stand beside ids, and their filters."""

    entity: ExportedEntity
    service: str
    plural: str
    fields: Mapping[str, ExportField]
    names: Mapping[str, NameField]
    equal: frozenset[str]
    custom: bool = True

    @property
    def id_field(self) -> str:
        """Return the name of the field that holds the id."""
        return f"{self.entity}Id"

    @property
    def ranged(self) -> dict[str, ColumnKind]:
        """Return the dates and instants, by which records are filtered from and to."""
        return {
            field.name: field.kind
            for field in self.fields.values()
            if field.kind in {ColumnKind.DATE, ColumnKind.INSTANT}
        }


def _texts(names: str, prefix: str = "") -> list[ExportField]:
    return [ExportField(prefix + name) for name in names.split()]


def _of(kind: ColumnKind, names: str, *, usual: bool = True) -> list[ExportField]:
    return [ExportField(name, kind, usual) for name in names.split()]


def _owned(*, external: bool = True) -> list[ExportField]:
    return [*_texts("ownerId teamId"), *(_texts("externalId") if external else []), *_tags()]


def _tags() -> list[ExportField]:
    return _of(ColumnKind.LIST, "tags")


def _stamps() -> list[ExportField]:
    return [
        *_of(ColumnKind.INSTANT, "createdAt"),
        *_texts("createdBy"),
        *_of(ColumnKind.INSTANT, "updatedAt"),
        *_texts("updatedBy"),
        *_of(ColumnKind.INTEGER, "version"),
    ]


_OWNER: Final = NameField("ownerName", "ownerId", "user")
_TEAM: Final = NameField("teamName", "teamId", "team")
_CUSTOMER: Final = NameField("customerName", "customerId", "customer")
_CONTACT: Final = NameField("contactName", "contactId", "contact")
_RELATED: Final = NameField("relatedName", "relatedId", None, "relatedType")
_EQUAL: Final = frozenset({"ownerId", "teamId", "externalId"})


def _exported(
    entity: ExportedEntity,
    service: str,
    plural: str,
    fields: list[ExportField],
    *names: NameField,
    equal: str = "",
    custom: bool = True,
) -> Exported:
    all_fields = [ExportField(f"{entity}Id"), *fields, *_stamps()]
    by_name = {field.name: field for field in all_fields}
    return Exported(
        entity=entity,
        service=service,
        plural=plural,
        fields=by_name,
        names={name.name: name for name in names},
        equal=frozenset(equal.split()) | (_EQUAL & by_name.keys()),
        custom=custom,
    )


ENTITIES: Final[Mapping[ExportedEntity, Exported]] = {
    each.entity: each
    for each in (
        _exported(
            ExportedEntity.CUSTOMER,
            "customers",
            "customers",
            [
                *_texts("companyName industry tier"),
                *_texts("email phone website", "contactInfo."),
                *_texts("street city region postalCode country", "contactInfo.address."),
                *_owned(),
            ],
            _OWNER,
            _TEAM,
            equal="industry tier",
        ),
        _exported(
            ExportedEntity.CONTACT,
            "customers",
            "contacts",
            [
                *_texts("customerId firstName lastName email phone position"),
                *_texts("department mobile language linkedin", "details."),
                *_of(ColumnKind.BOOLEAN, "doNotContact"),
                *_of(ColumnKind.INSTANT, "lastContactedAt emailBouncedAt"),
                *_owned(),
            ],
            _CUSTOMER,
            _OWNER,
            _TEAM,
            equal="customerId email doNotContact",
        ),
        _exported(
            ExportedEntity.DOCUMENT,
            "customers",
            "documents",
            [
                *_texts("customerId kind status fileName contentType"),
                *_of(ColumnKind.INTEGER, "sizeBytes"),
                *_texts("description"),
                *_owned(external=False),
            ],
            _CUSTOMER,
            _OWNER,
            _TEAM,
            equal="customerId kind status contentType",
            custom=False,
        ),
        _exported(
            ExportedEntity.LEAD,
            "pipeline",
            "leads",
            [
                *_texts("companyName firstName lastName email phone position industry source status"),
                *_of(ColumnKind.INTEGER, "score"),
                *_texts("rating"),
                *_of(ColumnKind.MONEY, "estimatedValue"),
                *_texts("currency"),
                *_of(ColumnKind.BOOLEAN, "doNotContact"),
                *_owned(),
                *_of(ColumnKind.INSTANT, "convertedAt"),
                *_texts("convertedBy customerId contactId opportunityId"),
            ],
            _OWNER,
            _TEAM,
            _CUSTOMER,
            _CONTACT,
            equal="status rating source industry email currency customerId",
        ),
        _exported(
            ExportedEntity.PRODUCT,
            "pipeline",
            "products",
            [
                *_texts("name series"),
                *_of(ColumnKind.MONEY, "unitPrice"),
                *_texts("currency"),
                *_of(ColumnKind.BOOLEAN, "active"),
                *_texts("externalId"),
                *_tags(),
            ],
            equal="series active currency",
        ),
        _exported(
            ExportedEntity.OPPORTUNITY,
            "pipeline",
            "opportunities",
            [
                *_texts("customerId contactId leadId title"),
                *_of(ColumnKind.MONEY, "value"),
                *_texts("currency stage outcome"),
                *_of(ColumnKind.INTEGER, "probability"),
                *_texts("forecastCategory"),
                *_of(ColumnKind.DATE, "expectedCloseDate engageDate closeDate"),
                *_texts("lossReason"),
                *_of(ColumnKind.INTEGER, "lineCount"),
                *_of(ColumnKind.JSON, "lines", usual=False),
                *_owned(),
                *_of(ColumnKind.INSTANT, "stageEnteredAt activeAt"),
                *_of(ColumnKind.BOOLEAN, "customerDeleted", usual=False),
            ],
            _CUSTOMER,
            _CONTACT,
            _OWNER,
            _TEAM,
            equal="customerId contactId stage outcome currency forecastCategory lossReason",
        ),
        _exported(
            ExportedEntity.ACTIVITY,
            "activities",
            "activities",
            [
                *_texts("type subject description relatedType relatedId customerId"),
                *_of(ColumnKind.INSTANT, "scheduledAt endsAt"),
                *_texts("status"),
                *_of(ColumnKind.INSTANT, "completedAt"),
                *_texts("outcome priority location"),
                *_of(ColumnKind.INTEGER, "reminderMinutes"),
                *_texts("recurrence timeZone seriesId"),
                *_of(ColumnKind.INTEGER, "occurrence occurrences"),
                *_of(ColumnKind.LIST, "participants.contactIds participants.userIds"),
                *_texts("delivery.status delivery.to"),
                *_of(ColumnKind.INSTANT, "delivery.at"),
                *_texts("delivery.reason"),
                *_owned(),
            ],
            _RELATED,
            _CUSTOMER,
            _OWNER,
            _TEAM,
            equal="type relatedType relatedId customerId status priority",
        ),
        _exported(
            ExportedEntity.USER,
            "auth",
            "users",
            [
                *_texts("username email name role teamId status"),
                *_texts("preferences.language preferences.timeZone"),
                *_of(ColumnKind.INSTANT, "invitedAt"),
            ],
            _TEAM,
            equal="email role status",
            custom=False,
        ),
    )
}
"""Everything that can be exported."""
