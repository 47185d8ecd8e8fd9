"""Notifications reach their people as they wish, once on each way, whatever fails."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from callers import Person
from deliveries import Post, connect, deliver, notification
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_auth.domain.ports_notifications import EndpointGoneError
from zebros_core.clock import FixedClock
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.tenancy.registry import Tenant


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@pytest.fixture
def post(container: Container) -> Post:
    return connect(container)


def prefer(person: Person, **preferences: Any) -> None:
    answer = person.patch("/v1/me/preferences", preferences)
    assert answer.status == 200, answer.text


def with_phone(person: Person) -> str:
    body = {"platform": "fcm", "token": "token-1", "name": "Phone"}
    answer = person.post("/v1/me/devices", body)
    assert answer.status == 201, answer.text
    return answer.body["deviceId"]


def night(clock: FixedClock) -> None:
    """It is 23:30 in Berlin, the day after whatever day it is."""
    now = clock.now()
    clock.advance((datetime(now.year, now.month, now.day, 22, 30, tzinfo=UTC) - now).total_seconds(), days=1)


def test_mail_and_push_in_the_persons_language(
    container: Container, post: Post, person: Callable[..., Person]
) -> None:
    ben, ada = person(), person()
    prefer(ben, language="de")
    with_phone(ben)
    sent = notification(container, ben.tenant, ben.user, actor=ada.user)
    assert deliver(container, sent) == ["push:sent", "email:sent"]
    (mail,) = post.mails
    assert mail.content.subject == "Tidewater & Sons gehört jetzt Ihnen"
    assert "hat Ihnen den Kunden Tidewater & Sons zugewiesen" in mail.content.text
    assert "Tidewater &amp; Sons" in mail.content.html
    assert "https://app.test/customers/01JABCDEFGHJKMNPQRSTVWXYZ0" in mail.content.html
    assert mail.tags == {"tenantId": ben.tenant, "key": sent.id}
    (push,) = post.pushes
    assert push[1] == "Tidewater & Sons gehört jetzt Ihnen"
    assert push[2]["recordId"] == sent.record_id


def test_one_that_comes_again_is_told_once(
    container: Container, post: Post, both: tuple[Person, Person]
) -> None:
    for person in both:
        with_phone(person)
        sent = notification(container, person.tenant, person.user)
        deliver(container, sent)
        assert deliver(container, sent) == ["push:already", "email:already"]
    # Two tenants, each its own; the same token is a device of each.
    assert len(post.mails) == len(post.pushes) == 2
    assert {mail.tags["tenantId"] for mail in post.mails} == {person.tenant for person in both}


def test_nobody_of_another_tenant_is_told(
    container: Container, post: Post, both: tuple[Person, Person]
) -> None:
    mine, theirs = both
    assert deliver(container, notification(container, mine.tenant, theirs.user)) == ["unknown-user"]
    assert not post.mails


@pytest.mark.parametrize("taken", [False, True])
def test_a_crash_between_mark_and_answer_may_lose_a_mail_and_never_doubles_it(
    container: Container, post: Post, admin: Person, taken: bool
) -> None:
    sent = notification(container, admin.tenant, admin.user)
    post.trouble, post.taken = CrashError(), taken
    with pytest.raises(CrashError):
        deliver(container, sent)
    assert deliver(container, sent) == ["email:already"]
    assert len(post.mails) == (1 if taken else 0)


def test_what_was_certainly_not_taken_is_sent_at_the_next_attempt(
    container: Container, post: Post, admin: Person
) -> None:
    with_phone(admin)
    sent = notification(container, admin.tenant, admin.user)
    post.trouble = NotTakenError()
    with pytest.raises(NotTakenError):
        deliver(container, sent)
    # The way that was open was taken all the same, and is not taken again.
    assert len(post.mails) == 1
    assert deliver(container, sent) == ["push:sent", "email:already"]


def test_an_answer_that_never_came_is_not_tried_again(
    container: Container, post: Post, admin: Person
) -> None:
    sent = notification(container, admin.tenant, admin.user)
    post.trouble = DeliveryUncertainError()
    assert deliver(container, sent) == ["email:uncertain"]
    assert deliver(container, sent) == ["email:already"]


def test_a_refusal_for_good_is_no_trouble_for_the_queue(
    container: Container, post: Post, admin: Person
) -> None:
    post.trouble = RefusedError("MessageRejected")
    assert deliver(container, notification(container, admin.tenant, admin.user)) == ["email:refused"]


def test_a_kind_comes_only_on_the_ways_that_are_wanted(
    container: Container, post: Post, admin: Person
) -> None:
    with_phone(admin)
    prefer(admin, channels={"customer.assigned": {"push": True, "email": False}})
    assert deliver(container, notification(container, admin.tenant, admin.user)) == ["push:sent"]
    prefer(admin, channels={"customer.assigned": {"push": False, "email": False}})
    assert deliver(container, notification(container, admin.tenant, admin.user, number=2)) == ["no-way"]
    assert not post.mails


def test_a_reminder_names_the_persons_own_time_leads_to_the_activity_and_comes_in_quiet_hours(
    container: Container, post: Post, admin: Person, clock: FixedClock
) -> None:
    prefer(admin, timeZone="Europe/Berlin", quietHours={"from": "00:00", "to": "23:59"})
    reminder = notification(
        container,
        admin.tenant,
        admin.user,
        kind="activity.due",
        entity="activity",
        params={"name": "Ring Mira", "type": "call"},
        at=datetime(2026, 7, 1, 8, 30, tzinfo=UTC),
        urgent=True,
    )
    assert deliver(container, reminder) == ["email:sent"]
    (mail,) = post.mails
    assert "2026-07-01 10:30 (Europe/Berlin)" in mail.content.text
    assert f"/activities/{reminder.record_id}" in mail.content.text


def test_quiet_hours_wait_for_their_end_in_the_persons_zone(
    container: Container, post: Post, admin: Person, clock: FixedClock
) -> None:
    prefer(admin, timeZone="Europe/Berlin", quietHours={"from": "22:00", "to": "07:00"})
    night(clock)
    sent = notification(container, admin.tenant, admin.user)
    assert deliver(container, sent) == ["deferred"]
    ((deferred, until),) = post.deferred
    assert deferred == sent
    assert until.hour == 6  # 07:00 in Berlin
    assert not post.mails
    clock.advance((until - clock.now()).total_seconds())
    assert deliver(container, deferred) == ["email:sent"]


def test_what_is_urgent_waits_for_nothing(
    container: Container, post: Post, admin: Person, clock: FixedClock
) -> None:
    prefer(admin, timeZone="Europe/Berlin", quietHours={"from": "22:00", "to": "07:00"})
    night(clock)
    urgent = notification(container, admin.tenant, admin.user, urgent=True)
    assert deliver(container, urgent) == ["email:sent"]
    assert not post.deferred


def test_who_may_not_sign_in_is_told_nothing(
    container: Container, post: Post, person: Callable[..., Person], identity: FakeIdentity
) -> None:
    admin, leaver = person(), person(role="viewer")
    answer = admin.post(f"/v1/users/{leaver.user}:deactivate")
    assert answer.status == 200, answer.text
    assert deliver(container, notification(container, leaver.tenant, leaver.user)) == ["deactivated"]


def test_old_news_and_suspended_tenants_are_dropped(
    container: Container, post: Post, admin: Person, clock: FixedClock
) -> None:
    old = notification(container, admin.tenant, admin.user)
    clock.advance(days=8)
    assert deliver(container, old) == ["stale"]
    known = container.registry.get(admin.tenant)
    container.registry.put(Tenant(id=known.id, name=known.name, status="suspended", epoch=2))
    assert deliver(container, notification(container, admin.tenant, admin.user)) == ["tenant-not-active"]
    assert container.notifying.desk("nobody99") is None
    assert not post.mails


def test_a_device_that_is_gone_is_forgotten(container: Container, post: Post, admin: Person) -> None:
    with_phone(admin)
    post.trouble = EndpointGoneError()
    outcomes = deliver(container, notification(container, admin.tenant, admin.user))
    assert outcomes == ["push:pruned", "email:sent"]
    assert admin.get("/v1/me/devices").body == {"items": []}


def test_a_stage_without_mail_or_push_sends_none(container: Container, post: Post, admin: Person) -> None:
    post.enabled = False
    answer = admin.post("/v1/me/devices", {"platform": "apns", "token": "t", "name": "iPhone"})
    assert answer.body["push"] is False
    outcomes = deliver(container, notification(container, admin.tenant, admin.user))
    assert outcomes == ["push:off", "email:off"]


def test_the_mailer_sends_once_for_a_key(
    container: Container, post: Post, both: tuple[Person, Person]
) -> None:
    for person in both:
        mailer = container.notifying.mailer(person.tenant)
        values = {"name": "Ada", "tenant": "Acme"}
        sent = [mailer.send("tenant.welcome", "ada@acme.example", "de", values, "welcome") for _ in range(2)]
        assert sent == [True, False]
    assert [mail.content.subject for mail in post.mails] == ["Acme ist auf Zebros eingerichtet"] * 2
