"""What every identity provider does: the one in memory, the laptop's and Keycloak are held to the same tests.

A suite derives from `IdentityContract` and has a fixture ``identity``; for `TokenContract` a fixture ``issuer`` (the
URL of the realm) as well.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx
import pytest

from zebros_auth.domain.identity import (
    ClientTakenError,
    EmailTakenError,
    IdentityNotFoundError,
    IdentityProviderSettings,
    NewClient,
    NewPerson,
    integration_client_id,
)
from zebros_auth.domain.ports import IdentityProvider
from zebros_core.errors import ValidationError


class Company:
    """A tenant of a test's own, with people and clients whose names nobody else has."""

    def __init__(self) -> None:
        self.id = f"t{token_hex(6)}"

    def email(self, name: str) -> str:
        return f"{name}@{self.id}.example"

    def newcomer(self, who: str = "ada", **fields: Any) -> NewPerson:
        usual = {
            "email": self.email(who),
            "name": f"{who.title()} Example",
            "role": "sales-rep",
            "team": "north",
        }
        return NewPerson(tenant_id=self.id, **(usual | fields))

    def integration(self, **fields: Any) -> NewClient:
        usual = {
            "client_id": integration_client_id(self.id, "shop"),
            "name": "The shop",
            "role": "sales-rep",
            "scopes": ("records:read",),
            "team": "north",
        }
        return NewClient(tenant_id=self.id, **(usual | fields))

    def provider(self, *domains: str) -> IdentityProviderSettings:
        url = f"https://login.{self.id}.example"
        return IdentityProviderSettings(
            display_name="Our own sign-in",
            issuer=url,
            authorization_url=f"{url}/authorize",
            token_url=f"{url}/token",
            jwks_url=f"{url}/keys",
            client_id="zebros",
            client_secret="a-secret-of-theirs",
            domains=domains,
        )


def forget(identity: IdentityProvider, company: Company) -> None:
    """Remove everything of a tenant."""
    for person in list(identity.people_of(company.id, with_roles=False)):
        identity.remove_person(person.id)
    for client in list(identity.clients_of(company.id)):
        identity.remove_client(client.client_id)
    identity.remove_organization(company.id)


class _Companies:
    @pytest.fixture
    def ours(self, identity: IdentityProvider) -> Iterator[Company]:
        company = Company()
        yield company
        forget(identity, company)

    @pytest.fixture
    def theirs(self, identity: IdentityProvider) -> Iterator[Company]:
        company = Company()
        yield company
        forget(identity, company)


