"""Integrations: confidential clients with nothing but a service account, a tenant and one role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from zebros_auth.adapters.keycloak.people import checked_role, tenant_role
from zebros_auth.adapters.keycloak.session import (
    TEAM_ATTRIBUTE,
    TENANT_ATTRIBUTE,
    KeycloakSession,
    Representation,
)
from zebros_auth.domain.identity import (
    ClientSecret,
    ClientTakenError,
    IdentityNotFoundError,
    IntegrationClient,
    NewClient,
)
from zebros_core.errors import ValidationError

_BASE_SCOPES: Final = ("basic", "service_account", "zebros-api")
"""The realm's client scopes that put subject, client, role and audience into every integration's token."""


class KeycloakClients:
    """The part of the identity provider that is about integrations."""

    def __init__(self, session: KeycloakSession) -> None:
        self._session = session

    def create_client(self, client: NewClient) -> ClientSecret:
        checked_role(client.role)
        found = self._find_client(client.client_id)
        if found is None:
            self._check_scopes(client.scopes)
            wanted = _representation(client)
            self._session.unless_present(lambda admin: admin.create_client(wanted))
            found = self._find_client(client.client_id)
        if found is None or _attributes(found).get(TENANT_ATTRIBUTE) != client.tenant_id:
            raise ClientTakenError("This client id is taken.")
        user_id = self._service_account(found["id"])
        if tenant_role(self._session.role_names(user_id)) is None:
            role = self._session.role(client.role)
            self._session.call(lambda admin: admin.assign_realm_roles(user_id, [role]))
        secret = self._session.call(lambda admin: admin.get_client_secrets(found["id"]))
        return ClientSecret(client.client_id, secret["value"], user_id)

    def rotate_client(self, client_id: str) -> ClientSecret:
        found = self._find_client(client_id)
        if found is None or not _attributes(found).get(TENANT_ATTRIBUTE):
            raise IdentityNotFoundError("integration", client_id)
        secret = self._session.call(lambda admin: admin.generate_client_secrets(found["id"]))
        return ClientSecret(client_id, secret["value"], self._service_account(found["id"]))

    def remove_client(self, client_id: str) -> None:
        found = self._find_client(client_id)
        if found and _attributes(found).get(TENANT_ATTRIBUTE):
            self._session.found(lambda admin: admin.delete_client(found["id"]))

    def clients_of(self, tenant_id: str) -> Iterator[IntegrationClient]:
        # Keycloak does not search clients by their attributes unless it was built to; it does by a part of the id.
        for client in self._session.pages("clients", clientId=f"{tenant_id}-", search="true"):
            attributes = _attributes(client)
            if attributes.get(TENANT_ATTRIBUTE) != tenant_id:
                continue
            user_id = self._service_account(client["id"])
            yield IntegrationClient(
                tenant_id=tenant_id,
                client_id=client["clientId"],
                name=client.get("name") or client["clientId"],
                role=tenant_role(self._session.role_names(user_id)),
                scopes=tuple(sorted(set(client.get("defaultClientScopes") or ()) - set(_BASE_SCOPES))),
                team=attributes.get(TEAM_ATTRIBUTE),
                user_id=user_id,
            )

    def _find_client(self, client_id: str) -> Representation | None:
        found = self._session.get("clients", clientId=client_id)
        return next((item for item in found if item["clientId"] == client_id), None)

    def _service_account(self, id: str) -> str:
        return self._session.call(lambda admin: admin.get_client_service_account_user(id))["id"]

    def _check_scopes(self, scopes: tuple[str, ...]) -> None:
        """Keycloak drops a scope that the realm does not have without a word."""
        known = {scope["name"] for scope in self._session.call(lambda admin: admin.get_client_scopes())}
        unknown = [scope for scope in scopes if scope in _BASE_SCOPES or scope not in known]
        if unknown:
            raise ValidationError.for_field("/scopes", "unknown", f"There is no scope called {unknown[0]}.")


def _representation(client: NewClient) -> Representation:
    claims = {TENANT_ATTRIBUTE: client.tenant_id, **({TEAM_ATTRIBUTE: client.team} if client.team else {})}
    return {
        "clientId": client.client_id,
        "name": client.name,
        "protocol": "openid-connect",
        "enabled": True,
        "publicClient": False,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": False,
        "attributes": claims,
        "defaultClientScopes": [*_BASE_SCOPES, *client.scopes],
        "optionalClientScopes": [],
        "protocolMappers": [_claim(name, value) for name, value in claims.items()],
    }


def _attributes(client: Representation) -> dict[str, Any]:
    return client.get("attributes") or {}


def _claim(name: str, value: str) -> Representation:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": name,
            "claim.value": value,
            "jsonType.label": "String",
            "access.token.claim": "true",
        },
    }
