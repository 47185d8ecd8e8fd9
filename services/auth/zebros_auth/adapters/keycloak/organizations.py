"""A tenant's organization, its members, and its own identity provider."""

from __future__ import annotations

from typing import Final

from zebros_auth.adapters.keycloak.session import (
    TENANT_ATTRIBUTE,
    KeycloakSession,
    Representation,
    status_of,
    well_formed,
)
from zebros_auth.domain.identity import ClientTakenError, IdentityNotFoundError, IdentityProviderSettings

_TENANT_MAPPER: Final = "tenant"

# Whoever gives an address of one of the organization's domains is sent to its provider without being asked.
_REDIRECTED: Final = {"kc.org.domain": "ANY", "kc.org.broker.redirect.mode.email-matches": "true"}


class KeycloakOrganizations:
    """The part of the identity provider that is about organizations."""

    def __init__(self, session: KeycloakSession) -> None:
        self._session = session

    def ensure_organization(self, tenant_id: str, name: str) -> str:
        wanted: Representation = {
            # Names are unique in the realm, and two companies may have the same.
            "name": f"{name} ({tenant_id})",
            "alias": tenant_id,
            "enabled": True,
            "attributes": {TENANT_ATTRIBUTE: [tenant_id]},
        }
        found = self._organization_of(tenant_id)
        if found is None:
            self._session.unless_present(lambda admin: admin.create_organization(wanted))
            found = self._organization_of(tenant_id)
        if found is None:
            # Made by hand for something else: it has the alias but not our attribute.
            raise ClientTakenError(f"An organization called {tenant_id} exists that is not this tenant's.")
        if found["name"] != wanted["name"]:
            self._replace_organization({**found, **wanted})
        return found["id"]

    def add_member(self, organization_id: str, user_id: str) -> None:
        from keycloak.exceptions import KeycloakError

        if not well_formed(organization_id):
            raise IdentityNotFoundError("organization", organization_id)
        if not well_formed(user_id):
            raise IdentityNotFoundError("user", user_id)
        try:
            self._session.unless_present(lambda admin: admin.organization_user_add(user_id, organization_id))
        except KeycloakError as error:
            # Keycloak says 400 for an unknown person and 404 for an unknown organization.
            if status_of(error) == 404:
                raise IdentityNotFoundError("organization", organization_id) from error
            if status_of(error) == 400:
                raise IdentityNotFoundError("user", user_id) from error
            raise

    def remove_organization(self, tenant_id: str) -> None:
        self.remove_identity_provider(tenant_id)
        found = self._organization_of(tenant_id)
        if found:
            self._session.found(lambda admin: admin.delete_organization(found["id"]))

    def set_identity_provider(self, tenant_id: str, settings: IdentityProviderSettings) -> None:
        organization = self._organization_of(tenant_id)
        if organization is None:
            raise IdentityNotFoundError("organization", tenant_id)
        alias = _alias(tenant_id)
        wanted = _provider(alias, settings)
        # The domains first: a domain that is another tenant's must not leave a provider behind.
        self._set_domains(organization, settings.domains)
        if not self._session.unless_present(lambda admin: admin.create_idp(wanted)):
            self._session.call(lambda admin: admin.update_idp(alias, wanted))
        self._ensure_mapper(alias, tenant_id)
        self._session.unless_present(lambda admin: admin.organization_idp_add(organization["id"], alias))

    def remove_identity_provider(self, tenant_id: str) -> None:
        alias = _alias(tenant_id)
        self._session.found(lambda admin: admin.delete_idp(alias))
        organization = self._organization_of(tenant_id)
        if organization and organization.get("domains"):
            self._set_domains(organization, ())

    def _organization_of(self, tenant_id: str) -> Representation | None:
        found = self._session.get(
            "organizations", q=f"{TENANT_ATTRIBUTE}:{tenant_id}", briefRepresentation="false", max=2
        )
        return next((item for item in found if item.get("alias") == tenant_id), None)

    def _replace_organization(self, organization: Representation) -> None:
        self._session.call(lambda admin: admin.update_organization(organization["id"], organization))

    def _set_domains(self, organization: Representation, domains: tuple[str, ...]) -> None:
        from keycloak.exceptions import KeycloakError

        if sorted(item["name"] for item in organization.get("domains") or ()) == sorted(domains):
            return
        wanted = [{"name": domain, "verified": True} for domain in domains]
        try:
            self._replace_organization({**organization, "domains": wanted})
        except KeycloakError as error:
            if status_of(error) in (400, 409):
                raise ClientTakenError("One of these e-mail domains cannot be used.") from error
            raise

    def _ensure_mapper(self, alias: str, tenant_id: str) -> None:
        """Whoever is made by a first sign-in belongs to the tenant. IMPORT: never an account that was there."""
        from keycloak.exceptions import KeycloakError

        mapper = {
            "name": _TENANT_MAPPER,
            "identityProviderAlias": alias,
            "identityProviderMapper": "hardcoded-attribute-idp-mapper",
            "config": {"syncMode": "IMPORT", "attribute": TENANT_ATTRIBUTE, "attribute.value": tenant_id},
        }
        if self._has_mapper(alias):
            return
        try:
            self._session.call(lambda admin: admin.add_mapper_to_idp(alias, mapper))
        except KeycloakError:
            # To a repetition Keycloak says 400, as to any other fault.
            if not self._has_mapper(alias):
                raise

    def _has_mapper(self, alias: str) -> bool:
        present: list[Representation] = self._session.call(lambda admin: admin.get_idp_mappers(alias))
        return any(item["name"] == _TENANT_MAPPER for item in present)


def _alias(tenant_id: str) -> str:
    return f"tenant-{tenant_id}"


def _provider(alias: str, settings: IdentityProviderSettings) -> Representation:
    return {
        "alias": alias,
        "displayName": settings.display_name,
        "providerId": "oidc",
        "enabled": True,
        "hideOnLogin": True,
        "storeToken": False,
        # A tenant's provider could claim any address: an account that was there is linked by mail only.
        "trustEmail": False,
        "config": {
            "issuer": settings.issuer,
            "authorizationUrl": settings.authorization_url,
            "tokenUrl": settings.token_url,
            "jwksUrl": settings.jwks_url,
            "useJwksUrl": "true",
            "validateSignature": "true",
            "clientId": settings.client_id,
            "clientSecret": settings.client_secret,
            "clientAuthMethod": "client_secret_post",
            "defaultScope": "openid profile email",
            "pkceEnabled": "true",
            "pkceMethod": "S256",
            "syncMode": "IMPORT",
            # Whoever gives an address of one of the organization's domains is sent there without being asked.
            **(
                {"kc.org.domain": "ANY", "kc.org.broker.redirect.mode.email-matches": "true"}
                if settings.domains
                else {}
            ),
        },
    }
