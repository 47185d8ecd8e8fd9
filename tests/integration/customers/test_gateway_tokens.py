"""Tokens at the gateway and behind it: what is refused, by whom, and with which body."""

from __future__ import annotations

from typing import Any

import pytest
from deployed_stack import Deployment, Member

from zebros.errors import ForbiddenError, UnauthenticatedError

pytestmark = pytest.mark.integration

GATEWAYS_OWN = {"message": "Unauthorized"}


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"expires_in": -60}, id="expired"),
        pytest.param({"claims": {"iss": "https://elsewhere.example/realms/zebros"}}, id="foreign issuer"),
        pytest.param({"claims": {"aud": "another-api"}}, id="other audience"),
        pytest.param({"claims": {"nbf": 4102444800}}, id="not valid yet"),
        pytest.param({"omit": ["exp"]}, id="without end"),
    ],
)
def test_a_token_that_is_not_for_us_is_refused_at_the_gateway(
    deployment: Deployment, pool: tuple[Member, Member], wish: dict[str, Any]
) -> None:
    home, _ = pool
    token = deployment.identity.mint(tenant=home.tenant.id, sub="admin", roles=["tenant-admin"], **wish)
    answer = deployment.member(home.tenant, token=token).get("/v1/customers")
    assert answer.status_code == 401
    if answer.headers["content-type"] != "application/problem+json":
        assert answer.json() == GATEWAYS_OWN
    else:
        assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("change", ["no token", "not a token", "cut", "unsigned"])
def test_a_request_without_an_honest_token_gets_the_gateways_body_which_the_sdk_understands(
    deployment: Deployment, pool: tuple[Member, Member], change: str
) -> None:
    home, _ = pool
    header, claims, signature = home.token.split(".")
    token = {
        "no token": "",
        "not a token": "zebra",
        "cut": f"{header}.{claims}.{signature[:-8]}AAAAAAAA",
        "unsigned": f"eyJhbGciOiJub25lIn0.{claims}.",
    }[change]
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = deployment.http.get("/v1/customers", headers=headers)
    assert (answer.status_code, answer.json()) == (401, GATEWAYS_OWN)
    if token:
        member = deployment.member(home.tenant, token=token)
        with deployment.sdk(member) as client, pytest.raises(UnauthenticatedError):
            client.customers.list().first(1)


@pytest.mark.parametrize("omitted", ["tenant_id", "sub"])
def test_a_token_without_a_claim_that_we_need_is_a_401_of_ours(
    deployment: Deployment, pool: tuple[Member, Member], omitted: str
) -> None:
    home, _ = pool
    token = deployment.identity.mint(
        tenant=home.tenant.id, sub="admin", roles=["tenant-admin"], omit=[omitted]
    )
    answer = deployment.member(home.tenant, token=token).get("/v1/customers")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert home.tenant.id not in answer.text


def test_a_tenant_that_nobody_registered_is_refused(deployment: Deployment) -> None:
    token = deployment.identity.mint(tenant="nobodyknows", sub="admin", roles=["tenant-admin"])
    answer = deployment.http.get("/v1/customers", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code in (401, 403)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_viewer_may_read_and_not_write(deployment: Deployment, home: Member) -> None:
    id = home.customer()["customerId"]
    viewer = deployment.member(home.tenant, "viewer", roles=["viewer"])
    assert viewer.get(f"/v1/customers/{id}").status_code == 200
    with deployment.sdk(viewer) as client, pytest.raises(ForbiddenError):
        client.customers.patch(id, {"tier": "gold"})
