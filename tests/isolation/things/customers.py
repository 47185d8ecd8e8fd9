"""What a tenant has in the customers service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from things.making import deleted, external_ids, free, never_external_ids

if TYPE_CHECKING:
    from estate import Estate

CONTENT = b"12345"
IN_PARTS_BYTES = 200 * 1024 * 1024
_EXTERNAL_IDS = ("external_id", *free("free_external_id", 6))
_CONTACT_EXTERNAL_IDS = ("contact_external_id", *free("free_contact_external_id", 5))


def customer(estate: Estate, **facts: Any) -> str:
    """Make a customer and return its id."""
    body = {"companyName": estate.text("company"), "ownerId": estate.owner.user, "teamId": estate.owner.team}
    return str(estate.send("POST", "/v1/customers", body | facts).body["customerId"])


def contact(estate: Estate, **facts: Any) -> str:
    """Make a contact and return its id."""
    body = {"lastName": estate.text("person"), "firstName": estate.mark}
    return str(estate.send("POST", "/v1/contacts", body | facts).body["contactId"])


def document(estate: Estate, size_bytes: int = len(CONTENT)) -> str:
    """Announce a document of the customer, upload it unless it goes in parts, and return its id."""
    body = {
        "customerId": estate["customer"],
        "fileName": f"{estate.mark}-{estate.number()}.pdf",
        "contentType": "application/pdf",
        "sizeBytes": size_bytes,
        "description": estate.mark,
    }
    started = estate.send("POST", "/v1/documents", body).body
    if started["upload"]["method"] == "POST":
        estate.service.upload(started["upload"], CONTENT)
    return str(started["document"]["documentId"])


def _customer(estate: Estate) -> str:
    return customer(
        estate,
        companyName=estate["name"],
        industry=estate["industry"],
        tier=estate["tier"],
        contactInfo={"email": estate["email"]},
        tags=[estate.mark],
    )


def _merge(estate: Estate) -> str:
    winner, loser = customer(estate), customer(estate)
    merged = estate.send("POST", f"/v1/customers/{winner}/merge", {"loserId": loser})
    return str(merged.body["mergeId"])


def _available(estate: Estate) -> str:
    id = document(estate)
    estate.send("POST", f"/v1/documents/{id}/complete")
    return id


def _field(estate: Estate) -> str:
    body = {"entity": "customer", "name": estate["field_name"], "type": "text", "label": estate.mark}
    return str(estate.send("POST", "/v1/fields", body).body["fieldId"])


MAKERS: dict[str, Callable[[Estate], str]] = {
    "name": lambda e: f"{e.mark} headquarters",
    "industry": lambda e: f"{e.mark} industry",
    "tier": lambda e: f"{e.mark} tier",
    "email": lambda e: f"{e.mark}@customer.example",
    "contact_email": lambda e: f"{e.mark}@contact.example",
    **external_ids(customer, *_EXTERNAL_IDS),
    **external_ids(contact, *_CONTACT_EXTERNAL_IDS),
    "field_name": lambda e: f"f{e.mark}",
    "owner": lambda e: e.owner.user,
    "team": lambda e: e.owner.team or "north",
    "key": lambda e: f"{e.mark}-key",
    "customer": _customer,
    "loser": lambda e: customer(e),
    "deleted_customer": deleted("/v1/customers", lambda e: customer(e)),
    "contact": lambda e: contact(e, customerId=e["customer"], email=e["contact_email"]),
    "single_contact": lambda e: contact(e, ownerId=e.owner.user, teamId=e.owner.team),
    "deleted_contact": deleted("/v1/contacts", lambda e: contact(e, customerId=e["customer"])),
    "document": lambda e: document(e),
    "available": _available,
    "in_parts": lambda e: document(e, IN_PARTS_BYTES),
    "field": _field,
    "merge": _merge,
}
NEVER: dict[str, Callable[[str], str]] = {
    **{name: (lambda kind: lambda mark: f"{mark} {kind}")(name) for name in ("name", "industry", "tier")},
    "email": lambda mark: f"{mark}@customer.example",
    "contact_email": lambda mark: f"{mark}@contact.example",
    **never_external_ids(*_EXTERNAL_IDS, *_CONTACT_EXTERNAL_IDS),
    "field_name": lambda mark: f"f{mark}",
    "owner": lambda mark: f"{mark}-owner",
    "team": lambda mark: f"{mark}-team",
    "key": lambda mark: f"{mark}-key",
}


def more(estate: Estate) -> None:
    """Make a second contact of the customer, and change what has a history."""
    contact(estate, customerId=estate["customer"])
    for path in (f"/v1/customers/{estate['customer']}", f"/v1/contacts/{estate['contact']}"):
        estate.send("PATCH", path, {"tags": [estate.mark, "changed"]})
