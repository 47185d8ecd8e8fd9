"""A queued mail goes out at most once, whatever happens meanwhile and whatever stops when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from callers import Answer, Person, empty_tables
from mail_world import CrashError, MailWorld, mail_world

from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.mail_marks import MailMarks
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.errors import UnavailableError
from zebros_core.messaging import Operation


@pytest.fixture(scope="module")
def world() -> Iterator[MailWorld]:
    with mail_world() as made:
        yield made


@pytest.fixture(autouse=True)
def _emptied(world: MailWorld) -> Iterator[None]:
    world.service.mails.clear()
    yield
    empty_tables()
    world.service.trouble, world.service.taken, world.service.enabled = None, False, True


@pytest.fixture
def admin(world: MailWorld) -> Person:
    return world.person(world.tenant())


def faults(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 422, answer.text
    return [(fault["field"], fault["code"]) for fault in answer.body["errors"]]


def queued(world: MailWorld, person: Person, **facts: Any) -> str:
    answer = world.send(person, world.contact(person), **facts)
    assert answer.status == 202, answer.text
    return answer.body["activityId"]


def test_an_event_that_comes_again_sends_nothing_again(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    for _ in range(3):
        world.deliver(admin, id)
    assert len(world.service.mails) == 1


def change_contact(**changes: Any) -> Callable[[MailWorld, Person, str], None]:
    def act(world: MailWorld, person: Person, id: str) -> None:
        contact = person.get(f"/v1/activities/{id}").body["relatedId"]
        assert world.at_customers(person).patch(f"/v1/contacts/{contact}", changes).status == 200

    return act


def delete_contact(world: MailWorld, person: Person, id: str) -> None:
    contact = person.get(f"/v1/activities/{id}").body["relatedId"]
    assert world.at_customers(person).delete(f"/v1/contacts/{contact}").status == 204


def cancel(world: MailWorld, person: Person, id: str) -> None:
    assert person.patch(f"/v1/activities/{id}", {"status": "cancelled"}).status == 200


def suspend(world: MailWorld, person: Person, id: str) -> None:
    tenant = world.activities.registry.get(person.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name, status="suspended"))


def resume(world: MailWorld, person: Person) -> None:
    tenant = world.activities.registry.get(person.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name))


def switch_off(world: MailWorld, person: Person, id: str) -> None:
    world.service.enabled = False


def lose_content(world: MailWorld, person: Person, id: str) -> None:
    world.activities.mailing.room(person.tenant).contents.delete(id)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (change_contact(doNotContact=True), "do-not-contact"),
        (change_contact(email="mira@other.example"), "address-changed"),
        (change_contact(email=None), "no-email"),
        (delete_contact, "contact-gone"),
        (cancel, "cancelled"),
        (suspend, "tenant-not-active"),
        (switch_off, "mail-off"),
        (lose_content, "content-gone"),
    ],
)
def test_what_happened_since_a_mail_was_written_may_stop_it(
    admin: Person, world: MailWorld, act: Callable[..., None], reason: str
) -> None:
    id = queued(world, admin)
    act(world, admin, id)
    world.deliver(admin, id)
    resume(world, admin)
    delivery = world.delivery(admin, id)
    assert (delivery["status"], delivery["reason"]) == ("failed", reason)
    assert not world.service.mails
    assert admin.get(f"/v1/activities/{id}").body["status"] != "completed"


def test_a_file_that_is_gone_stops_its_mail(admin: Person, world: MailWorld) -> None:
    document = world.document(admin)
    id = queued(world, admin, attachments=[document["documentId"]])
    bucket = world.activities.core.documents_bucket
    kept = world.activities.mailing.room(admin.tenant).contents.find(id)
    assert kept is not None
    world.activities.s3().delete_object(Bucket=bucket, Key=kept.attachments[0].object_key)
    world.deliver(admin, id)
    assert world.delivery(admin, id)["reason"] == "attachment-gone"


def test_a_deleted_mail_is_not_sent_and_forgotten(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    assert admin.delete(f"/v1/activities/{id}").status == 204
    world.deliver(admin, id)
    world.deliver(admin, id, Operation.DELETED)
    assert not world.service.mails
    assert world.activities.mailing.room(admin.tenant).contents.find(id) is None
    assert admin.post(f"/v1/activities/{id}/restore").status == 200
    world.deliver(admin, id, Operation.RESTORED)
    assert world.delivery(admin, id)["reason"] == "content-gone"


def test_a_mail_that_was_not_taken_is_tried_again(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    world.service.trouble = NotTakenError()
    with pytest.raises(NotTakenError):
        world.deliver(admin, id)
    assert world.delivery(admin, id)["status"] == "queued"
    world.deliver(admin, id)
    assert (len(world.service.mails), world.delivery(admin, id)["status"]) == (1, "sent")


def test_a_mail_that_was_refused_fails(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    world.service.trouble = RefusedError("MessageRejected")
    world.deliver(admin, id)
    world.deliver(admin, id)
    delivery = world.delivery(admin, id)
    assert (delivery["status"], delivery["reason"]) == ("failed", "refused: MessageRejected")
    assert not world.service.mails


@pytest.mark.parametrize("taken", [True, False])
def test_a_mail_whose_answer_was_lost_is_uncertain_and_not_sent_again(
    admin: Person, world: MailWorld, taken: bool
) -> None:
    id = queued(world, admin)
    world.service.trouble, world.service.taken = DeliveryUncertainError(), taken
    for _ in range(2):
        world.deliver(admin, id)
        world.clock.advance(3600)
    assert len(world.service.mails) == int(taken)
    assert world.delivery(admin, id)["status"] == "uncertain"


class Stop:
    """Stops the process before or after the n-th call of a method."""

    def __init__(self, patch: pytest.MonkeyPatch, owner: type, method: str, *, after: bool) -> None:
        real, self.left = getattr(owner, method), 1

        def stopped(this: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.left:
                return real(this, *args, **kwargs)
            self.left -= 1
            if after:
                real(this, *args, **kwargs)
            raise CrashError

        patch.setattr(owner, method, stopped)


@pytest.mark.parametrize(
    ("owner", "method", "after", "sent", "status"),
    [
        (MailMarks, "find", True, 1, "sent"),
        (MailMarks, "claim", False, 1, "sent"),
        (MailMarks, "claim", True, 0, "uncertain"),
        (MailMarks, "taken", False, 1, "uncertain"),
        (MailMarks, "taken", True, 1, "sent"),
        (ActivityRepository, "save", False, 1, "sent"),
        (ActivityRepository, "save", True, 1, "sent"),
    ],
)
def test_stopped_anywhere_a_mail_goes_out_at_most_once(
    admin: Person,
    world: MailWorld,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    after: bool,
    sent: int,
    status: str,
) -> None:
    id = queued(world, admin)
    Stop(monkeypatch, owner, method, after=after)
    with pytest.raises(CrashError):
        world.deliver(admin, id)
    try:
        world.deliver(admin, id)
    except UnavailableError:
        assert status == "uncertain", "an attempt may still be under way"
        world.clock.advance(timedelta(minutes=3).total_seconds())
        world.deliver(admin, id)
    world.deliver(admin, id)
    assert len(world.service.mails) == sent
    assert world.delivery(admin, id)["status"] == status


@pytest.mark.parametrize("taken", [True, False])
def test_stopped_within_the_mail_service_a_mail_goes_out_at_most_once(
    admin: Person, world: MailWorld, taken: bool
) -> None:
    id = queued(world, admin)
    world.service.trouble, world.service.taken = CrashError(), taken
    with pytest.raises(CrashError):
        world.deliver(admin, id)
    with pytest.raises(UnavailableError):
        world.deliver(admin, id)
    world.clock.advance(200)
    world.deliver(admin, id)
    assert len(world.service.mails) == int(taken)
    assert world.delivery(admin, id)["status"] == "uncertain"


def test_two_workers_send_one_mail(admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    id = queued(world, admin)
    claim, others = MailMarks.claim, []

    def claim_after_another(self: MailMarks, activity_id: str) -> bool:
        if not others:
            others.append(True)
            world.deliver(admin, id)
        return claim(self, activity_id)

    monkeypatch.setattr(MailMarks, "claim", claim_after_another)
    with pytest.raises(UnavailableError):
        world.deliver(admin, id)
    world.deliver(admin, id)
    assert (len(world.service.mails), world.delivery(admin, id)["status"]) == (1, "sent")


def test_somebody_who_edits_meanwhile_loses_nothing(
    admin: Person, world: MailWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = queued(world, admin)
    save, raced = ActivityRepository.save, []

    def save_after_somebody(self: Any, new: Any, **facts: Any) -> Any:
        if not raced:
            raced.append(True)
            assert admin.patch(f"/v1/activities/{id}", {"priority": "high"}).status == 200
        return save(self, new, **facts)

    monkeypatch.setattr(ActivityRepository, "save", save_after_somebody)
    world.deliver(admin, id)
    after = admin.get(f"/v1/activities/{id}").body
    assert (after["priority"], after["delivery"]["status"]) == ("high", "sent")


def test_nobody_sets_the_delivery_of_a_mail(admin: Person, world: MailWorld) -> None:
    id = queued(world, admin)
    wrong = admin.patch(f"/v1/activities/{id}", {"delivery": None})
    assert faults(wrong)[0][0] == "/delivery"
    logged = admin.post("/v1/activities", {"type": "email", "subject": "Written elsewhere"}).body
    assert logged["delivery"] is None
    world.deliver(admin, logged["activityId"])
    assert not world.service.mails
