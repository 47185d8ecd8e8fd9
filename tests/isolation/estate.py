"""What a tenant has, made through the API as its things are asked for; and the same for a tenant that has nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from secrets import token_hex
from typing import Any, Protocol

from port import Answer, Call, Caller, Service

from zebros_core.clock import SystemClock
from zebros_core.ids import new_id

CONTENT = b"12345"
IN_PARTS_BYTES = 200 * 1024 * 1024
# External ids that others try to take for themselves, each in one operation.
FREE_EXTERNAL_IDS = tuple(f"free_external_id_{number}" for number in range(1, 6))
FREE_CONTACT_EXTERNAL_IDS = tuple(f"free_contact_external_id_{number}" for number in range(1, 5))


class Things(Protocol):
    """Names of things: ids, texts and the like, by what they are."""

    def __getitem__(self, name: str) -> str: ...


class Estate:
    """A tenant's things. `estate["contact"]` is the id of a contact, which is made when it is first asked for.

    Every text carries a mark that occurs nowhere else, so that whatever shows a part of it is found out.
    """

    def __init__(self, service: Service, admin: Caller, *, owner: Caller | None = None) -> None:
        """`owner` owns the records, by default the admin who makes them."""
        self.service = service
        self.admin = admin
        self.owner = owner or admin
        self.mark = f"zq{token_hex(6)}"
        self.made: dict[str, str] = {}
        self.key_answers: dict[str, Answer] = {}
        """Operation -> what the tenant got when it used its idempotency key for it."""
        self._numbers = count(1)

    def __getitem__(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = MAKERS[name](self)
        return self.made[name]

    def complete(self) -> Estate:
        """Make every kind of thing that there is, and at least two in every list."""
        # Who calls for the first time gets a record: not between two pictures.
        self.send("GET", "/v1/me")
        for name in MAKERS:
            self[name]
        self.contact(customerId=self["customer"])
        self.service.settle()
        for path in (f"/v1/customers/{self['customer']}", f"/v1/contacts/{self['contact']}"):
            self.send("PATCH", path, {"tags": [self.mark, "changed"]})
        self.service.settle()
        return self

    def send(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Send a request as the tenant's admin, which has to succeed."""
        answer = self.service.call(self.admin, Call(method, path, body, query))
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text}"
        return answer

    def customer(self, **facts: Any) -> str:
        """Make a customer and return its id."""
        name = f"{self.mark} company {next(self._numbers)}"
        owned = {"ownerId": self.owner.user, "teamId": self.owner.team}
        return str(
            self.send("POST", "/v1/customers", {"companyName": name} | owned | facts).body["customerId"]
        )

    def contact(self, **facts: Any) -> str:
        """Make a contact and return its id."""
        name = f"{self.mark} person {next(self._numbers)}"
        body = {"lastName": name, "firstName": self.mark} | facts
        return str(self.send("POST", "/v1/contacts", body).body["contactId"])

    def document(self, size_bytes: int = len(CONTENT), *, upload: bool = True) -> str:
        """Announce a document of the customer, upload it unless it goes in parts, and return its id."""
        body = {
            "customerId": self["customer"],
            "fileName": f"{self.mark}-{next(self._numbers)}.pdf",
            "contentType": "application/pdf",
            "sizeBytes": size_bytes,
            "description": self.mark,
        }
        started = self.send("POST", "/v1/documents", body).body
        if upload and started["upload"]["method"] == "POST":
            self.service.upload(started["upload"], CONTENT)
        return str(started["document"]["documentId"])

    def person(self, **facts: Any) -> str:
        """Invite somebody into the owner's team and return their id."""
        number = next(self._numbers)
        body = {
            "email": f"{self.mark}.{number}@people.example",
            "name": f"{self.mark} person {number}",
            "role": "viewer",
            "teamId": self.sales_team(),
        }
        return str(self.send("POST", "/v1/users", body | facts).body["userId"])

    def sales_team(self) -> str | None:
        """Return the owner's team, made where it does not exist yet."""
        team = self.owner.team
        if team is not None:
            self.send("POST", "/v1/teams", {"teamId": team, "name": team})
        return team

    def secrets(self) -> set[str]:
        """Return every text that no other tenant may be shown."""
        return {self.mark, self.admin.tenant, *(v for n, v in self.made.items() if n not in _NOT_SECRET)}

    def picture(self) -> str:
        """Return every row of the tenant, or else everything that its admin sees, to be compared later."""
        rows = self.service.rows(self.admin.tenant)
        if rows is not None:
            return rows
        calls = [
            Call("GET", "/v1/customers", query={"limit": "200"}),
            Call("GET", "/v1/contacts", query={"limit": "200"}),
            Call("GET", "/v1/fields"),
            Call("GET", "/v1/users", query={"limit": "200"}),
            Call("GET", "/v1/teams", query={"limit": "200"}),
            Call("GET", "/v1/integrations", query={"limit": "200"}),
            Call("GET", "/v1/me/devices"),
            Call("GET", "/v1/me/preferences"),
            Call("GET", f"/v1/customers/{self['customer']}/documents", query={"limit": "200"}),
            Call("GET", f"/v1/customers/{self['customer']}/contacts", query={"limit": "200"}),
            Call("GET", f"/v1/merges/{self['merge']}"),
            Call("GET", f"/v1/documents/{self['in_parts']}/parts"),
            # Deleted: still not to be read, hence neither restored by others.
            Call("GET", f"/v1/customers/{self['deleted_customer']}"),
            Call("GET", f"/v1/contacts/{self['deleted_contact']}"),
        ]
        answers = [self.service.call(self.admin, call) for call in calls]
        return json.dumps([[a.status, _without_request_id(a.body)] for a in answers])


