"""What can be imported: for each kind of record its fields, how they are read, and how a row is recognised again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from zebros_jobs.domain.imports.cells import Kind, choices_of
from zebros_jobs.domain.imports.match_key import email_name
from zebros_jobs.domain.imports.options import ImportOptions, MatchRule, OnDuplicate
from zebros_jobs.domain.imports.problems import RowProblem, RowProblemError

__all__ = ["ENTITIES", "ImportField", "ImportedEntity", "Reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that a cell names. `detail` is a person's team, or a stage's kind."""

    id: str
    name: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ImportField:
    """Where a cell goes in the record's JSON, how it is read, and what columns are called that hold it."""

    path: tuple[str, ...]
    kind: Kind = Kind.TEXT
    synonyms: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict[str, str])


Complete = Callable[[dict[str, Any], Mapping[str, Reference], ImportOptions], None]
"""Adds what follows from a row's values and references. Raises RowProblemError for a row that cannot be sent."""


@dataclass(frozen=True)
class ImportedEntity:
    """A kind of record that can be imported.

    `service` owns it. `required` are fields one of which every row has to have, and `missing` the reason for a row that
    has none. `rules` are by what a row may find its record, and `usual` those that count unless others are asked for.
    `upkeep` are fields that our own machinery changes: they are nobody's edit. With `repeats`, a file may say the same
    twice; with `custom`, its records have custom fields; with `makes_teams`, teams that rows name are made.
    """

    name: str
    plural: str
    service: str
    fields: Mapping[str, ImportField]
    required: tuple[str, ...]
    missing: str
    rules: tuple[MatchRule, ...]
    usual: tuple[MatchRule, ...] = ()
    complete: Complete | None = None
    upkeep: frozenset[str] = frozenset()
    custom: bool = True
    repeats: bool = False
    on_duplicate: OnDuplicate = OnDuplicate.UPDATE
    makes_teams: bool = False

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The names that columns can be mapped to."""
        return (*self.fields, "custom.NAME") if self.custom else tuple(self.fields)

    @property
    def id_field(self) -> str:
        """The name of the record's id."""
        return f"{self.name}Id"


def _texts(**synonyms: str) -> dict[str, ImportField]:
    return {name: ImportField((name,), synonyms=tuple(text.split(", "))) for name, text in synonyms.items()}


_RECORD: Final[Mapping[str, ImportField]] = {
    "externalId": ImportField(
        ("externalId",), synonyms=("external id", "id", "number", "no", "nr", "key", "ref")
    ),
    "owner": ImportField(
        ("ownerId",),
        Kind.PERSON,
        ("owner", "sales agent", "agent", "sales rep", "account manager", "assigned to"),
    ),
    "team": ImportField(("teamId",), Kind.TEAM, ("team", "office", "regional office")),
    "tags": ImportField(("tags",), Kind.TAGS, ("tags", "labels", "keywords")),
}
_OURS: Final[Mapping[str, ImportField]] = {
    "id": ImportField(("id",)),
    "version": ImportField(("version",), Kind.INTEGER),
}
"""What exports say of a record: which it is, and how it was then. Columns are taken for these by `suggesting` alone."""
_CURRENCY: Final = ImportField(("currency",), Kind.CODE, ("currency", "currency code"))


def _complete_owner(data: dict[str, Any], found: Mapping[str, Reference], options: ImportOptions) -> None:
    """A record of a person is in the person's team, unless the row says another, or is of a record that there is."""
    del options
    owner = found.get("owner")
    if owner is not None and owner.detail is not None and "id" not in data:
        data.setdefault("teamId", owner.detail)


_CUSTOMERS = ImportedEntity(
    name="customer",
    plural="customers",
    service="customers",
    fields={
        **_texts(
            companyName="company name, company, account, account name, customer, customer name, organisation,"
            " organization, firm, name",
            industry="industry, sector, branch",
            tier="tier, segment, class",
        ),
        **_RECORD,
        **_OURS,
        "email": ImportField(("contactInfo", "email"), synonyms=("email", "e mail", "mail", "email address")),
        "phone": ImportField(
            ("contactInfo", "phone"), synonyms=("phone", "telephone", "tel", "phone number")
        ),
        "website": ImportField(
            ("contactInfo", "website"), Kind.WEBSITE, ("website", "web", "url", "homepage", "web site")
        ),
        **{
            name: ImportField(("contactInfo", "address", name), synonyms=tuple(text.split(", ")))
            for name, text in {
                "street": "street, address, street address, address line 1",
                "city": "city, town, place",
                "region": "region, state, province, county",
                "postalCode": "postal code, postcode, zip, zip code",
                "country": "country, office location, nation",
            }.items()
        },
    },
    required=("companyName",),
    missing="the company's name is empty",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID, MatchRule.NAME, MatchRule.EMAIL),
    usual=(MatchRule.NAME,),
    complete=_complete_owner,
)

