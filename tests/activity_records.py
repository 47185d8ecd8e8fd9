"""Records that tests of activities make through the API."""

from __future__ import annotations

from typing import Any

from callers import Person

CALL = {"type": "call", "subject": "Ask about the trial"}
LONG = "Sie möchten ein Angebot für zwölf Geräte. " * 40


def customer(person: Person, name: str = "Tidewater Instruments", **facts: Any) -> str:
    answer = person.post("/v1/customers", {"companyName": name, **facts})
    assert answer.status == 201, answer.text
    return answer.body["customerId"]


def contact(person: Person, customer_id: str | None, last_name: str = "Vantongeren", **facts: Any) -> str:
    body = {"lastName": last_name, **({"customerId": customer_id} if customer_id else {}), **facts}
    answer = person.post("/v1/contacts", body)
    assert answer.status == 201, answer.text
    return answer.body["contactId"]


def activity(person: Person, **facts: Any) -> dict[str, Any]:
    answer = person.post("/v1/activities", {**CALL, **facts})
    assert answer.status == 201, answer.text
    return answer.body
