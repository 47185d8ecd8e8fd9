"""From an invitation by mail to a sign-in, and to its end."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from identity_contract import Company, claims_of
from keycloak.exceptions import KeycloakPutError
from stand_in import Mailbox, StandIn, eventually, set_password

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_auth.domain.identity import Person
from zebros_core.clock import SystemClock
from zebros_local.errors import SignInError

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"


@pytest.fixture
def invited(identity: KeycloakIdentity, company: Company) -> Person:
    """Somebody who has a mail and no password yet."""
    person = identity.ensure_person(company.newcomer("ada", role="sales-manager", team="south"))
    identity.send_actions(person.id, lifespan_seconds=600)
    return person


@pytest.fixture
def member(identity: KeycloakIdentity, invited: Person, mailbox: Mailbox) -> Person:
    """Somebody who has followed the link and can sign in."""
    set_password(mailbox.link_for(invited.email), PASSWORD)
    return invited


def test_an_invited_person_sets_a_password_and_signs_in_as_who_they_are(
    stand_in: StandIn, identity: KeycloakIdentity, invited: Person, mailbox: Mailbox, company: Company
) -> None:
    with pytest.raises(SignInError, match="do not match"):
        stand_in.pages.sign_in(invited.email, PASSWORD)
    done = set_password(mailbox.link_for(invited.email), PASSWORD)
    assert done.title == "Your account has been updated"
    claims = claims_of(stand_in.pages.sign_in(invited.email, PASSWORD).access)
    assert (claims["sub"], claims["tenant_id"], claims["team"]) == (invited.id, company.id, "south")
    assert claims["realm_access"]["roles"] == ["sales-manager"]
    assert (claims["name"], claims["email"], claims["email_verified"]) == (invited.name, invited.email, True)
    now = identity.person(invited.id)
    assert now and now.email_verified


@pytest.mark.parametrize(
    ("language", "subject", "within"),
    [
        ("de", "Aktualisieren Sie Ihr Konto", "10 Minuten"),
        ("en", "Update Your Account", "10 minutes"),
        (None, "Update Your Account", "10 minutes"),
    ],
)
def test_the_mail_is_in_the_language_of_the_invitation(
    identity: KeycloakIdentity,
    company: Company,
    mailbox: Mailbox,
    language: str | None,
    subject: str,
    within: str,
) -> None:
    person = identity.ensure_person(company.newcomer("dee", language=language))
    identity.send_actions(person.id, lifespan_seconds=600)
    told, text = mailbox.mail_to(person.email)
    assert told == subject
    assert within in text


def test_a_link_works_once(invited: Person, mailbox: Mailbox, stand_in: StandIn) -> None:
    link = mailbox.link_for(invited.email)
    # A mail scanner looks first; that uses nothing up.
    assert httpx.get(link).status_code == 200
    set_password(link, PASSWORD)
    assert "expired" in set_password(link, "another password of theirs").problem
    assert stand_in.pages.sign_in(invited.email, PASSWORD).access


def test_a_link_expires(identity: KeycloakIdentity, company: Company, mailbox: Mailbox) -> None:
    person = identity.ensure_person(company.newcomer("bo"))
    identity.send_actions(person.id, lifespan_seconds=1)
    link = mailbox.link_for(person.email)
    assert eventually(lambda: httpx.get(link).status_code == 400)


def test_a_link_that_nobody_sent_does_nothing(stand_in: StandIn) -> None:
    link = f"{stand_in.issuer}/login-actions/action-token?key=guessed"
    assert httpx.get(link).status_code == 400
    assert httpx.post(link, data={"password-new": PASSWORD, "password-confirm": PASSWORD}).status_code == 400


@pytest.mark.parametrize(
    ("first", "second"), [("short", "short"), (PASSWORD, f"{PASSWORD}!")], ids=["too short", "not the same"]
)
def test_a_password_that_does_not_do_leaves_the_link_good(
    invited: Person, mailbox: Mailbox, stand_in: StandIn, first: str, second: str
) -> None:
    link = mailbox.link_for(invited.email)
    answer = httpx.post(link, data={"password-new": first, "password-confirm": second})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    set_password(link, PASSWORD)
    assert stand_in.pages.sign_in(invited.email, PASSWORD).access


def test_the_page_leads_on_to_the_application_and_nowhere_else(
    identity: KeycloakIdentity, company: Company, mailbox: Mailbox
) -> None:
    person = identity.ensure_person(company.newcomer("cy"))
    ours = "http://127.0.0.1:5173/callback"
    identity.send_actions(person.id, lifespan_seconds=600, client_id="zebros-web", redirect_uri=ours)
    assert ours in set_password(mailbox.link_for(person.email), PASSWORD).text
    with pytest.raises(KeycloakPutError, match="redirect"):
        identity.send_actions(
            person.id, lifespan_seconds=600, client_id="zebros-web", redirect_uri="https://elsewhere.example/"
        )


def test_changes_are_in_the_next_token(stand_in: StandIn, identity: KeycloakIdentity, member: Person) -> None:
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    identity.update_person(member.id, name="Ada Other", team="north", role="viewer")
    claims = claims_of(stand_in.pages.refresh(tokens).access)
    assert (claims["team"], claims["realm_access"]["roles"]) == ("north", ["viewer"])


def test_a_disabled_person_neither_signs_in_nor_renews_a_token(
    stand_in: StandIn, identity: KeycloakIdentity, member: Person
) -> None:
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    identity.update_person(member.id, enabled=False)
    with pytest.raises(SignInError, match="disabled"):
        stand_in.pages.sign_in(member.email, PASSWORD)
    # A wrong password does not tell that there is somebody.
    with pytest.raises(SignInError, match="do not match"):
        stand_in.pages.sign_in(member.email, "wrong")
    with pytest.raises(SignInError, match="invalid_grant"):
        stand_in.pages.refresh(tokens)
    identity.update_person(member.id, enabled=True)
    assert stand_in.pages.sign_in(member.email, PASSWORD).access


def test_a_disabled_persons_link_is_refused(
    identity: KeycloakIdentity, invited: Person, mailbox: Mailbox
) -> None:
    identity.update_person(invited.id, enabled=False)
    assert "disabled" in set_password(mailbox.link_for(invited.email), PASSWORD).problem


def test_ending_the_sessions_of_one_person_leaves_the_others_theirs(
    stand_in: StandIn, identity: KeycloakIdentity, member: Person
) -> None:
    theirs = stand_in.pages.sign_in("bo.admin@borealis.example", "demo")
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    identity.end_sessions(member.id)
    identity.end_sessions(member.id)
    with pytest.raises(SignInError, match="invalid_grant"):
        stand_in.pages.refresh(tokens)
    assert stand_in.pages.refresh(theirs).access


def test_a_removed_person_cannot_renew_a_token(
    stand_in: StandIn, identity: KeycloakIdentity, member: Person
) -> None:
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    identity.remove_person(member.id)
    with pytest.raises(SignInError, match="invalid_grant"):
        stand_in.pages.refresh(tokens)
    with pytest.raises(SignInError, match="do not match"):
        stand_in.pages.sign_in(member.email, PASSWORD)


def test_a_refresh_token_works_once(stand_in: StandIn, member: Person) -> None:
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    renewed = stand_in.pages.refresh(tokens)
    with pytest.raises(SignInError, match="invalid_grant"):
        stand_in.pages.refresh(tokens)
    # Whoever shows a used one may have stolen it: the one that replaced it is void too.
    with pytest.raises(SignInError, match="invalid_grant"):
        stand_in.pages.refresh(renewed)


def test_sign_ins_of_people_are_recorded(
    stand_in: StandIn, identity: KeycloakIdentity, member: Person
) -> None:
    begun = SystemClock().now()
    with pytest.raises(SignInError):
        stand_in.pages.sign_in(member.email, "wrong")
    with pytest.raises(SignInError):
        stand_in.pages.sign_in(f"nobody-{member.email}", PASSWORD)
    tokens = stand_in.pages.sign_in(member.email, PASSWORD)
    stand_in.pages.sign_out(tokens)
    with pytest.raises(SignInError):
        stand_in.pages.refresh(tokens)
    events = identity.sign_in_events(begun, SystemClock().now() + timedelta(seconds=1))
    told = [(event.type, event.user_id, event.error) for event in events if event.client_id == "zebros-cli"]
    assert told == [
        ("LOGIN_ERROR", member.id, "invalid_user_credentials"),
        ("LOGIN_ERROR", None, "user_not_found"),
        ("LOGIN", member.id, None),
        ("LOGOUT", member.id, None),
        ("REFRESH_TOKEN_ERROR", None, "invalid_grant"),
    ]