_CONTACTS = ImportedEntity(
    name="contact",
    plural="contacts",
    service="customers",
    fields={
        **_texts(
            lastName="last name, surname, family name, name",
            firstName="first name, given name, forename",
            email="email, e mail, mail, email address",
            phone="phone, telephone, tel, phone number",
            position="position, title, job title, role",
        ),
        "customer": ImportField(
            ("customerId",),
            Kind.CUSTOMER,
            ("customer", "company", "account", "company name", "firm", "customer id"),
        ),
        "department": ImportField(("details", "department"), synonyms=("department", "division")),
        "mobile": ImportField(
            ("details", "mobile"), synonyms=("mobile", "mobile phone", "cell", "cell phone")
        ),
        "language": ImportField(("details", "language"), synonyms=("language",)),
        "linkedin": ImportField(("details", "linkedin"), synonyms=("linkedin", "linkedin profile")),
        "doNotContact": ImportField(
            ("doNotContact",), Kind.BOOLEAN, ("do not contact", "opt out", "unsubscribed")
        ),
        **_RECORD,
        **_OURS,
    },
    required=("lastName",),
    missing="the last name is empty",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID, MatchRule.EMAIL, MatchRule.NAME),
    usual=(MatchRule.EMAIL, MatchRule.NAME),
    complete=_complete_owner,
    upkeep=frozenset({"lastContactedAt", "emailBouncedAt", "ownerId", "teamId"}),
)

_LEADS = ImportedEntity(
    name="lead",
    plural="leads",
    service="pipeline",
    fields={
        **_texts(
            lastName="last name, surname, family name, name",
            firstName="first name, given name, forename",
            companyName="company name, company, account, firm, organisation, organization",
            email="email, e mail, mail, email address",
            phone="phone, telephone, tel, mobile, phone number",
            position="position, title, job title",
            industry="industry, sector, branch",
            source="source, lead source, campaign, channel",
        ),
        "status": ImportField(
            ("status",),
            Kind.CHOICE,
            ("status", "lead status"),
            choices_of(
                # Nobody imports converted ones, but exports have them.
                ("new", "contacted", "qualified", "unqualified", "converted"),
                {"open": "new", "disqualified": "unqualified"},
            ),
        ),
        "rating": ImportField(("rating",), Kind.CHOICE, ("rating",), choices_of(("hot", "warm", "cold"))),
        "score": ImportField(("score",), Kind.INTEGER, ("score", "lead score")),
        "estimatedValue": ImportField(
            ("estimatedValue",), Kind.AMOUNT, ("estimated value", "value", "amount", "potential")
        ),
        "currency": _CURRENCY,
        "doNotContact": ImportField(
            ("doNotContact",), Kind.BOOLEAN, ("do not contact", "opt out", "unsubscribed")
        ),
        **_RECORD,
        **_OURS,
    },
    required=("lastName",),
    missing="the last name is empty",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID, MatchRule.EMAIL),
    usual=(MatchRule.EMAIL,),
    complete=_complete_owner,
)

_PRODUCTS = ImportedEntity(
    name="product",
    plural="products",
    service="pipeline",
    fields={
        **_texts(
            name="name, product, product name, item, article", series="series, line, family, group, category"
        ),
        "unitPrice": ImportField(
            ("unitPrice",), Kind.AMOUNT, ("unit price", "price", "sales price", "list price")
        ),
        "currency": _CURRENCY,
        "active": ImportField(("active",), Kind.BOOLEAN, ("active", "available", "enabled")),
        "externalId": _RECORD["externalId"],
        "tags": _RECORD["tags"],
        **_OURS,
    },
    required=("name",),
    missing="the product's name is empty",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID, MatchRule.NAME),
    usual=(MatchRule.NAME,),
)


