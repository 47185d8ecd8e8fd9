"""The adapter of Keycloak over the laptop's stand-in: the contract, and the stand-in's own promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx
import pytest
from identity_contract import Company, IdentityContract, TokenContract, claims_of, client_token
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError
from stand_in import SECRET, Mailbox, StandIn, set_password

from zebros_auth.adapters.keycloak import KeycloakIdentity
from zebros_auth.adapters.keycloak.session import PAGE_SIZE, KeycloakSession
from zebros_auth.domain.identity import EmailTakenError, IdentityUnavailableError
from zebros_core.clock import SystemClock
from zebros_local.errors import SignInError
from zebros_local.identity import Realm

pytestmark = pytest.mark.integration

T = TypeVar("T")
PASSWORD = "correct horse battery"


class TestStandIn(IdentityContract):
    def test_a_tenant_of_more_people_than_a_page_holds_is_told_whole(
        self, identity: KeycloakIdentity, ours: Company, theirs: Company
    ) -> None:
        made = {identity.ensure_person(ours.newcomer(f"p{number}")).id for number in range(PAGE_SIZE + 3)}
        identity.ensure_person(theirs.newcomer())
        told = [person.id for person in identity.people_of(ours.id, with_roles=False)]
        assert len(told) == len(made)
        assert set(told) == made


class LossySession(KeycloakSession):
    """Loses the first answer to everything, when the work is done."""

    def call(self, operation: Callable[[KeycloakAdmin], T], *, repeat: bool = True) -> T:
        lost = False

        def losing(admin: KeycloakAdmin) -> T:
            nonlocal lost
            answer = operation(admin)
            if not lost:
                lost = True
                raise KeycloakConnectionError("the answer was lost")
            return answer

        return super().call(losing, repeat=repeat)


@pytest.fixture(scope="module")
def lossy_identity(stand_in: StandIn) -> KeycloakIdentity:
    return KeycloakIdentity(
        LossySession(stand_in.url, "zebros", "zebros-admin", lambda: SECRET, sleep=lambda _seconds: None)
    )


class TestLostAnswers(IdentityContract):
    """Everything is repeated, and ends as if it had been done once."""

    @pytest.fixture
    def identity(self, lossy_identity: KeycloakIdentity) -> KeycloakIdentity:
        return lossy_identity


class TestTokensOfTheStandIn(TokenContract): ...


def test_the_admin_api_takes_no_token_but_that_of_the_platforms_service_account(
    stand_in: StandIn, identity: KeycloakIdentity, company: Company
) -> None:
    users = f"{stand_in.url}/admin/realms/zebros/users"

    def status(token: str) -> int:
        return httpx.get(users, headers={"authorization": f"Bearer {token}"}).status_code

    made = identity.create_client(company.integration(role="tenant-admin"))
    assert httpx.get(users).status_code == 401
    assert status("nonsense") == 401
    assert status(stand_in.pages.client_token(made.client_id, made.secret)) == 403
    for email in ("ada.admin@aurora.example", "pia.platform@zebros.example"):
        assert status(stand_in.pages.sign_in(email, "demo").access) == 403
    assert status(stand_in.pages.client_token("zebros-admin", SECRET)) == 200


def test_administrators_of_the_platform_sign_in_without_a_tenant(stand_in: StandIn) -> None:
    person = claims_of(stand_in.pages.sign_in("pia.platform@zebros.example", "demo").access)
    service = claims_of(stand_in.pages.client_token("zebros-admin", SECRET))
    for claims in (person, service):
        assert claims["realm_access"]["roles"] == ["platform-admin"]
        assert "tenant_id" not in claims


def test_demo_people_are_people_of_the_realm(identity: KeycloakIdentity) -> None:
    for person in Realm.load().people:
        found = identity.person(person.id)
        assert found and (found.email, found.name, found.tenant_id or "") == (
            person.email,
            person.name,
            person.tenant,
        )
        assert (found.role,) == (person.roles if person.tenant else (None,))


def test_nobody_can_take_the_address_of_an_administrator_of_the_platform(
    identity: KeycloakIdentity, company: Company
) -> None:
    with pytest.raises(EmailTakenError) as refusal:
        identity.ensure_person(company.newcomer(email="Pia.Platform@zebros.example"))
    assert refusal.value.tenant_id is None


def test_a_restart_forgets_nothing(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> None:
    ours, theirs = Company(), Company()
    stand_in = StandIn(tmp_path_factory.mktemp("restarted"), mailbox)
    stand_in.start()
    try:
        identity = stand_in.identity()
        organization = identity.ensure_organization(ours.id, "A company")
        ada = identity.ensure_person(ours.newcomer("ada"))
        bo = identity.ensure_person(theirs.newcomer("bo"))
        identity.add_member(organization, ada.id)
        identity.send_actions(ada.id, lifespan_seconds=600)
        identity.send_actions(bo.id, lifespan_seconds=600)
        set_password(mailbox.link_for(ada.email), PASSWORD)
        client = identity.create_client(ours.integration())
        identity.update_person("aurora-vera", enabled=False)
        identity.remove_person("aurora-sam")
        before = SystemClock().now()

        # Not a word of warning: what was answered is on disk.
        stand_in.stop(kill=True)
        with pytest.raises(IdentityUnavailableError):
            identity.person(ada.id)
        stand_in.start()

        kept = identity.person(ada.id)
        assert kept and kept.email_verified
        assert identity.ensure_organization(ours.id, "A company") == organization
        assert claims_of(stand_in.pages.sign_in(ada.email, PASSWORD).access)["sub"] == ada.id
        set_password(mailbox.link_for(bo.email), PASSWORD)
        assert claims_of(stand_in.pages.sign_in(bo.email, PASSWORD).access)["tenant_id"] == theirs.id
        assert client_token(stand_in.issuer, client.client_id, client.secret).is_success
        vera = identity.person("aurora-vera")
        assert vera and not vera.enabled
        assert identity.person("aurora-sam") is None
        events = identity.sign_in_events(before, SystemClock().now())
        assert {event.type for event in events} >= {"LOGIN", "CLIENT_LOGIN"}
    finally:
        stand_in.stop()


def test_a_mail_that_cannot_be_handed_over_is_for_the_caller_to_send_again(
    stand_in: StandIn, identity: KeycloakIdentity, company: Company, mailbox: Mailbox
) -> None:
    made = identity.ensure_person(company.newcomer())
    mailbox.refusing = True
    try:
        with pytest.raises(IdentityUnavailableError):
            identity.send_actions(made.id, lifespan_seconds=600)
    finally:
        mailbox.refusing = False
    identity.send_actions(made.id, lifespan_seconds=600)
    assert mailbox.link_for(made.email).startswith(stand_in.issuer)


def test_a_secret_that_was_changed_is_read_again(stand_in: StandIn, company: Company) -> None:
    secrets = iter(["an old one", SECRET])
    identity = stand_in.identity(lambda: next(secrets))
    assert list(identity.people_of(company.id)) == []
    wrong = stand_in.identity(lambda: "never right")
    with pytest.raises(KeycloakAuthenticationError):
        list(wrong.people_of(company.id))


def test_demo_people_still_sign_in_with_the_demo_password_only(stand_in: StandIn) -> None:
    assert stand_in.pages.sign_in("bo.admin@borealis.example", "demo").access
    with pytest.raises(SignInError, match="do not match"):
        stand_in.pages.sign_in("bo.admin@borealis.example", "not demo")
