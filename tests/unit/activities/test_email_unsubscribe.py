"""The public page behind the link of a mail: asking changes nothing, one click does, and nobody learns more."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from callers import Person, empty_tables
from mail_world import API, MailWorld, mail_world

from zebros_activities.domain.unsubscribe_token import VALID_SECONDS, UnsubscribeTokens
from zebros_activities.handlers import unsubscribe
from zebros_core.errors import UnavailableError

NOT_VALID = "This link is not valid, or not valid any more."


@pytest.fixture(scope="module")
def world() -> Iterator[MailWorld]:
    with mail_world() as made:
        yield made


@pytest.fixture(autouse=True)
def _emptied(world: MailWorld) -> Iterator[None]:
    yield
    empty_tables()


@pytest.fixture
def admin(world: MailWorld) -> Person:
    return world.person(world.tenant(name="Möbel & <Söhne>"))


def token_of(world: MailWorld, person: Person, contact: dict[str, Any]) -> str:
    url = world.activities.mailing.unsubscribe_url(person.tenant, contact["contactId"])
    assert url.startswith(f"{API}/v1/unsubscribe/")
    return url.rpartition("/")[2]


def ask(world: MailWorld, method: str, token: str, **event: Any) -> dict[str, Any]:
    return unsubscribe.respond(
        world.activities,
        {
            "version": "2.0",
            "rawPath": f"/v1/unsubscribe/{token}",
            "pathParameters": {"token": token},
            "requestContext": {"http": {"method": method}},
            **event,
        },
    )


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_looking_changes_nothing_and_one_click_is_enough(world: MailWorld, model: str) -> None:
    mine, theirs = (world.person(world.tenant(model)) for _ in range(2))
    contact, other = world.contact(mine), world.contact(theirs)
    token = token_of(world, mine, contact)
    for method in ("GET", "HEAD", "GET"):
        answer = ask(world, method, token)
        assert answer["statusCode"] == 200
        assert '<form method="post"><button' in answer["body"]
    assert world.shown(mine, contact)["doNotContact"] is False
    for _ in range(2):
        answer = ask(world, "POST", token, body="List-Unsubscribe=One-Click")
        assert answer["statusCode"] == 200
        assert "<form" not in answer["body"]
    after = world.shown(mine, contact)
    assert (after["doNotContact"], after["updatedBy"]) == (True, "system:unsubscribe")
    assert world.shown(theirs, other)["doNotContact"] is False


def test_who_was_allowed_again_may_change_their_mind_again(world: MailWorld, admin: Person) -> None:
    contact = world.contact(admin)
    token = token_of(world, admin, contact)
    ask(world, "POST", token)
    where = f"/v1/contacts/{contact['contactId']}"
    assert world.at_customers(admin).patch(where, {"doNotContact": False}).status == 200
    assert ask(world, "POST", token)["statusCode"] == 200
    assert world.shown(admin, contact)["doNotContact"] is True


def test_the_page_is_escaped_framed_by_nobody_and_kept_by_nobody(world: MailWorld, admin: Person) -> None:
    answer = ask(world, "GET", token_of(world, admin, world.contact(admin)))
    assert "Möbel &amp; &lt;Söhne&gt;" in answer["body"]
    headers = answer["headers"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "<script" not in answer["body"]


def tampered(world: MailWorld, admin: Person, contact: dict[str, Any]) -> dict[str, str]:
    token = token_of(world, admin, contact)
    tenant, id, expires, signature = token.split(".")
    elsewhere = UnsubscribeTokens(b"another key of another stage, so to say", world.clock)
    other = world.contact(admin)["contactId"]
    return {
        "another contact": f"{tenant}.{other}.{expires}.{signature}",
        "another tenant": f"{world.tenant()}.{id}.{expires}.{signature}",
        "a later end": f"{tenant}.{id}.{int(expires) + 1}.{signature}",
        "another signature": f"{tenant}.{id}.{expires}.{'A' * 43}",
        "no signature": f"{tenant}.{id}.{expires}.",
        "another key": elsewhere.sign(admin.tenant, contact["contactId"]),
        "cut": token[:-1],
        "longer": token + "A",
        "nothing": "",
        "nonsense": "../../v1/contacts",
        "script": "<script>alert(1)</script>",
        "long": "a" * 10_000,
        "line": token + "\n",
    }


def test_whatever_is_wrong_with_a_link_gets_the_same_answer(world: MailWorld, admin: Person) -> None:
    contact = world.contact(admin)
    answers = [
        ask(world, method, token)
        for token in tampered(world, admin, contact).values()
        for method in ("GET", "POST")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["statusCode"] == 404
    assert NOT_VALID in answers[0]["body"]
    assert world.shown(admin, contact)["doNotContact"] is False
    without = unsubscribe.respond(world.activities, {"requestContext": {"http": {"method": "POST"}}})
    assert without == answers[0]


def test_a_link_is_good_for_a_year(world: MailWorld, admin: Person) -> None:
    tokens = UnsubscribeTokens(b"k" * 32, world.clock)
    token = tokens.sign("acme", "01JABCDEFGHJKMNPQRSTVWXYZ0")
    assert VALID_SECONDS >= 365 * 24 * 3600
    world.clock.advance(VALID_SECONDS - 1)
    assert tokens.read(token) is not None
    world.clock.advance(1)
    assert tokens.read(token) is None


def test_a_tenant_that_has_left_says_nothing(world: MailWorld) -> None:
    gone = world.person(world.tenant())
    contact = world.contact(gone)
    token = token_of(world, gone, contact)
    tenant = world.activities.registry.get(gone.tenant)
    world.activities.registry.put(type(tenant)(id=tenant.id, name=tenant.name, status="offboarded"))
    for method in ("GET", "POST"):
        answer = ask(world, method, token)
        assert (answer["statusCode"], NOT_VALID in answer["body"]) == (404, True)


def test_a_contact_that_is_gone_has_what_it_wanted(world: MailWorld, admin: Person) -> None:
    contact = world.contact(admin)
    token = token_of(world, admin, contact)
    assert world.at_customers(admin).delete(f"/v1/contacts/{contact['contactId']}").status == 204
    assert ask(world, "POST", token)["statusCode"] == 200


def test_when_it_does_not_work_it_says_so(
    world: MailWorld, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = world.contact(admin)

    def fail(service: str, call: Any) -> None:
        raise UnavailableError

    monkeypatch.setattr(world.doors, "before", fail)
    answer = ask(world, "POST", token_of(world, admin, contact))
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "60")
    assert "try again" in answer["body"]


@pytest.mark.parametrize(
    ("method", "event", "status"),
    [
        ("PUT", {}, 405),
        ("DELETE", {}, 405),
        ("POST", {"body": "x" * 5000}, 413),
        ("POST", {"body": base64.b64encode(b"x" * 5000).decode(), "isBase64Encoded": True}, 413),
        ("POST", {"body": "not base64!", "isBase64Encoded": True}, 413),
    ],
)
def test_other_requests_are_refused(
    world: MailWorld, admin: Person, method: str, event: dict[str, Any], status: int
) -> None:
    contact = world.contact(admin)
    answer = ask(world, method, token_of(world, admin, contact), **event)
    assert answer["statusCode"] == status
    assert world.shown(admin, contact)["doNotContact"] is False


def test_after_unsubscribing_no_more_mail_goes_out(world: MailWorld, admin: Person) -> None:
    contact = world.contact(admin)
    queued = world.send(admin, contact).body["activityId"]
    ask(world, "POST", token_of(world, admin, contact))
    world.deliver(admin, queued)
    assert world.delivery(admin, queued)["reason"] == "do-not-contact"
    assert world.send(admin, contact).body["errors"][0]["code"] == "do_not_contact"


def test_the_function_asks_the_composition_root(
    world: MailWorld, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsubscribe, "container", lambda: world.activities)
    unsubscribe._container.cache_clear()
    token = token_of(world, admin, world.contact(admin))
    event = {"pathParameters": {"token": token}, "requestContext": {"http": {"method": "GET"}}}
    assert unsubscribe.handler(event, None)["statusCode"] == 200
    unsubscribe._container.cache_clear()
