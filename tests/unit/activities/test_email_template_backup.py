"""E-mail templates as backups take and bring them, with what they say: by our own machinery, by the bulk door."""

from __future__ import annotations

from typing import Any

import pytest
from callers import Person
from in_process_doors import InProcessDoors

from zebros_core.bulk.client import BulkDoorClient
from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError
from zebros_core.tenancy import TenantContext

OFFER = {
    "name": "Offer",
    "subject": "Your offer, {{ contact.firstName }}",
    "text": "Dear {{ contact.fullName }}, äöü\n",
    "html": "<p>Dear {{ contact.fullName }}</p>",
}


@pytest.fixture
def door(container: Any, doors: InProcessDoors) -> Any:
    del doors

    def of(person: Person, *, system: bool = True) -> BulkDoorClient:
        context = TenantContext(
            person.tenant,
            "system:backup" if system else person.user,
            roles=frozenset(person.roles),
            isolation=container.registry.get(person.tenant).isolation,
        )
        return (container.bulk_doors.system_door if system else container.bulk_doors.door)(
            "activities", context
        )

    return of


def template(person: Person, **facts: Any) -> dict[str, Any]:
    answer = person.post("/v1/email-templates", {**OFFER, **facts})
    assert answer.status == 201, answer.text
    return answer.body


def outcomes(answer: list[dict[str, Any]]) -> list[str]:
    return [outcome["outcome"] for outcome in answer]


def test_templates_come_back_under_their_ids_with_what_they_said(
    both: tuple[Person, Person], door: Any
) -> None:
    one, two = both
    made = [template(one), template(one, name="Thanks", html=None)]
    template(two, name="Theirs")
    kept = list(door(one).settings())
    assert {(item["kind"], item["id"], item["value"]["name"]) for item in kept} == {
        ("emailTemplate", found["templateId"], found["name"]) for found in made
    }
    assert outcomes(door(one).put_settings(kept)) == ["unchanged", "unchanged"]
    for found in made:
        assert one.delete(f"/v1/email-templates/{found['templateId']}").status == 204
    assert outcomes(door(one).put_settings(kept)) == ["created", "created"]
    for found in made:
        again = one.get(f"/v1/email-templates/{found['templateId']}").body
        same = ("name", "subject", "text", "html", "createdAt", "createdBy")
        assert {name: again[name] for name in same} == {name: found[name] for name in same}
        assert again["version"] > found["version"]
    assert outcomes(door(one).put_settings(kept)) == ["unchanged", "unchanged"]
    assert [item["value"]["name"] for item in door(two).settings()] == ["Theirs"]


def test_a_template_of_which_nothing_is_left_comes_back(admin: Person, door: Any, clock: FixedClock) -> None:
    made = template(admin)
    kept = list(door(admin).settings())
    admin.delete(f"/v1/email-templates/{made['templateId']}")
    clock.advance(days=30)
    assert outcomes(door(admin).put_settings(kept)) == ["created"]
    assert admin.get(f"/v1/email-templates/{made['templateId']}").body["text"] == made["text"]


def test_a_template_that_was_changed_says_again_what_it_said(admin: Person, door: Any) -> None:
    made = template(admin)
    kept = list(door(admin).settings())
    path = f"/v1/email-templates/{made['templateId']}"
    assert admin.put(path, {**OFFER, "name": "Bid", "text": "No."}, If_Match='"1"').status == 200
    assert outcomes(door(admin).put_settings(kept)) == ["updated"]
    again = admin.get(path).body
    assert (again["name"], again["text"], again["version"]) == ("Offer", made["text"], 3)


def test_a_name_that_another_template_has_taken_is_a_conflict(admin: Person, door: Any) -> None:
    made = template(admin)
    kept = list(door(admin).settings())
    admin.delete(f"/v1/email-templates/{made['templateId']}")
    other = template(admin, text="Another.")
    answer = door(admin).put_settings(kept)
    assert outcomes(answer) == ["conflict"]
    assert answer[0]["problem"]["records"][0]["id"] == other["templateId"]
    assert admin.get(f"/v1/email-templates/{made['templateId']}").status == 404


def test_many_templates_are_given_page_by_page(admin: Person, door: Any) -> None:
    names = {template(admin, name=f"Template {number}")["name"] for number in range(12)}
    first = door(admin).call("settings")
    assert len(first["items"]) == 10
    assert {item["value"]["name"] for item in door(admin).settings()} == names


def test_wrong_templates_are_rejected_each_alone(admin: Person, door: Any) -> None:
    template(admin)
    (kept,) = door(admin).settings()
    wrong = [
        {**kept, "value": {**kept["value"], "text": "{% import 'os' %}"}},
        {**kept, "value": {**kept["value"], "templateId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}},
        {**kept, "value": {**kept["value"], "createdAt": "yesterday"}},
        {**kept, "value": {**kept["value"], "subject": "two\nlines"}},
        {**kept, "id": "other"},
    ]
    assert outcomes(door(admin).put_settings([*wrong, kept])) == ["rejected"] * 5 + ["unchanged"]


def test_only_our_machinery_takes_and_brings_templates(both: tuple[Person, Person], door: Any) -> None:
    one, _ = both
    template(one)
    with pytest.raises(ForbiddenError):
        list(door(one, system=False).settings())
    with pytest.raises(ForbiddenError):
        door(one, system=False).put_settings(list(door(one).settings()))
