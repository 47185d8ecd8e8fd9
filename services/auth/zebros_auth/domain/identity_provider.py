"""A tenant's own OpenID Connect provider, as an administrator of the platform sets it."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zebros_auth.domain.identity import IdentityProviderSettings
from zebros_core.values import Name, Value

MAX_DOMAINS: Final = 10

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label begins with a letter: `127.0.0.1`, `0x7f.1` and whatever else resolvers take for an address does not.
_DNS_NAME: Final = rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])"
_MAX_DNS_NAME: Final = 253
_URL: Final = re.compile(r"https://([^/?#@\\:\[\]]+)(?::([0-9]{1,5}))?(?:[/?][!-~]*)?")
_OF_A_NETWORK: Final = ("internal", "local", "localhost")


def _url(text: str) -> str:
    found = _URL.fullmatch(text)
    if found is None or "#" in text or "\\" in text or int(found[2] or 443) not in range(1, 65_536):
        raise PydanticCustomError(
            "https_url", "an address such as https://login.example.com/path, without a user or a fragment"
        )
    host = found[1].lower()
    # The identity provider itself calls these addresses: they must not lead to what only it can reach.
    if (
        len(host) > _MAX_DNS_NAME
        or not re.fullmatch(_DNS_NAME, host)
        or host.rpartition(".")[2] in _OF_A_NETWORK
    ):
        raise PydanticCustomError("public_host", "its host is a public DNS name, not an IP address")
    return text


def _secret(text: str) -> str:
    # Keycloak reads a row of asterisks as "keep the former one", and `${…}` as a name in a vault of the platform.
    if not text.strip("*") or text.startswith("${"):
        raise PydanticCustomError("not_a_secret", "this stands for a secret and is none")
    return text


def _each_once(domains: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(domains)) != len(domains):
        raise PydanticCustomError("repeated", "a domain is named once")
    return domains


HttpsUrl = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(_url),
    Field(json_schema_extra={"format": "uri", "pattern": "^https://"}),
]
"""An https address at a public DNS name, of at most 500 characters."""

EmailDomain = Annotated[str, StringConstraints(max_length=_MAX_DNS_NAME, pattern=rf"^{_DNS_NAME}$")]
"""A domain of e-mail addresses, in lower case; an international one in its ASCII form."""

PrintableAscii = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]


class IdentityProviderDraft(Value):
    """A company's own OpenID Connect provider. `domains` are proved to be the company's before they are set."""

    display_name: Name
    issuer: HttpsUrl
    authorization_url: HttpsUrl
    token_url: HttpsUrl
    jwks_url: HttpsUrl
    client_id: PrintableAscii
    client_secret: Annotated[PrintableAscii, AfterValidator(_secret), Field(repr=False)]
    domains: Annotated[
        tuple[EmailDomain, ...], Field(min_length=1, max_length=MAX_DOMAINS), AfterValidator(_each_once)
    ]

    def settings(self) -> IdentityProviderSettings:
        """Return it as the identity provider takes it."""
        return IdentityProviderSettings(
            **{name: getattr(self, name) for name in IdentityProviderDraft.model_fields}
        )
