"""The demo people and integrations in the real Keycloak, by its admin API. The stand-in reads them from their file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from keycloak import KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError

from zebros_local import keycloak
from zebros_local.errors import LocalStackError
from zebros_local.identity import Integration, Person, Realm
from zebros_local.settings import CHECKOUT
from zebros_local.state import StackState

_REALM = "/admin/realms/zebros"
# The demo password is far shorter than the realm's policy allows, so it arrives hashed. A low count: it guards nothing.
_HASH_ROUNDS = 1_000
_DEFAULT_ROLE = "default-roles-zebros"


def apply_realm(state: StackState, environ: Mapping[str, str]) -> str:
    """Bring a realm that an earlier start imported up to date; return the last line of the report."""
    command = [sys.executable, "-m", "zebros_auth.realm", "apply", "--url", state.identity_url]
    command += ["--client", keycloak.ADMIN_CLIENT]
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**environ, **keycloak.realm_environment(state.mail_port)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalStackError(f"The realm could not be applied:\n\n{done.stdout}{done.stderr}")
    return done.stdout.strip().splitlines()[-1]


def ensure_demo_people(state: StackState, realm: Realm) -> tuple[int, int]:
    """Make the people and integrations that are missing, people with the ids of the demo file.

    Returns how many people and integrations there are in all. Who exists is left as somebody may have changed them.
    """
    admin = KeycloakOpenIDConnection(
        server_url=f"{state.identity_url}/",
        realm_name="zebros",
        client_id=keycloak.ADMIN_CLIENT,
        client_secret_key=keycloak.ADMIN_SECRET,
        grant_type="client_credentials",
        timeout=30,
    )
    _send(
        admin,
        "post",
        "/partialImport",
        {
            "ifResourceExists": "SKIP",
            "users": [_user(person, realm.password) for person in realm.people],
            "clients": [_client(integration) for integration in realm.integrations],
        },
    )
    for integration in realm.integrations:
        _give_roles(admin, integration)
    return len(realm.people), len(realm.integrations)


def _user(person: Person, password: str) -> dict[str, Any]:
    first, _, last = person.name.partition(" ")
    attributes = {"tenant_id": [person.tenant], "team": [person.team]}
    return {
        "id": person.id,
        "username": person.email,
        "email": person.email,
        "emailVerified": True,
        "enabled": True,
        "firstName": first,
        "lastName": last,
        "attributes": {name: values for name, values in attributes.items() if values[0]},
        "realmRoles": [*person.roles, _DEFAULT_ROLE],
        "credentials": [credential(password)],
    }


def credential(password: str) -> dict[str, str]:
    """A hashed password as Keycloak imports it: the policy is not asked, since nobody knows the text any more."""
    salt = os.urandom(16)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS, 64)
    return {
        "type": "password",
        "credentialData": json.dumps({"hashIterations": _HASH_ROUNDS, "algorithm": "pbkdf2-sha512"}),
        "secretData": json.dumps(
            {"value": base64.b64encode(hashed).decode(), "salt": base64.b64encode(salt).decode()}
        ),
    }


def _client(integration: Integration) -> dict[str, Any]:
    claims = {"tenant_id": integration.tenant, "team": integration.team}
    return {
        "clientId": integration.id,
        "name": integration.name,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "secret": integration.secret,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": False,
        "defaultClientScopes": ["basic", "service_account", "zebros-api"],
        "optionalClientScopes": [],
        "protocolMappers": [_claim(name, value) for name, value in claims.items()],
    }


def _claim(name: str, value: str) -> dict[str, Any]:
    return {
        "name": name,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": name,
            "claim.value": value,
            "jsonType.label": "String",
            "access.token.claim": "true",
            "introspection.token.claim": "true",
        },
    }


def _give_roles(admin: KeycloakOpenIDConnection, integration: Integration) -> None:
    client = _send(admin, "get", f"/clients?clientId={integration.id}")[0]
    account = _send(admin, "get", f"/clients/{client['id']}/service-account-user")
    roles = [_send(admin, "get", f"/roles/{role}") for role in integration.roles]
    _send(admin, "post", f"/users/{account['id']}/role-mappings/realm", roles)


def _send(admin: KeycloakOpenIDConnection, method: str, path: str, body: Any = None) -> Any:
    data = {} if method == "get" else {"data": json.dumps(body)}
    try:
        answer = getattr(admin, f"raw_{method}")(_REALM + path, **data)
    except KeycloakError as error:
        raise LocalStackError(f"Keycloak's admin API: {error}") from error
    if not answer.ok:
        raise LocalStackError(
            f"Keycloak refused {method.upper()} {path}: {answer.status_code} {answer.text[:500]}"
        )
    return answer.json() if answer.content else None