class IdentityContract(_Companies):
    """People, organizations and integrations."""

    def test_a_person_who_was_made_is_found_by_id_and_by_address(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer("ada", name="Ada van der Berg", team="north"))
        assert (made.name, made.email, made.tenant_id) == ("Ada van der Berg", ours.email("ada"), ours.id)
        assert (made.team, made.role, made.enabled, made.email_verified) == (
            "north",
            "sales-rep",
            True,
            False,
        )
        assert identity.person(made.id) == made
        assert identity.find_by_email(ours.email("ada").upper()) == made

    def test_a_repeated_invitation_changes_nothing_of_the_person(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer("ada", role="tenant-admin"))
        again = identity.ensure_person(
            ours.newcomer("ada", role="viewer", name="Somebody Else", team="south")
        )
        assert again == made

    def test_a_persons_language_is_the_one_they_were_first_invited_in(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer("ada", language="de"))
        assert made.language == "de"
        assert identity.ensure_person(ours.newcomer("ada", language="en")) == made
        assert identity.update_person(made.id, name="Ada Other", team=None).language == "de"
        found = identity.person(made.id)
        assert found and found.language == "de"
        assert identity.ensure_person(theirs.newcomer("bo")).language is None

    def test_an_address_of_another_tenant_is_refused_without_a_word_about_whose_it_is(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        made = identity.ensure_person(theirs.newcomer("ada"))
        with pytest.raises(EmailTakenError) as refusal:
            identity.ensure_person(ours.newcomer(email=theirs.email("Ada")))
        assert refusal.value.tenant_id == theirs.id
        assert theirs.id not in str(refusal.value)
        assert identity.person(made.id) == made
        assert list(identity.people_of(ours.id)) == []

    def test_a_name_that_the_provider_does_not_take_is_the_callers_fault(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        with pytest.raises(ValidationError) as refusal:
            identity.ensure_person(ours.newcomer(name="<b>Ada</b>"))
        assert [fault.field for fault in refusal.value.fields] == ["/name"]
        made = identity.ensure_person(ours.newcomer(name="  Ada "))
        assert made.name == "Ada"
        with pytest.raises(ValidationError):
            identity.update_person(made.id, name="Ada [Example]")

    def test_a_persons_only_role_is_the_last_one_given(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer(role="viewer"))
        for role in ("tenant-admin", "sales-rep", "sales-rep"):
            assert identity.update_person(made.id, role=role).role == role
            changed = identity.person(made.id)
            assert changed and changed.role == role

    def test_nobody_can_be_made_an_administrator_of_the_platform(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer())
        with pytest.raises(ValueError, match="platform-admin"):
            identity.update_person(made.id, role="platform-admin")
        with pytest.raises(ValueError, match="platform-admin"):
            identity.ensure_person(ours.newcomer("bo", role="platform-admin"))
        with pytest.raises(ValueError, match="platform-admin"):
            identity.create_client(ours.integration(role="platform-admin"))
        assert identity.person(made.id) == made
        assert identity.find_by_email(ours.email("bo")) is None

    def test_only_what_is_given_changes(self, identity: IdentityProvider, ours: Company) -> None:
        made = identity.ensure_person(ours.newcomer(name="Ada Example", team="north", role="viewer"))
        renamed = identity.update_person(made.id, name="Ada Other")
        assert (renamed.name, renamed.team, renamed.role, renamed.tenant_id) == (
            "Ada Other",
            "north",
            "viewer",
            ours.id,
        )
        disabled = identity.update_person(made.id, enabled=False, team=None)
        assert (disabled.enabled, disabled.team, disabled.name) == (False, None, "Ada Other")
        moved = identity.update_person(made.id, enabled=True, team="south")
        assert identity.person(made.id) == moved
        assert (moved.enabled, moved.team) == (True, "south")

    def test_nobody_cannot_be_changed_but_can_be_removed(self, identity: IdentityProvider) -> None:
        for id in ("2f0e1c8a-0000-4000-8000-000000000000", "../users", "a/b?c", ""):
            assert identity.person(id) is None
            with pytest.raises(IdentityNotFoundError):
                identity.update_person(id, name="Nobody")
            with pytest.raises(IdentityNotFoundError):
                identity.send_actions(id, lifespan_seconds=60)
            identity.end_sessions(id)
            identity.remove_person(id)

    def test_the_people_of_a_tenant_are_its_own(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        made = {identity.ensure_person(ours.newcomer(name, role="viewer")) for name in ("ada", "bo", "cy")}
        identity.ensure_person(theirs.newcomer("dee"))
        assert set(identity.people_of(ours.id)) == made
        assert {person.role for person in identity.people_of(ours.id, with_roles=False)} == {None}

    def test_a_removed_person_is_gone_and_the_address_free(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        made = identity.ensure_person(ours.newcomer("ada"))
        identity.remove_person(made.id)
        identity.remove_person(made.id)
        assert identity.person(made.id) is None
        assert identity.find_by_email(ours.email("ada")) is None
        assert identity.ensure_person(theirs.newcomer(email=ours.email("ada"))).tenant_id == theirs.id

    def test_a_tenant_has_one_organization_however_often_it_is_asked_for(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        id = identity.ensure_organization(ours.id, "A company")
        assert identity.ensure_organization(ours.id, "A company") == id
        assert identity.ensure_organization(ours.id, "Another name") == id
        assert identity.ensure_organization(theirs.id, "Another name") != id
        identity.remove_organization(ours.id)
        identity.remove_organization(ours.id)
        assert identity.ensure_organization(ours.id, "A company") != id

    def test_members_are_added_once_and_only_people_to_organizations(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        organization = identity.ensure_organization(ours.id, "A company")
        person = identity.ensure_person(ours.newcomer())
        identity.add_member(organization, person.id)
        identity.add_member(organization, person.id)
        with pytest.raises(IdentityNotFoundError):
            identity.add_member(organization, "2f0e1c8a-0000-4000-8000-000000000000")
        with pytest.raises(IdentityNotFoundError):
            identity.add_member("2f0e1c8a-0000-4000-8000-000000000000", person.id)
        identity.remove_organization(ours.id)
        assert identity.person(person.id) == person

    def test_a_tenants_own_provider_is_set_replaced_and_removed(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        with pytest.raises(IdentityNotFoundError):
            identity.set_identity_provider(ours.id, ours.provider())
        identity.ensure_organization(ours.id, "A company")
        identity.set_identity_provider(ours.id, ours.provider(f"{ours.id}.example"))
        identity.set_identity_provider(
            ours.id, ours.provider(f"{ours.id}.example", f"mail.{ours.id}.example")
        )
        identity.set_identity_provider(ours.id, ours.provider())
        identity.remove_identity_provider(ours.id)
        identity.remove_identity_provider(ours.id)

    def test_an_email_domain_is_one_tenants_only(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        for company in (ours, theirs):
            identity.ensure_organization(company.id, "A company")
        domain = f"{ours.id}.example"
        identity.set_identity_provider(ours.id, ours.provider(domain))
        with pytest.raises(ClientTakenError):
            identity.set_identity_provider(theirs.id, theirs.provider(domain))
        identity.remove_identity_provider(ours.id)
        identity.set_identity_provider(theirs.id, theirs.provider(domain))

    def test_an_integration_is_made_once_and_keeps_its_secret(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        made = identity.create_client(ours.integration())
        assert made.secret and made.secret not in repr(made)
        assert identity.create_client(ours.integration(role="tenant-admin")) == made
        (client,) = identity.clients_of(ours.id)
        assert (client.client_id, client.name, client.user_id) == (made.client_id, "The shop", made.user_id)
        assert (client.role, client.scopes, client.team) == ("sales-rep", ("records:read",), "north")
        assert client.tenant_id == ours.id

    def test_a_scope_that_nobody_knows_makes_no_integration(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        with pytest.raises(ValidationError) as refusal:
            identity.create_client(ours.integration(scopes=("records:read", "everything")))
        assert [fault.field for fault in refusal.value.fields] == ["/scopes"]
        assert list(identity.clients_of(ours.id)) == []

    def test_an_integration_of_another_tenant_is_not_given_out(
        self, identity: IdentityProvider, ours: Company, theirs: Company
    ) -> None:
        made = identity.create_client(theirs.integration())
        with pytest.raises(ClientTakenError):
            identity.create_client(ours.integration(client_id=made.client_id))
        assert list(identity.clients_of(ours.id)) == []

    def test_clients_of_the_platform_are_out_of_reach(
        self, identity: IdentityProvider, ours: Company
    ) -> None:
        with pytest.raises(ClientTakenError):
            identity.create_client(ours.integration(client_id="zebros-admin"))
        with pytest.raises(IdentityNotFoundError):
            identity.rotate_client("zebros-admin")
        identity.remove_client("zebros-admin")
        assert identity.find_by_email(ours.email("ada")) is None  # the provider still lets us in

    def test_a_new_secret_replaces_the_old_one(self, identity: IdentityProvider, ours: Company) -> None:
        made = identity.create_client(ours.integration())
        rotated = identity.rotate_client(made.client_id)
        assert (rotated.client_id, rotated.user_id) == (made.client_id, made.user_id)
        assert rotated.secret != made.secret
        assert identity.create_client(ours.integration()) == rotated

    def test_a_removed_integration_is_gone(self, identity: IdentityProvider, ours: Company) -> None:
        made = identity.create_client(ours.integration())
        identity.remove_client(made.client_id)
        identity.remove_client(made.client_id)
        assert list(identity.clients_of(ours.id)) == []
        with pytest.raises(IdentityNotFoundError):
            identity.rotate_client(made.client_id)


class TokenContract(_Companies):
    """What integrations get from the realm, and what is remembered of it."""

    def test_an_integrations_token_says_its_tenant_team_role_scopes_and_audience(
        self, identity: IdentityProvider, issuer: str, ours: Company
    ) -> None:
        made = identity.create_client(
            ours.integration(role="viewer", scopes=("records:read", "records:export"))
        )
        claims = claims_of(client_token(issuer, made.client_id, made.secret).json()["access_token"])
        assert (claims["iss"], claims["sub"], claims["azp"]) == (issuer, made.user_id, made.client_id)
        assert (claims["tenant_id"], claims["team"]) == (ours.id, "north")
        assert claims["realm_access"]["roles"] == ["viewer"]
        assert {"records:read", "records:export"} <= set(claims["scope"].split())
        assert "records:write" not in claims["scope"]
        assert claims["aud"] in ("zebros-api", ["zebros-api"])

    def test_an_integration_without_a_team_has_none_in_its_token(
        self, identity: IdentityProvider, issuer: str, ours: Company
    ) -> None:
        made = identity.create_client(ours.integration(team=None, scopes=()))
        claims = claims_of(client_token(issuer, made.client_id, made.secret).json()["access_token"])
        assert "team" not in claims
        assert claims["tenant_id"] == ours.id

    def test_an_old_secret_and_a_removed_integration_get_no_token(
        self, identity: IdentityProvider, issuer: str, ours: Company
    ) -> None:
        made = identity.create_client(ours.integration())
        rotated = identity.rotate_client(made.client_id)
        assert client_token(issuer, made.client_id, made.secret).status_code == 401
        assert client_token(issuer, rotated.client_id, rotated.secret).status_code == 200
        identity.remove_client(made.client_id)
        assert client_token(issuer, rotated.client_id, rotated.secret).status_code in (400, 401)

    def test_sign_ins_are_told_with_who_when_and_from_where(
        self, identity: IdentityProvider, issuer: str, ours: Company
    ) -> None:
        made = identity.create_client(ours.integration())
        begun = datetime.now(UTC) - timedelta(seconds=1)
        assert client_token(issuer, made.client_id, "wrong").status_code == 401
        assert client_token(issuer, made.client_id, made.secret).status_code == 200
        until = datetime.now(UTC) + timedelta(seconds=1)
        events = [
            event for event in identity.sign_in_events(begun, until) if event.client_id == made.client_id
        ]
        assert [event.type for event in events] == ["CLIENT_LOGIN_ERROR", "CLIENT_LOGIN"]
        assert events[0].error and events[1].error is None
        assert events[1].user_id == made.user_id
        assert {event.ip for event in events} == {"127.0.0.1"}
        assert len({event.id for event in events}) == 2
        assert all(begun <= event.time < until for event in events)

        later = [event.id for event in identity.sign_in_events(events[1].time, until)]
        assert events[1].id in later
        earlier = [event.id for event in identity.sign_in_events(begun, events[1].time)]
        assert events[1].id not in earlier
        assert len(identity.sign_in_events(begun, until, limit=1)) == 1


def client_token(issuer: str, client_id: str, secret: str) -> httpx.Response:
    """Ask for a token as an integration does."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return httpx.post(f"{issuer}/protocol/openid-connect/token", data=form)


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims, unverified."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
