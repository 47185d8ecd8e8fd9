"""An identity provider in memory: held to the same contract as the adapter of Keycloak (identity_contract.py)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from zebros_auth.domain.identity import (
    TENANT_ROLES,
    UNCHANGED,
    ClientSecret,
    ClientTakenError,
    EmailTakenError,
    IdentityNotFoundError,
    IdentityProviderSettings,
    IntegrationClient,
    NewClient,
    NewPerson,
    Person,
    SignInEvent,
    Unchanged,
)
from zebros_core.errors import ValidationError

SCOPES = ("records:read", "records:write", "records:delete", "records:export")
PLATFORM_CLIENTS = ("zebros-web", "zebros-mobile", "zebros-cli", "zebros-admin")
_NOT_IN_NAMES = set('<>&"$%!#?§;*~/|^=[]{}()')


@dataclass(frozen=True)
class SentActions:
    """A mail that was sent: what its link asks for, and for how long."""

    user_id: str
    actions: tuple[str, ...]
    lifespan_seconds: int
    client_id: str | None
    redirect_uri: str | None


@dataclass
class Organization:
    """A tenant's organization."""

    id: str
    name: str
    members: set[str] = field(default_factory=set[str])
    provider: IdentityProviderSettings | None = None


@dataclass
class _Client:
    data: IntegrationClient
    secret: str


def _role(role: str) -> str:
    if role not in TENANT_ROLES:
        raise ValueError(f"not a tenant's role: {role}")
    return role


