"""What use cases need of the world outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from zebros_auth.domain.identity import (
    UNCHANGED,
    ClientSecret,
    IdentityProviderSettings,
    IntegrationClient,
    NewClient,
    NewPerson,
    Person,
    SignInEvent,
    Unchanged,
)

__all__ = ["IdentityProvider"]


class IdentityProvider(Protocol):
    """Who may sign in. Every method may be repeated after any failure and ends in the same state.

    Each raises ``IdentityUnavailableError`` when the provider does not answer in time or answers with a 5xx.
    Roles are one of ``TENANT_ROLES``; any other is a ``ValueError``: no method can make a platform admin.
    """

    def ensure_person(self, person: NewPerson) -> Person:
        """Return the person with this e-mail, made if there is none; nobody has a password until `send_actions`.

        One who exists in the same tenant is returned as they are (enabled or not, with the role they have): only
        a missing role is given. Raises ``EmailTakenError`` when the address belongs to anybody else, and
        ``ValidationError`` on ``/email`` or ``/name`` when the provider does not accept one.
        """
        ...

    def person(self, user_id: str) -> Person | None:
        """Return the person with this id, of whichever tenant: the caller compares ``tenant_id``."""
        ...

    def find_by_email(self, email: str) -> Person | None:
        """Return the person with this e-mail address, of whichever tenant, without regard to case."""
        ...

    def people_of(self, tenant_id: str, *, with_roles: bool = True) -> Iterator[Person]:
        """Yield the tenant's people in no particular order, 100 to a call.

        Roles cost one more call a person; without them every ``role`` is None. Who is added or removed
        meanwhile may be missed.
        """
        ...

    def update_person(
        self,
        user_id: str,
        *,
        name: str | None = None,
        team: str | Unchanged | None = UNCHANGED,
        role: str | None = None,
        enabled: bool | None = None,
    ) -> Person:
        """Change what is given and return the person. ``team=None`` takes them out of their team.

        Tokens that are out keep their old claims until they expire (15 minutes): end the sessions too where
        that matters. Raises ``IdentityNotFoundError``.
        """
        ...

    def end_sessions(self, user_id: str) -> None:
        """End every session of the person: no refresh token works any more. Nobody there: nothing to do."""
        ...

    def remove_person(self, user_id: str) -> None:
        """Forget the person, with sessions and memberships. Nobody there: nothing to do."""
        ...

    def send_actions(
        self,
        user_id: str,
        actions: Sequence[str] = ("UPDATE_PASSWORD", "VERIFY_EMAIL"),
        *,
        lifespan_seconds: int,
        client_id: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        """Mail the person a link of that lifespan under which they do the actions.

        Afterwards they are sent on to ``redirect_uri``, which must be one of ``client_id``'s. Each call sends one
        mail more: call it once for each invitation. Raises ``IdentityNotFoundError``; ``IdentityUnavailableError``
        also when the mail could not be handed over.
        """
        ...

    def ensure_organization(self, tenant_id: str, name: str) -> str:
        """Return the id of the tenant's organization, made if there is none, its name brought up to date."""
        ...

    def add_member(self, organization_id: str, user_id: str) -> None:
        """Make the person a member of the organization. Raises ``IdentityNotFoundError`` for either."""
        ...

    def remove_organization(self, tenant_id: str) -> None:
        """Remove the tenant's organization and its own identity provider, not its people."""
        ...

    def set_identity_provider(self, tenant_id: str, settings: IdentityProviderSettings) -> None:
        """Let the tenant's people sign in through the tenant's own OpenID provider: made or replaced.

        Whoever comes that way for the first time has the tenant, but no role: an invited person's account is
        linked after a mail to their address. Raises ``IdentityNotFoundError`` when the tenant has no organization,
        ``ClientTakenError`` when another tenant has one of the domains.
        """
        ...

    def remove_identity_provider(self, tenant_id: str) -> None:
        """Remove the tenant's own identity provider; none there: nothing to do."""
        ...

    def create_client(self, client: NewClient) -> ClientSecret:
        """Return the credentials of the integration, made if there is none.

        One that exists in the same tenant is kept as it is, with its secret: only a missing role is given. Raises
        ``ClientTakenError`` when the id is not the tenant's, ``ValidationError`` on ``/scopes`` for a scope that the
        realm does not have.
        """
        ...

    def rotate_client(self, client_id: str) -> ClientSecret:
        """Give the integration a new secret; the old one is void at once, and nothing brings it back.

        Access tokens that are out stay good until they expire. The one call that does not end in the same state
        when repeated: each gives yet another secret, of which the last counts. Raises ``IdentityNotFoundError``.
        """
        ...

    def remove_client(self, client_id: str) -> None:
        """Remove the integration; none there: nothing to do. Clients of the platform are never removed."""
        ...

    def clients_of(self, tenant_id: str) -> Iterator[IntegrationClient]:
        """Yield the tenant's integrations, 100 to a call and two more calls for each."""
        ...

    def sign_in_events(self, since: datetime, until: datetime, limit: int = 1000) -> list[SignInEvent]:
        """Return the attempts of every tenant from ``since`` to before ``until``, oldest first, at most ``limit``.

        To go on after a full answer, ask again from the last event's time and skip the ids already seen: more
        than ``limit`` in one millisecond are not expected. The provider forgets them after some days.
        """
        ...
