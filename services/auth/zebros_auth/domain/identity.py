"""People, integration clients and sign-ins, as the identity provider knows them.

The identity provider is the truth about who may sign in and with which role; our own tables hold what it does
not: invitations, teams, preferences. A user's id is the provider's: the ``sub`` of every token.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from zebros_core.errors import ConflictError, FieldError, NotFoundError, UnavailableError, ValidationError

__all__ = [
    "PLATFORM_ROLE",
    "SIGN_IN_TYPES",
    "TENANT_ROLES",
    "UNCHANGED",
    "ClientSecret",
    "ClientTakenError",
    "EmailTakenError",
    "IdentityNotFoundError",
    "IdentityProviderSettings",
    "IdentityUnavailableError",
    "IntegrationClient",
    "NewClient",
    "NewPerson",
    "Person",
    "SignInEvent",
    "Unchanged",
    "integration_client_id",
]

TENANT_ROLES: Final = ("viewer", "sales-rep", "sales-manager", "tenant-admin")
"""The roles of a tenant's people and integrations, from the least to the most; each has exactly one."""

PLATFORM_ROLE: Final = "platform-admin"
"""The role of those who run the platform. They belong to no tenant, and no method here gives this role."""


class Unchanged(Enum):
    """The type of `UNCHANGED`, for arguments in which ``None`` means "none"."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is to be able to sign in. ``email`` is compared without regard to case.

    ``language`` (two letters) is the one in which the provider's own mails and pages greet them; None leaves it to
    the provider. It is set once: whoever changes their preferences later changes our mails, not the provider's.
    """

    email: str
    name: str
    tenant_id: str
    role: str
    team: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is known to the provider.

    ``email`` is in lower case. ``tenant_id`` is None for people of the platform, ``role`` is None for whoever has
    no tenant role (or when roles were not asked for). A person who is not ``enabled`` can neither sign in nor
    renew a token; one whose e-mail is not verified has not followed the invitation yet. ``language`` is the
    provider's, see `NewPerson`.
    """

    id: str
    email: str
    name: str
    tenant_id: str | None
    team: str | None = None
    role: str | None = None
    enabled: bool = True
    email_verified: bool = False
    language: str | None = None


def integration_client_id(tenant_id: str, slug: str) -> str:
    """Return the client id of a tenant's integration. Tenant ids have no hyphen, so no two tenants share one."""
    return f"{tenant_id}-{slug}"


@dataclass(frozen=True, slots=True)
class NewClient:
    """An integration that is to get tokens with its own credentials (client credentials grant).

    ``client_id`` begins with the tenant's id and a hyphen; see `integration_client_id`. ``scopes`` are names that
    the tokens carry in ``scope``.
    """

    tenant_id: str
    client_id: str
    name: str
    role: str
    scopes: tuple[str, ...] = ()
    team: str | None = None


@dataclass(frozen=True, slots=True)
class IntegrationClient:
    """An integration that is known to the provider; ``user_id`` is the ``sub`` of its tokens."""

    tenant_id: str
    client_id: str
    name: str
    role: str | None
    scopes: tuple[str, ...]
    team: str | None
    user_id: str


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The credentials of an integration: to be shown once and kept nowhere. ``user_id`` is its tokens' ``sub``."""

    client_id: str
    secret: str = field(repr=False)
    user_id: str


@dataclass(frozen=True, slots=True)
class IdentityProviderSettings:
    """A tenant's own OpenID Connect provider, through which its people may sign in.

    ``domains`` are the e-mail domains (lower case) that are sent there from the sign-in page; a domain belongs to
    one tenant at most. All URLs are https.
    """

    display_name: str
    issuer: str
    authorization_url: str
    token_url: str
    jwks_url: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: tuple[str, ...] = ()


SIGN_IN_TYPES: Final = (
    "CLIENT_LOGIN",
    "CLIENT_LOGIN_ERROR",
    "LOGIN",
    "LOGIN_ERROR",
    "LOGOUT",
    "REFRESH_TOKEN_ERROR",
)
"""The provider's events that `IdentityProvider.sign_in_events` gives."""


@dataclass(frozen=True, slots=True)
class SignInEvent:
    """One attempt to sign in or out. ``time`` is aware UTC in milliseconds; ``error`` is the provider's code.

    ``user_id`` is None when nobody by that name exists; for ``CLIENT_LOGIN`` it is the integration's own.
    """

    id: str
    time: datetime
    type: str
    user_id: str | None
    client_id: str | None
    ip: str | None
    error: str | None = None


class EmailTakenError(ValidationError):
    """Somebody outside the tenant has this e-mail address; ``tenant_id`` (None: the platform) is not for callers.

    Its message does not say so: whoever invites must not learn who is another tenant's customer.
    """

    code = "validation-failed"

    def __init__(self, tenant_id: str | None) -> None:
        message = "This e-mail address cannot be invited."
        super().__init__(message, fields=(FieldError("/email", "not_available", message),))
        self.tenant_id = tenant_id


class ClientTakenError(ConflictError):
    """This client id, organization or e-mail domain belongs to somebody else."""


class IdentityNotFoundError(NotFoundError):
    """The provider knows no such person, client or organization."""


class IdentityUnavailableError(UnavailableError):
    """The identity provider is out of reach, or answers that it cannot; the same call may succeed later."""

    def __init__(self, retry_after_seconds: float = 5.0) -> None:
        super().__init__(retry_after_seconds, "The identity provider does not answer; try again shortly.")
