"""The adapter as a whole: one class for the port, put together of its parts."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from zebros_auth.adapters.keycloak.clients import KeycloakClients
from zebros_auth.adapters.keycloak.organizations import KeycloakOrganizations
from zebros_auth.adapters.keycloak.people import KeycloakPeople
from zebros_auth.adapters.keycloak.session import KeycloakSession
from zebros_auth.adapters.keycloak.sign_ins import KeycloakSignIns

ADMIN_CLIENT = "zebros-admin"


class KeycloakIdentity(KeycloakPeople, KeycloakOrganizations, KeycloakClients, KeycloakSignIns):
    """``zebros_auth.domain.ports.IdentityProvider`` over the admin API of one realm. Nothing is called when made.

    The realm is the one of ``services/auth/keycloak/realm.json``: its client scopes, roles and attributes are
    taken for granted.
    """

    @classmethod
    def of_issuer(
        cls,
        issuer: str,
        client_secret: Callable[[], str],
        *,
        server_url: str = "",
        client_id: str = ADMIN_CLIENT,
    ) -> KeycloakIdentity:
        """Return the adapter for the realm of these tokens: ``https://id.example/realms/zebros``.

        ``client_secret`` is called before the first request, and again when the secret has become wrong.
        ``server_url`` is where the admin API is reached when not at the issuer's own address. Raises
        ``ValueError`` for an issuer that is no Keycloak realm.
        """
        base, found, realm = issuer.rstrip("/").rpartition("/realms/")
        if not found or not realm or realm != quote(realm, safe=""):
            raise ValueError(f"not the issuer of a Keycloak realm: {issuer}")
        return cls(KeycloakSession(server_url or base, realm, client_id, client_secret))
