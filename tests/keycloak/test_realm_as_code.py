"""The realm file and the real Keycloak: an import needs nothing more, drift is named part by part and repaired."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from deployed_stack import Deployment, unique

from zebros_auth.realm.admin import KeycloakRealmAdmin
from zebros_local import keycloak
from zebros_local.settings import CHECKOUT

ORDINARY, DRIFT = 0, 2


@pytest.fixture
def realm_command(deployment: Deployment) -> Any:
    """`python -m zebros_auth.realm` as an operator or a deployment runs it."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "zebros_auth.realm", command, "--url", deployment.state.identity_url],
            cwd=CHECKOUT,
            env={**os.environ, **keycloak.realm_environment(deployment.state.mail_port)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def integration(admin: KeycloakRealmAdmin) -> Iterator[str]:
    """A tenant's own client, of which the file knows nothing."""
    name = unique("integration").replace(" ", "-")
    admin.post("/clients", {"clientId": name, "publicClient": False, "description": "as its tenant left it"})
    yield name
    admin.delete(f"/clients/{admin.get(f'/clients?clientId={name}')[0]['id']}")


def test_an_imported_realm_is_as_the_file_wants_it(realm_command: Any) -> None:
    done = realm_command("plan")
    assert done.returncode == ORDINARY, done.stdout + done.stderr


def test_drift_is_reported_part_by_part_and_repaired(
    realm_command: Any, admin: KeycloakRealmAdmin, integration: str
) -> None:
    admin.put("", {**admin.get(""), "accessTokenLifespan": 86_400, "bruteForceProtected": False})
    profile = admin.get("/users/profile")
    for attribute in profile["attributes"]:
        if attribute["name"] == "tenant_id":
            attribute["permissions"]["edit"] = ["admin", "user"]
    admin.put("/users/profile", {**profile, "unmanagedAttributePolicy": "ENABLED"})
    admin.post("/roles/sales-rep/composites", [admin.get("/roles/tenant-admin")])
    scopes = {each["name"]: each for each in admin.get("/client-scopes")}
    admin.delete(f"/client-scopes/{scopes['records:export']['id']}")
    stray = {
        "name": "everybody is of borealis",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {"claim.name": "tenant_id", "claim.value": "borealis", "access.token.claim": "true"},
    }
    admin.post(f"/client-scopes/{scopes['zebros-api']['id']}/protocol-mappers/models", stray)
    web = admin.get("/clients?clientId=zebros-web")[0]
    admin.put(
        f"/clients/{web['id']}", {**web, "redirectUris": [*web["redirectUris"], "https://evil.example/*"]}
    )

    planned = realm_command("plan")
    assert planned.returncode == DRIFT
    for told in (
        "realm: settings: accessTokenLifespan is 86400, should be 900; bruteForceProtected is false",
        'attribute tenant_id.permissions.edit is ["admin", "user"], should be ["admin"]',
        "unmanaged attributes are ENABLED, should be refused",
        "roles: sales-rep: should not hold tenant-admin",
        "scopes: records:export: is missing",
        "scope zebros-api, mapper 'everybody is of borealis': should not be there",
        "clients: zebros-web: redirectUris is",
    ):
        assert told in planned.stdout, planned.stdout

    applied = realm_command("apply")
    assert applied.returncode == ORDINARY, applied.stdout + applied.stderr
    again = realm_command("plan")
    assert (again.returncode, again.stdout.strip()) == (ORDINARY, "0 differ")
    assert admin.get(f"/clients?clientId={integration}")[0]["description"] == "as its tenant left it"


def test_what_the_realms_own_account_may_not_repair_is_said(
    realm_command: Any, admin: KeycloakRealmAdmin, server: httpx.Client
) -> None:
    account = admin.get(
        f"/clients/{admin.get('/clients?clientId=zebros-admin')[0]['id']}/service-account-user"
    )
    owner = admin.get("/clients?clientId=realm-management")[0]["id"]
    mappings = f"/users/{account['id']}/role-mappings/clients/{owner}"
    removed = [role for role in admin.get(mappings) if role["name"] == "manage-events"]
    admin.delete(mappings, removed)
    refused = realm_command("apply")
    given_back = server.post(f"/admin/realms/zebros{mappings}", json=removed)
    assert given_back.is_success
    assert refused.returncode == 1
    assert "lacks manage-events" in refused.stderr
    assert "403" in refused.stderr
    assert realm_command("plan").returncode == ORDINARY
