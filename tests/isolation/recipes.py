"""How each operation is called: the one place to extend for a new route, and a route without a recipe fails the suite.

A recipe says how to call the operation on somebody's things. Called on the caller's own it succeeds, which the suite of
permissions proves; called on another tenant's it must look as if they did not exist, which the suite of isolation
proves. Path parameters are filled in by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api_document import Operation
from estate import Things
from port import Call

Body = Callable[[Things], Any]


@dataclass(frozen=True)
class Reference:
    """A call that names another's things in its query or body, on a path of the caller's own.

    `harmless`: the things named are texts that every tenant may use for itself, so the call succeeds.
    """

    path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> name of the caller's own thing, where it is not the recipe's."""
    body: Callable[[Things, Things], Any] | None = None
    """From the other's things and the caller's own."""
    query: Callable[[Things], dict[str, str]] = lambda _: {}
    harmless: bool = False


@dataclass(frozen=True)
class Recipe:
    """How one operation is called."""

    path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> name of the thing, where the parameter's own name does not tell."""
    body: Body | None = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    references: tuple[Reference, ...] = ()
    harmless: bool = False
    """Its path names a text of the caller's choice, not a record."""


_THINGS = {
    "customerId": "customer",
    "contactId": "contact",
    "documentId": "document",
    "fieldId": "field",
    "mergeId": "merge",
    "externalId": "external_id",
    "userId": "user",
    "teamId": "sales_team",
    "integrationId": "integration",
    "deviceId": "device",
}
_WHATEVER_IT_IS = {"If-Match": "*"}
_ALL_THE_SAME = {"X-Skip-Duplicate-Check": "true"}


def call_of(operation: Operation, things: Things) -> Call:
    """Return the call of an operation on these things."""
    recipe = RECIPES[operation.id]
    return Call(
        operation.method,
        path_of(operation, things),
        None if recipe.body is None else recipe.body(things),
        dict(recipe.query),
        dict(recipe.headers),
    )


def path_of(operation: Operation, things: Things, names: Mapping[str, str] | None = None) -> str:
    """Return the operation's path with the ids of these things; `names` goes before the recipe's own."""
    chosen = {**_THINGS, **RECIPES[operation.id].path, **(names or {})}
    names = {name: chosen[name] for name in operation.path_names}
    return operation.path.format_map({name: things[thing] for name, thing in names.items()})


def reference_calls(operation: Operation, theirs: Things, mine: Things) -> list[tuple[Call, bool]]:
    """Return the calls that name their things beside the path, each with whether it succeeds."""
    recipe = RECIPES[operation.id]
    return [
        (
            Call(
                operation.method,
                path_of(operation, mine, reference.path),
                reference.body(theirs, mine) if reference.body else None,
                {**recipe.query, **reference.query(theirs)},
                dict(recipe.headers),
            ),
            reference.harmless,
        )
        for reference in recipe.references
    ]


def _filters(**things: str) -> tuple[Reference, ...]:
    """Return a reference for each query parameter, which takes the thing of that name."""

    def reference(name: str, thing: str) -> Reference:
        return Reference(query=lambda theirs: {name: theirs[thing]}, harmless=True)

    return tuple(reference(name, thing) for name, thing in things.items())


def _batch(
    entity: str, external_id: str, free_external_id: str, name: Mapping[str, str]
) -> tuple[Reference, ...]:
    def wish(**facts: Any) -> Callable[[Things, Things], Any]:
        return lambda theirs, _: {
            "operations": [{k: v(theirs) if callable(v) else v for k, v in facts.items()}]
        }

    record = lambda t: t[entity]  # noqa: E731
    external = lambda t: t[external_id]  # noqa: E731
    free = lambda t: t[free_external_id]  # noqa: E731
    return (
        Reference(body=wish(operation="update", id=record, data=name)),
        Reference(body=wish(operation="delete", id=record)),
        Reference(body=wish(operation="upsert", id=record, data=name)),
        Reference(body=wish(operation="update", externalId=external, data=name)),
        Reference(body=wish(operation="delete", externalId=external)),
        Reference(body=wish(operation="upsert", externalId=free, data=name), harmless=True),
    )