def _complete_opportunity(
    data: dict[str, Any], found: Mapping[str, Reference], options: ImportOptions
) -> None:
    _complete_owner(data, found, options)
    product, customer, stage = (found.get(name) for name in ("product", "customer", "stage"))
    if "product" in data:
        # It becomes a line of the record: its id alone has no place there.
        line: dict[str, Any] = {"productId": data.pop("product")}
        if data.get("value"):
            # It was offered at this price, whatever the catalogue says.
            line["unitPrice"] = data["value"]
        data["lines"] = [line]
    names = [each.name for each in (product, customer) if each is not None]
    if names and "id" not in data:
        data.setdefault("title", " for ".join(names)[:200])
    if stage is None:
        return
    if stage.detail != "lost":
        # Given as a default for all rows, it is for the lost ones.
        data.pop("lossReason", None)
    elif "lossReason" not in data and "id" not in data:
        raise RowProblemError(
            RowProblem(
                "missing-loss-reason",
                "a lost opportunity needs a reason: map a column to lossReason, or give it a default for all",
                field="stage",
            )
        )


_OPPORTUNITIES = ImportedEntity(
    name="opportunity",
    plural="opportunities",
    service="pipeline",
    fields={
        **_texts(
            title="title, opportunity, opportunity name, deal, deal name, name, subject",
            lossReason="loss reason, lost reason, reason lost",
        ),
        "customer": ImportField(
            ("customerId",), Kind.CUSTOMER, ("customer", "account", "company", "account name", "customer id")
        ),
        "contact": ImportField(("contactId",), Kind.CONTACT, ("contact", "contact email", "contact id")),
        "product": ImportField(("product",), Kind.PRODUCT, ("product", "product name", "item")),
        "stage": ImportField(
            ("stage",), Kind.STAGE, ("stage", "deal stage", "phase", "status", "sales stage")
        ),
        "value": ImportField(
            ("value",), Kind.AMOUNT, ("value", "amount", "close value", "deal value", "revenue")
        ),
        "currency": _CURRENCY,
        "probability": ImportField(
            ("probability",), Kind.INTEGER, ("probability", "chance", "win probability")
        ),
        "forecastCategory": ImportField(
            ("forecastCategory",),
            Kind.CHOICE,
            ("forecast category", "forecast"),
            choices_of(("pipeline", "bestCase", "commit", "closed", "omitted")),
        ),
        **{
            name: ImportField((name,), Kind.DATE, tuple(text.split(", ")))
            for name, text in {
                "expectedCloseDate": "expected close date, expected close, due date",
                "engageDate": "engage date, start date, opened, open date",
                "closeDate": "close date, closed, closed date, won date",
            }.items()
        },
        **_RECORD,
        **_OURS,
        "externalId": ImportField(
            ("externalId",),
            synonyms=("external id", "opportunity id", "deal id", "id", "number", "no", "nr", "key", "ref"),
        ),
    },
    required=("title", "product", "customer"),
    missing="the title is empty, and neither product nor customer can stand for it",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID),
    complete=_complete_opportunity,
    upkeep=frozenset({"activeAt", "stageEnteredAt", "outcome", "customerDeleted"}),
)

_RELATED: Final = ("opportunity", "lead", "contact", "customer")
"""The records that an activity may be about, the nearest first."""


def _complete_activity(data: dict[str, Any], found: Mapping[str, Reference], options: ImportOptions) -> None:
    _complete_owner(data, found, options)
    if "relatedId" in data and "relatedType" in data:
        for name in _RELATED:
            data.pop(name, None)
    for name in _RELATED:
        id = data.pop(name, None)
        if id is not None:
            data |= {"relatedType": name, "relatedId": id}
            for other in _RELATED:
                data.pop(other, None)
            break
    if data.get("completedAt") is not None:
        data.setdefault("status", "completed")


