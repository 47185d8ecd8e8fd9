"""What contacts show of activities: when they were last contacted, and that their address takes no mail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from callers import Person

from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.messaging.envelope import instant_text
from zebros_customers.bootstrap import Container
from zebros_customers.handlers import events
from zebros_customers.use_cases.note_contacted import note_contacted

ADDRESS = "mira@tidewater.example"


@pytest.fixture
def tell(container: Container, clock: FixedClock) -> Callable[..., None]:
    """Hand over an activity's change, as the function does; ``minutes`` ago for instants."""

    def hand_over(
        of: Person,
        *,
        version: int = 1,
        operation: Operation = Operation.UPDATED,
        minutes: int = 60,
        delivery: str | None = None,
        to: str = ADDRESS,
        **facts: Any,
    ) -> None:
        at = instant_text(clock.now() - timedelta(minutes=minutes))
        snapshot = {
            "activityId": "01JABCDEFGHJKMNPQRSTVWXYZ0",
            "type": "call",
            "status": "completed",
            "completedAt": at,
            "participants": {"contactIds": [], "userIds": ["user-2"]},
            "subject": "Call",
            **facts,
        }
        if delivery is not None:
            snapshot |= {"type": "email", "delivery": {"status": delivery, "to": to, "at": at}}
        change = EntityChanged(
            event_id=f"e-{version}",
            tenant_id=of.tenant,
            entity="activity",
            id="01JABCDEFGHJKMNPQRSTVWXYZ0",
            version=version,
            operation=operation,
            occurred_at=clock.now(),
            snapshot=None if operation is Operation.REMOVED else snapshot,
        )
        note_contacted(container.system_workspace(of.tenant, "contacted"), change)

    return hand_over


def contact_of(person: Person, email: str = ADDRESS) -> dict[str, Any]:
    answer = person.post("/v1/contacts", {"lastName": "Vantongeren", "email": email})
    assert answer.status == 201, answer.text
    assert answer.body["lastContactedAt"] is None
    assert answer.body["emailBouncedAt"] is None
    return answer.body


def shown(person: Person, contact: dict[str, Any]) -> dict[str, Any]:
    return person.get(f"/v1/contacts/{contact['contactId']}").body


