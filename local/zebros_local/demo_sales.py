"""Something to look at in one demo company: customers, leads, deals and activities, entered by its people.

One company only: the other stays empty, for whoever loads data of their own and compares the figures.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from zebros_local.api_calls import require, send
from zebros_local.errors import DeployFailedError
from zebros_local.identity import LocalIdentity, Realm
from zebros_local.settings import CHECKOUT
from zebros_local.state import StackState

SALES: Final = CHECKOUT / "local" / "demo" / "sales.json"

_IDS: Final = {
    "products": "productId",
    "customers": "customerId",
    "contacts": "contactId",
    "leads": "leadId",
    "opportunities": "opportunityId",
    "activities": "activityId",
}
"""Collections, and the field of their records' ids."""

_NOT_BY_EXTERNAL_ID: Final = frozenset({"contacts"})
"""Collections without that route: their records are made under an idempotency key."""


@dataclass
class _Entering:
    """What was entered so far: the ids of records by their keys, and each person's token."""

    state: StackState
    tenant: str
    now: datetime
    ids: dict[str, str] = field(default_factory=dict[str, str])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def token(self, person: str) -> str:
        if person not in self.tokens:
            found = Realm.load().person(self.tenant, person)
            self.tokens[person] = LocalIdentity.of(self.state).person_token(found)
        return self.tokens[person]

    def enter(self, record: dict[str, Any]) -> None:
        """Make a record under its key, or bring it back to what the file says."""
        collection, key = record["collection"], record["key"]
        token, body = self.token(record["by"]), self._body(record)
        if collection in _NOT_BY_EXTERNAL_ID:
            made = require(self.state, token, "POST", f"/v1/{collection}", body, key=key)
        else:
            made = require(self.state, token, "PUT", f"/v1/{collection}/by-external-id/{key}", body)
        self.ids[key] = made[_IDS[collection]]

    def _body(self, record: dict[str, Any]) -> dict[str, Any]:
        body = {**record["body"]}
        body |= {name: self.ids[key] for name, key in record.get("refs", {}).items()}
        if "related" in record:
            kind, key = record["related"]
            body |= {"relatedType": kind, "relatedId": self.ids[key]}
        if "lines" in record:
            body["lines"] = [
                {"productId": self.ids[line["product"]], "quantity": line["quantity"]}
                for line in record["lines"]
            ]
        for name, days in record.get("days", {}).items():
            body[name] = f"{self.now + timedelta(days=days):%Y-%m-%d}"
        for name, (days, hour) in record.get("at", {}).items():
            body[name] = f"{self.now + timedelta(days=days):%Y-%m-%d}T{hour:02}:00:00Z"
        return body


def ensure_demo_sales(state: StackState) -> int:
    """Enter the demo company's sales unless all of them were; return how many records that were.

    Nothing is entered again over what people have changed since. Raises `DeployFailedError` with the answer of a call
    that is refused.
    """
    document = json.loads(SALES.read_text(encoding="utf-8"))
    entering = _Entering(state, document["tenant"], datetime.now(UTC))
    records = document["records"]
    if _was_entered(entering, records[-1]):
        return 0
    for record in records:
        entering.enter(record)
    return len(records)


def _was_entered(entering: _Entering, last: dict[str, Any]) -> bool:
    path = f"/v1/{last['collection']}/by-external-id/{last['key']}"
    answer = send(entering.state, entering.token(last["by"]), "GET", path)
    if not answer.is_success and answer.status != http.client.NOT_FOUND:
        raise DeployFailedError(f"GET {path} failed: {answer.status} {answer.text}")
    return answer.is_success