_ACTIVITIES = ImportedEntity(
    name="activity",
    plural="activities",
    service="activities",
    fields={
        **_texts(
            subject="subject, title, activity, summary",
            outcome="outcome, result",
            location="location, place",
        ),
        "description": ImportField(
            ("description",), Kind.PARAGRAPHS, ("description", "notes", "note", "text", "comment", "body")
        ),
        "type": ImportField(
            ("type",),
            Kind.CHOICE,
            ("type", "activity type", "kind"),
            choices_of(
                ("call", "meeting", "task", "note", "email"),
                {"phone call": "call", "e-mail": "email", "mail": "email", "to do": "task", "todo": "task"},
            ),
        ),
        "status": ImportField(
            ("status",),
            Kind.CHOICE,
            ("status", "state"),
            choices_of(
                ("open", "completed", "cancelled"),
                {"done": "completed", "closed": "completed", "canceled": "cancelled", "planned": "open"},
            ),
        ),
        "priority": ImportField(
            ("priority",),
            Kind.CHOICE,
            ("priority", "importance"),
            choices_of(("low", "normal", "high"), {"medium": "normal", "urgent": "high"}),
        ),
        **{
            name: ImportField((name,), Kind.INSTANT, tuple(text.split(", ")))
            for name, text in {
                "scheduledAt": "scheduled at, scheduled, date, start, start time, due, due date, when",
                "endsAt": "ends at, end, end time",
                "completedAt": "completed at, completed, done at",
            }.items()
        },
        **{
            name: ImportField((name,), kind, tuple(text.split(", ")))
            for name, kind, text in (
                ("customer", Kind.CUSTOMER, "customer, account, company, account name"),
                ("contact", Kind.CONTACT, "contact, contact email, contact id"),
                ("lead", Kind.LEAD, "lead, lead email, lead id"),
                ("opportunity", Kind.OPPORTUNITY, "opportunity, deal, opportunity id, deal id"),
            )
        },
        "relatedType": ImportField(("relatedType",), Kind.CHOICE, choices=choices_of(_RELATED)),
        "relatedId": ImportField(("relatedId",)),
        **_RECORD,
        **_OURS,
        "externalId": ImportField(
            ("externalId",), synonyms=("external id", "activity id", "id", "number", "no", "nr", "key", "ref")
        ),
    },
    required=("subject",),
    missing="the subject is empty",
    rules=(MatchRule.ID, MatchRule.EXTERNAL_ID),
    complete=_complete_activity,
    upkeep=frozenset({"remindedAt", "delivery", "customerId", "descriptionAt"}),
)


def _complete_person(data: dict[str, Any], found: Mapping[str, Reference], options: ImportOptions) -> None:
    del found
    if "id" in data:
        return
    if "name" not in data:
        raise RowProblemError(RowProblem("missing-name", "the person's name is empty", field="name"))
    if "email" not in data and options.email_domain is not None:
        try:
            data["email"] = f"{email_name(data['name'])}@{options.email_domain}"
        except ValueError as error:
            raise RowProblemError(RowProblem("missing-email", str(error), field="email")) from None
    data.setdefault("role", options.role)


_USERS = ImportedEntity(
    name="user",
    plural="users",
    service="auth",
    fields={
        "id": _OURS["id"],
        "name": ImportField(
            ("name",), synonyms=("name", "full name", "person", "sales agent", "agent", "manager")
        ),
        "email": ImportField(("email",), synonyms=("email", "e mail", "mail", "email address")),
        "role": ImportField(
            ("role",),
            Kind.CHOICE,
            ("role", "rights"),
            choices_of(
                ("viewer", "sales-rep", "sales-manager", "tenant-admin"),
                {
                    "rep": "sales-rep",
                    "manager": "sales-manager",
                    "admin": "tenant-admin",
                    "administrator": "tenant-admin",
                },
            ),
        ),
        "team": ImportField(("teamId",), Kind.TEAM, ("team", "office", "regional office", "department")),
        "language": ImportField(
            ("language",),
            Kind.CHOICE,
            ("language",),
            choices_of(("en", "de"), {"english": "en", "german": "de", "deutsch": "de"}),
        ),
    },
    required=("email",),
    missing="the e-mail address is empty; map a column to email, or say at which domain people have theirs",
    rules=(MatchRule.ID, MatchRule.EMAIL),
    usual=(MatchRule.EMAIL,),
    complete=_complete_person,
    custom=False,
    repeats=True,
    # An invitation is no way to change what somebody may do.
    on_duplicate=OnDuplicate.SKIP,
    makes_teams=True,
)

_ALL: Final[Sequence[ImportedEntity]] = (
    _CUSTOMERS,
    _CONTACTS,
    _LEADS,
    _PRODUCTS,
    _OPPORTUNITIES,
    _ACTIVITIES,
    _USERS,
)
ENTITIES: Final[Mapping[str, ImportedEntity]] = {each.name: each for each in _ALL}
"""Everything that can be imported, by the entity's name."""