class FakeIdentity:
    """The port, with what tests look at (``people``, ``mails``, ``ended``…) and ways to disturb it.

    ``fail_next(method, error)`` makes the next call of that method raise instead of doing anything;
    ``after=True`` lets it do its work first and then lose the answer. ``calls`` are the methods called, in order.
    """

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.organizations: dict[str, Organization] = {}
        self.mails: list[SentActions] = []
        self.ended: list[str] = []
        self.events: list[SignInEvent] = []
        self.calls: list[str] = []
        self._clients: dict[str, _Client] = {}
        self._failures: dict[str, list[tuple[Exception, bool]]] = {}
        self._numbers = itertools.count(1)

    # Disturbances

    def fail_next(self, method: str, error: Exception, *, times: int = 1, after: bool = False) -> None:
        """Make the next ``times`` calls of a method fail."""
        if not callable(getattr(self, method, None)):
            raise ValueError(f"the port has no method {method}")
        self._failures.setdefault(method, []).extend([(error, after)] * times)

    def drift(self, user_id: str, **changes: object) -> Person:
        """Change a person behind our back, as an administrator in Keycloak's console would."""
        self.people[user_id] = replace(self.people[user_id], **changes)  # type: ignore[arg-type]
        return self.people[user_id]

    def lose(self, user_id: str) -> None:
        """Remove a person behind our back."""
        del self.people[user_id]

    def follow_link(self, user_id: str) -> None:
        """Do what the last mail to the person asked for."""
        assert any(mail.user_id == user_id for mail in self.mails), "nobody sent a mail to this person"
        self.drift(user_id, email_verified=True)

    def add_platform_person(self, email: str, name: str = "Pia Platform") -> Person:
        """Make somebody who belongs to no tenant."""
        person = Person(self._id("user"), email.lower(), name, tenant_id=None, email_verified=True)
        self.people[person.id] = person
        return person

    def record(self, event: SignInEvent) -> None:
        """Let somebody have signed in."""
        self.events.append(event)

    def secret_of(self, client_id: str) -> str | None:
        """The secret that works now; None when the client is gone."""
        found = self._clients.get(client_id)
        return found.secret if found else None

    # People

    def ensure_person(self, person: NewPerson) -> Person:
        with self._call("ensure_person"):
            _role(person.role)
            found = self._by_email(person.email)
            if found is None:
                made = Person(
                    id=self._id("user"),
                    email=_checked_email(person.email),
                    name=_checked_name(person.name),
                    tenant_id=person.tenant_id,
                    team=person.team,
                    role=person.role,
                    language=person.language,
                )
                self.people[made.id] = made
                return made
            if found.tenant_id != person.tenant_id:
                raise EmailTakenError(found.tenant_id)
            if found.role is None:
                found = self.drift(found.id, role=person.role)
            return found

    def person(self, user_id: str) -> Person | None:
        with self._call("person"):
            return self.people.get(user_id)

    def find_by_email(self, email: str) -> Person | None:
        with self._call("find_by_email"):
            return self._by_email(email)

    def people_of(self, tenant_id: str, *, with_roles: bool = True) -> Iterator[Person]:
        with self._call("people_of"):
            found = [person for person in self.people.values() if person.tenant_id == tenant_id]
        return iter(found if with_roles else [replace(person, role=None) for person in found])

    def update_person(
        self,
        user_id: str,
        *,
        name: str | None = None,
        team: str | Unchanged | None = UNCHANGED,
        role: str | None = None,
        enabled: bool | None = None,
    ) -> Person:
        with self._call("update_person"):
            person = self._present(user_id)
            if role is not None:
                person = replace(person, role=_role(role))
            if name is not None:
                person = replace(person, name=_checked_name(name))
            if not isinstance(team, Unchanged):
                person = replace(person, team=team)
            if enabled is not None:
                person = replace(person, enabled=enabled)
            self.people[user_id] = person
            return person

    def end_sessions(self, user_id: str) -> None:
        with self._call("end_sessions"):
            if user_id in self.people:
                self.ended.append(user_id)

    def remove_person(self, user_id: str) -> None:
        with self._call("remove_person"):
            self.people.pop(user_id, None)
            for organization in self.organizations.values():
                organization.members.discard(user_id)

    def send_actions(
        self,
        user_id: str,
        actions: Sequence[str] = ("UPDATE_PASSWORD", "VERIFY_EMAIL"),
        *,
        lifespan_seconds: int,
        client_id: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        with self._call("send_actions"):
            self._present(user_id)
            self.mails.append(SentActions(user_id, tuple(actions), lifespan_seconds, client_id, redirect_uri))

    # Organizations

    def ensure_organization(self, tenant_id: str, name: str) -> str:
        with self._call("ensure_organization"):
            if tenant_id not in self.organizations:
                self.organizations[tenant_id] = Organization(self._id("organization"), name)
            self.organizations[tenant_id].name = name
            return self.organizations[tenant_id].id

    def add_member(self, organization_id: str, user_id: str) -> None:
        with self._call("add_member"):
            found = next((item for item in self.organizations.values() if item.id == organization_id), None)
            if found is None:
                raise IdentityNotFoundError("organization", organization_id)
            found.members.add(self._present(user_id).id)

    def remove_organization(self, tenant_id: str) -> None:
        with self._call("remove_organization"):
            self.organizations.pop(tenant_id, None)

    def set_identity_provider(self, tenant_id: str, settings: IdentityProviderSettings) -> None:
        with self._call("set_identity_provider"):
            if tenant_id not in self.organizations:
                raise IdentityNotFoundError("organization", tenant_id)
            for other, organization in self.organizations.items():
                taken = organization.provider.domains if organization.provider else ()
                if other != tenant_id and set(taken) & set(settings.domains):
                    raise ClientTakenError("One of these e-mail domains cannot be used.")
            self.organizations[tenant_id].provider = settings

    def remove_identity_provider(self, tenant_id: str) -> None:
        with self._call("remove_identity_provider"):
            if tenant_id in self.organizations:
                self.organizations[tenant_id].provider = None

    # Integrations

    def create_client(self, client: NewClient) -> ClientSecret:
        with self._call("create_client"):
            _role(client.role)
            found = self._clients.get(client.client_id)
            if client.client_id in PLATFORM_CLIENTS or (found and found.data.tenant_id != client.tenant_id):
                raise ClientTakenError("This client id is taken.")
            if found is None:
                unknown = [scope for scope in client.scopes if scope not in SCOPES]
                if unknown:
                    raise ValidationError.for_field(
                        "/scopes", "unknown", f"There is no scope called {unknown[0]}."
                    )
                data = IntegrationClient(
                    tenant_id=client.tenant_id,
                    client_id=client.client_id,
                    name=client.name,
                    role=client.role,
                    scopes=tuple(sorted(client.scopes)),
                    team=client.team,
                    user_id=self._id("service-account"),
                )
                found = self._clients[client.client_id] = _Client(data, self._id("secret"))
            return ClientSecret(client.client_id, found.secret, found.data.user_id)

    def rotate_client(self, client_id: str) -> ClientSecret:
        with self._call("rotate_client"):
            found = self._clients.get(client_id)
            if found is None:
                raise IdentityNotFoundError("integration", client_id)
            found.secret = self._id("secret")
            return ClientSecret(client_id, found.secret, found.data.user_id)

    def remove_client(self, client_id: str) -> None:
        with self._call("remove_client"):
            self._clients.pop(client_id, None)

    def clients_of(self, tenant_id: str) -> Iterator[IntegrationClient]:
        with self._call("clients_of"):
            return iter([item.data for item in self._clients.values() if item.data.tenant_id == tenant_id])

    # Sign-ins

    def sign_in_events(self, since: datetime, until: datetime, limit: int = 1000) -> list[SignInEvent]:
        with self._call("sign_in_events"):
            found = [event for event in self.events if since <= event.time < until]
            return sorted(found, key=lambda event: event.time)[:limit]

    def signed_in(self, user_id: str, at: datetime | None = None, type: str = "LOGIN") -> SignInEvent:
        """Record a sign-in of a person, now unless told."""
        at = at or datetime.now(UTC).replace(microsecond=0)
        event = SignInEvent(self._id("event"), at, type, user_id, "zebros-web", "127.0.0.1")
        self.record(event)
        return event

    def _call(self, method: str) -> _Call:
        self.calls.append(method)
        waiting = self._failures.get(method)
        error, after = waiting.pop(0) if waiting else (None, False)
        if error and not after:
            raise error
        return _Call(error)

    def _present(self, user_id: str) -> Person:
        if user_id not in self.people:
            raise IdentityNotFoundError("user", user_id)
        return self.people[user_id]

    def _by_email(self, email: str) -> Person | None:
        return next((person for person in self.people.values() if person.email == email.lower()), None)

    def _id(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers):04d}"


class _Call:
    """Loses the answer of a call whose work was done."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, *_: object) -> None:
        if self._error and kind is None:
            raise self._error


def _checked_name(name: str) -> str:
    if _NOT_IN_NAMES & set(name):
        message = "This name has characters that are not allowed in one."
        raise ValidationError.for_field("/name", "invalid", message)
    return " ".join(name.split())


def _checked_email(email: str) -> str:
    if email.count("@") != 1:
        message = "This is not an e-mail address that can be invited."
        raise ValidationError.for_field("/email", "invalid", message)
    return email.lower()