class Nowhere:
    """Names of things that no tenant has ever had: what an id of another tenant must look like to a caller."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self._mark = f"zq{token_hex(6)}"

    def __getitem__(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = _NEVER.get(name, lambda _: new_id(SystemClock()))(self._mark)
        return self.made[name]


def _without_request_id(body: Any) -> Any:
    return {k: v for k, v in body.items() if k != "requestId"} if isinstance(body, dict) else body


def _deleted(path: str, make: Callable[[Estate], str]) -> Callable[[Estate], str]:
    def maker(estate: Estate) -> str:
        id = make(estate)
        estate.send("DELETE", f"{path}/{id}")
        return id

    return maker


def _merge(estate: Estate) -> str:
    winner, loser = estate.customer(), estate.customer()
    merged = estate.send("POST", f"/v1/customers/{winner}/merge", {"loserId": loser})
    return str(merged.body["mergeId"])


def _available(estate: Estate) -> str:
    id = estate.document()
    estate.send("POST", f"/v1/documents/{id}/complete")
    return id


def _customer(estate: Estate) -> str:
    return estate.customer(
        companyName=estate["name"],
        industry=estate["industry"],
        tier=estate["tier"],
        contactInfo={"email": estate["email"]},
        tags=[estate.mark],
    )


def _kept_by_customer(name: str) -> Callable[[Estate], str]:
    def maker(estate: Estate) -> str:
        external_id = f"{estate.mark}-{name}"
        estate.customer(externalId=external_id)
        return external_id

    return maker


def _kept_by_contact(name: str) -> Callable[[Estate], str]:
    def maker(estate: Estate) -> str:
        external_id = f"{estate.mark}-{name}"
        estate.contact(externalId=external_id)
        return external_id

    return maker


def _field(estate: Estate) -> str:
    body = {"entity": "customer", "name": estate["field_name"], "type": "text", "label": estate.mark}
    return str(estate.send("POST", "/v1/fields", body).body["fieldId"])


def _team(estate: Estate, suffix: str = "") -> str:
    body = {"teamId": f"t{estate.mark}{suffix}", "name": estate.mark}
    return str(estate.send("POST", "/v1/teams", body).body["teamId"])


def _deactivated(estate: Estate) -> str:
    id = estate.person()
    estate.send("POST", f"/v1/users/{id}:deactivate")
    return id


def _integration(estate: Estate) -> str:
    body = {"name": estate.mark, "role": "viewer", "scopes": ["records:read"]}
    return str(estate.send("POST", "/v1/integrations", body).body["integrationId"])


def _device(estate: Estate) -> str:
    body = {"platform": "fcm", "token": f"{estate.mark}-token", "name": estate.mark}
    return str(estate.send("POST", "/v1/me/devices", body).body["deviceId"])


MAKERS: dict[str, Callable[[Estate], str]] = {
    "name": lambda e: f"{e.mark} headquarters",
    "industry": lambda e: f"{e.mark} industry",
    "tier": lambda e: f"{e.mark} tier",
    "email": lambda e: f"{e.mark}@customer.example",
    "contact_email": lambda e: f"{e.mark}@contact.example",
    "external_id": _kept_by_customer("external_id"),
    "contact_external_id": _kept_by_contact("contact_external_id"),
    **{name: _kept_by_customer(name) for name in FREE_EXTERNAL_IDS},
    **{name: _kept_by_contact(name) for name in FREE_CONTACT_EXTERNAL_IDS},
    "field_name": lambda e: f"f{e.mark}",
    "owner": lambda e: e.owner.user,
    "team": lambda e: e.owner.team or "north",
    "key": lambda e: f"{e.mark}-key",
    "customer": _customer,
    "loser": lambda e: e.customer(),
    "deleted_customer": _deleted("/v1/customers", lambda e: e.customer()),
    "contact": lambda e: e.contact(customerId=e["customer"], email=e["contact_email"]),
    "single_contact": lambda e: e.contact(ownerId=e.owner.user, teamId=e.owner.team),
    "deleted_contact": _deleted("/v1/contacts", lambda e: e.contact(customerId=e["customer"])),
    "document": lambda e: e.document(),
    "available": _available,
    "in_parts": lambda e: e.document(IN_PARTS_BYTES),
    "field": _field,
    "merge": _merge,
    "own_team": lambda e: str(e.sales_team()),
    "new_team": lambda e: f"n{e.mark}",
    "action": lambda e: f"{e.mark}.made",
    "user": lambda e: e.person(),
    "deactivated_user": _deactivated,
    "sales_team": _team,
    "other_team": lambda e: _team(e, "-2"),
    "integration": _integration,
    "other_integration": _integration,
    "device": _device,
}
"""How each thing is made. All but the ids are made up."""

# What two tenants may share without knowing of each other.
_NOT_SECRET = frozenset({"owner", "team", "own_team"})
_NEVER: dict[str, Callable[[str], str]] = {
    **{name: (lambda kind: lambda mark: f"{mark} {kind}")(name) for name in ("name", "industry", "tier")},
    "email": lambda mark: f"{mark}@customer.example",
    "contact_email": lambda mark: f"{mark}@contact.example",
    "external_id": lambda mark: f"{mark}-external_id",
    "contact_external_id": lambda mark: f"{mark}-contact_external_id",
    **{
        name: (lambda kind: lambda mark: f"{mark}-{kind}")(name)
        for name in (*FREE_EXTERNAL_IDS, *FREE_CONTACT_EXTERNAL_IDS)
    },
    "field_name": lambda mark: f"f{mark}",
    "owner": lambda mark: f"{mark}-owner",
    "team": lambda mark: f"{mark}-team",
    "key": lambda mark: f"{mark}-key",
    "own_team": lambda mark: f"{mark}-team",
    "new_team": lambda mark: f"n{mark}",
    "action": lambda mark: f"{mark}.made",
    "sales_team": lambda mark: f"t{mark}",
    "other_team": lambda mark: f"t{mark}-2",
}


def colleague(caller: Caller, **facts: Any) -> Caller:
    """Return somebody else of the same tenant."""
    return replace(caller, **facts)
