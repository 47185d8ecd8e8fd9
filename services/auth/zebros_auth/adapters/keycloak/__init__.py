"""The identity provider of every stage but the laptop's default one: Keycloak, through its admin REST API.

python-keycloak takes 200 ms to import: it is loaded at the first call, not by functions that never make one.
"""

from zebros_auth.adapters.keycloak.identity import KeycloakIdentity

__all__ = ["KeycloakIdentity"]