def ago(clock: FixedClock, minutes: int) -> str:
    return (clock.now() - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("kind", ["call", "meeting", "email"])
def test_a_completed_activity_contacts_whom_it_is_about_and_who_took_part(
    both: tuple[Person, Person], clock: FixedClock, tell: Any, kind: str
) -> None:
    mine, theirs = both
    about, present, other = (contact_of(mine, f"{name}@tidewater.example") for name in "abc")
    foreign = contact_of(theirs)
    tell(
        mine,
        type=kind,
        relatedType="contact",
        relatedId=about["contactId"],
        participants={"contactIds": [present["contactId"], foreign["contactId"]]},
    )
    assert shown(mine, about)["lastContactedAt"] == ago(clock, 60)
    assert shown(mine, present)["lastContactedAt"] == ago(clock, 60)
    assert shown(mine, other)["lastContactedAt"] is None
    assert shown(theirs, foreign)["lastContactedAt"] is None
    assert shown(mine, about)["updatedBy"] == "system:contacted"


@pytest.mark.parametrize(
    "facts",
    [
        {"type": "task"},
        {"type": "note"},
        {"status": "open", "completedAt": None},
        {"status": "cancelled", "completedAt": None},
        {"operation": Operation.DELETED},
        {"operation": Operation.REMOVED},
    ],
)
def test_what_contacts_nobody_changes_nothing(admin: Person, tell: Any, facts: dict[str, Any]) -> None:
    contact = contact_of(admin)
    tell(admin, relatedType="contact", relatedId=contact["contactId"], **facts)
    assert shown(admin, contact) == contact


def test_the_latest_counts_in_whatever_order_and_however_often_it_comes(
    admin: Person, clock: FixedClock, tell: Any
) -> None:
    for order in permutations((30, 60, 90)):
        contact = contact_of(admin, f"{'-'.join(map(str, order))}@tidewater.example")
        for minutes in (*order, *order):
            tell(admin, minutes=minutes, relatedType="contact", relatedId=contact["contactId"])
        assert shown(admin, contact)["lastContactedAt"] == ago(clock, 30)
        assert shown(admin, contact)["version"] <= 4, "what is known already writes nothing"


def test_reopening_an_activity_does_not_make_it_unhappened(
    admin: Person, clock: FixedClock, tell: Any
) -> None:
    contact = contact_of(admin)
    about = {"relatedType": "contact", "relatedId": contact["contactId"]}
    tell(admin, **about)
    tell(admin, version=2, status="open", completedAt=None, **about)
    tell(admin, version=3, operation=Operation.DELETED, **about)
    assert shown(admin, contact)["lastContactedAt"] == ago(clock, 60)


def test_an_address_that_takes_no_mail_is_marked_until_it_changes(
    both: tuple[Person, Person], clock: FixedClock, tell: Any
) -> None:
    mine, theirs = both
    contact, foreign = contact_of(mine), contact_of(theirs)
    where = f"/v1/contacts/{contact['contactId']}"
    about = {"participants": {"contactIds": [contact["contactId"]]}, "status": "completed"}
    tell(mine, delivery="delivered", **about)
    assert shown(mine, contact)["emailBouncedAt"] is None
    for _ in range(2):
        tell(mine, delivery="bounced", minutes=5, **about)
    assert shown(mine, contact)["emailBouncedAt"] == ago(clock, 5)
    assert shown(theirs, foreign)["emailBouncedAt"] is None
    assert mine.patch(where, {"position": "Buyer"}).body["emailBouncedAt"] == ago(clock, 5)
    assert mine.patch(where, {"email": "mira@new.example"}).body["emailBouncedAt"] is None
    tell(mine, delivery="bounced", minutes=4, **about)
    assert shown(mine, contact)["emailBouncedAt"] is None, "it was the former address"


def test_what_the_system_keeps_cannot_be_set(admin: Person) -> None:
    for field in ("lastContactedAt", "emailBouncedAt"):
        answer = admin.post("/v1/contacts", {"lastName": "X", field: "2026-01-01T00:00:00Z"})
        assert answer.status == 422
        assert answer.body["errors"][0]["field"] == f"/{field}"


def test_a_contact_in_the_trash_or_of_nobody_is_left_alone(admin: Person, tell: Any) -> None:
    contact = contact_of(admin)
    where = f"/v1/contacts/{contact['contactId']}"
    assert admin.delete(where).status == 204
    tell(admin, participants={"contactIds": [contact["contactId"], "01JABCDEFGHJKMNPQRSTVWXYZ1"]})
    assert admin.post(f"{where}/restore").body["lastContactedAt"] is None


def test_a_race_with_somebody_who_edits_is_carried_on(
    admin: Person, container: Container, clock: FixedClock, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = contact_of(admin)
    where = f"/v1/contacts/{contact['contactId']}"
    repository = type(container.system_workspace(admin.tenant, "test").contacts)
    found, raced = repository.find, []

    def find_then_edit(self: Any, id: str) -> Any:
        read = found(self, id)
        if not raced:
            raced.append(True)
            assert admin.patch(where, {"position": "Buyer"}).status == 200
        return read

    monkeypatch.setattr(repository, "find", find_then_edit)
    tell(admin, relatedType="contact", relatedId=contact["contactId"])
    after = shown(admin, contact)
    assert (after["position"], after["lastContactedAt"]) == ("Buyer", ago(clock, 60))


def test_the_queue_takes_activities_only_and_from_their_service(
    admin: Person, container: Container, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "container", lambda: container)
    events._consumer.cache_clear()
    contact = contact_of(admin)
    change = EntityChanged(
        event_id="e-1",
        tenant_id=admin.tenant,
        entity="activity",
        id="01JABCDEFGHJKMNPQRSTVWXYZ0",
        version=1,
        operation=Operation.CREATED,
        occurred_at=clock.now(),
        snapshot={
            "type": "meeting",
            "status": "completed",
            "completedAt": ago(clock, 1),
            "relatedType": "contact",
            "relatedId": contact["contactId"],
        },
    )

    def message(number: int, source: str) -> dict[str, str]:
        detail = json.loads(change.to_wire())
        body = {"source": source, "detail-type": "EntityChanged", "detail": detail}
        return {"messageId": str(number), "body": json.dumps(body)}

    records = [message(1, "zebros.pipeline"), message(2, "zebros.activities")]
    answer = events.contacted_handler({"Records": records}, None)
    events._consumer.cache_clear()
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert shown(admin, contact)["lastContactedAt"] == ago(clock, 1)