_ANY_CUSTOMER = {"companyName": "Tidewater"}
_ANY_CONTACT = {"lastName": "Vantongeren"}

RECIPES: dict[str, Recipe] = {
    # -- customers
    "createCustomer": Recipe(
        body=lambda t: {"companyName": f"{t['name']} too"},
        references=(
            Reference(
                body=lambda theirs, _: {
                    "companyName": theirs["name"],
                    "externalId": theirs["free_external_id_1"],
                    "contactInfo": {"email": theirs["email"]},
                },
                harmless=True,
            ),
        ),
    ),
    "listCustomers": Recipe(
        references=_filters(owner="owner", team="team", industry="industry", tier="tier")
    ),
    "searchCustomers": Recipe(query={"name": "zq"}, references=_filters(name="name")),
    "getCustomer": Recipe(),
    "replaceCustomer": Recipe(
        body=lambda t: {"companyName": f"{t['name']} anew"},
        headers={**_WHATEVER_IT_IS, **_ALL_THE_SAME},
        references=(
            Reference(
                path={"customerId": "loser"},
                body=lambda theirs, _: {**_ANY_CUSTOMER, "externalId": theirs["free_external_id_4"]},
                harmless=True,
            ),
        ),
    ),
    "updateCustomer": Recipe(
        body=lambda _: {"tier": "platinum"},
        references=(
            Reference(
                path={"customerId": "loser"},
                body=lambda theirs, _: {"externalId": theirs["free_external_id_5"]},
                harmless=True,
            ),
        ),
    ),
    "deleteCustomer": Recipe(),
    "restoreCustomer": Recipe(path={"customerId": "deleted_customer"}),
    "getCustomerHistory": Recipe(),
    "mergeCustomers": Recipe(
        body=lambda t: {"loserId": t["loser"]},
        references=(Reference(body=lambda theirs, _: {"loserId": theirs["loser"]}),),
    ),
    "getMerge": Recipe(),
    "getCustomerByExternalId": Recipe(),
    "upsertCustomer": Recipe(
        path={"externalId": "free_external_id_2"},
        body=lambda t: {**_ANY_CUSTOMER, "externalId": t["free_external_id_2"]},
        headers=_ALL_THE_SAME,
        harmless=True,
    ),
    "batchCustomers": Recipe(
        body=lambda t: {"operations": [{"operation": "update", "id": t["customer"], "data": {"tier": "x"}}]},
        headers=_ALL_THE_SAME,
        references=_batch("customer", "external_id", "free_external_id_3", _ANY_CUSTOMER),
    ),
    # -- contacts
    "createContact": Recipe(
        body=lambda t: {"lastName": f"{t['name']} too", "customerId": t["customer"]},
        references=(
            Reference(body=lambda theirs, _: {"lastName": "Doe", "customerId": theirs["customer"]}),
            Reference(
                body=lambda theirs, _: {
                    "lastName": "Doe",
                    "email": theirs["contact_email"],
                    "externalId": theirs["free_contact_external_id_4"],
                },
                harmless=True,
            ),
        ),
    ),
    "listContacts": Recipe(references=_filters(email="contact_email", owner="owner", team="team")),
    "listContactsOfCustomer": Recipe(),
    "getContact": Recipe(),
    "replaceContact": Recipe(
        body=lambda t: {"lastName": "Anew", "customerId": t["customer"]},
        headers=_WHATEVER_IT_IS,
        references=(
            Reference(body=lambda theirs, _: {"lastName": "Moved", "customerId": theirs["customer"]}),
            Reference(
                path={"contactId": "single_contact"},
                body=lambda theirs, _: {**_ANY_CONTACT, "externalId": theirs["free_contact_external_id_2"]},
                harmless=True,
            ),
        ),
    ),
    "updateContact": Recipe(
        body=lambda t: {"position": "Buyer", "customerId": t["customer"]},
        references=(
            Reference(body=lambda theirs, _: {"customerId": theirs["customer"]}),
            Reference(
                path={"contactId": "single_contact"},
                body=lambda theirs, _: {"externalId": theirs["free_contact_external_id_3"]},
                harmless=True,
            ),
        ),
    ),
    "deleteContact": Recipe(),
    "restoreContact": Recipe(path={"contactId": "deleted_contact"}),
    "getContactHistory": Recipe(),
    "batchContacts": Recipe(
        body=lambda t: {
            "operations": [{"operation": "update", "id": t["contact"], "data": {"position": "x"}}]
        },
        references=(
            *_batch("contact", "contact_external_id", "free_contact_external_id_1", _ANY_CONTACT),
            Reference(
                body=lambda theirs, mine: {
                    "operations": [
                        {
                            "operation": "update",
                            "id": mine["contact"],
                            "data": {"customerId": theirs["customer"]},
                        }
                    ]
                }
            ),
        ),
    ),
    # -- documents
    "createDocument": Recipe(
        body=lambda t: {
            "customerId": t["customer"],
            "fileName": "a.pdf",
            "contentType": "application/pdf",
            "sizeBytes": 5,
        },
        references=(
            Reference(
                body=lambda theirs, _: {
                    "customerId": theirs["customer"],
                    "fileName": "a.pdf",
                    "contentType": "application/pdf",
                    "sizeBytes": 5,
                }
            ),
        ),
    ),
    "getDocument": Recipe(),
    "deleteDocument": Recipe(),
    "resumeDocumentUpload": Recipe(),
    "signDocumentParts": Recipe(path={"documentId": "in_parts"}, body=lambda _: {"partNumbers": [1]}),
    "listDocumentParts": Recipe(path={"documentId": "in_parts"}),
    "completeDocument": Recipe(),
    "downloadDocument": Recipe(path={"documentId": "available"}),
    "listDocumentsOfCustomer": Recipe(),
    # -- custom fields
    "listFields": Recipe(),
    "createField": Recipe(
        body=lambda t: {"entity": "contact", "name": t["field_name"], "type": "text"},
        references=(
            Reference(
                body=lambda theirs, _: {"entity": "customer", "name": theirs["field_name"], "type": "text"},
                harmless=True,
            ),
        ),
    ),
    "getField": Recipe(),
    "reviseField": Recipe(body=lambda _: {"label": "Another label"}, headers=_WHATEVER_IT_IS),
    "deleteField": Recipe(),
    # -- the caller
    "getMe": Recipe(),
    "getMyPermissions": Recipe(),
    "getMyPreferences": Recipe(),
    "updateMyPreferences": Recipe(body=lambda _: {"language": "de"}),
    "listMyDevices": Recipe(),
    "registerMyDevice": Recipe(
        body=lambda t: {"platform": "apns", "token": f"{t['name']} token".replace(" ", "-"), "name": "Phone"},
    ),
    "removeMyDevice": Recipe(),
    # -- people and teams
    "inviteUser": Recipe(
        body=lambda t: {
            "email": f"{t['key']}@people.example",
            "name": "Vera",
            "role": "viewer",
            "teamId": t["own_team"],
        }
    ),
    "listUsers": Recipe(references=_filters(email="email", team="sales_team")),
    "getUser": Recipe(),
    "updateUser": Recipe(body=lambda _: {"name": "Renamed"}),
    "deactivateUser": Recipe(),
    "activateUser": Recipe(path={"userId": "deactivated_user"}),
    "inviteUserAgain": Recipe(),
    "createTeam": Recipe(body=lambda t: {"teamId": t["new_team"], "name": "West"}),
    "listTeams": Recipe(),
    "getTeam": Recipe(),
    "updateTeam": Recipe(body=lambda _: {"name": "Renamed"}),
    "removeTeam": Recipe(path={"teamId": "other_team"}),
    # -- programs and the log
    "createIntegration": Recipe(
        body=lambda _: {"name": "Reader", "role": "viewer", "scopes": ["records:read"]}
    ),
    "listIntegrations": Recipe(),
    "getIntegration": Recipe(),
    "rotateIntegration": Recipe(),
    "removeIntegration": Recipe(path={"integrationId": "other_integration"}),
    "listAuditEntries": Recipe(references=_filters(actor="user", action="action")),
}
