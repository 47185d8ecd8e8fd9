"""A tenant's own identity provider: set and removed by administrators of the platform, and by nobody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auth_in_process import platform_admin, tenancy_service
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.bootstrap import Container
from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import FixedClock

SECRET = "a-secret-of-the-company"
PROVIDER: dict[str, Any] = {
    "displayName": "Northwind",
    "issuer": "https://login.northwind.example",
    "authorizationUrl": "https://login.northwind.example/authorize?kind=staff",
    "tokenUrl": "https://login.northwind.example:8443/token",
    "jwksUrl": "https://LOGIN.northwind.example/keys",
    "clientId": "zebros",
    "clientSecret": SECRET,
    "domains": ["northwind.example", "xn--nrdwind-90a.example"],
}
URLS = ("issuer", "authorizationUrl", "tokenUrl", "jwksUrl")
SHOWN = {name: value for name, value in PROVIDER.items() if name != "clientSecret"}


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The service with the registry that is deployed, in its table."""
    with tenancy_service("provider") as made:
        yield made


@pytest.fixture
def platform(app: Any, clock: FixedClock) -> Person:
    """An administrator of the platform."""
    return platform_admin(app, clock)


def path_of(tenant_id: str) -> str:
    return f"/v1/tenants/{tenant_id}/identity-provider"


def provider_of(identity: FakeIdentity, tenant_id: str) -> Any:
    organization = identity.organizations.get(tenant_id)
    return organization and organization.provider


def with_status(container: Container, tenant_id: str, status: Any) -> None:
    tenants = container.tenancy.tenants
    current = tenants.get(tenant_id)
    tenants.save(current.model_copy(update={"status": status}), previous=current)


@pytest.mark.parametrize("status", ["active", "suspended"])
def test_a_provider_is_set_replaced_and_removed_and_another_tenants_stays(
    platform: Person, tenant: Callable[..., str], identity: FakeIdentity, container: Container, status: str
) -> None:
    ours, theirs = tenant(), tenant()
    with_status(container, ours, status) if status != "active" else None
    other = PROVIDER | {"domains": ["contoso.example"]}
    assert platform.put(path_of(theirs), other).status == 200

    for _ in range(2):
        answered = platform.put(path_of(ours), PROVIDER)
        assert (answered.status, answered.body) == (200, SHOWN)
    kept = provider_of(identity, ours)
    assert (kept.client_secret, kept.jwks_url, kept.domains) == (
        SECRET,
        PROVIDER["jwksUrl"],
        tuple(PROVIDER["domains"]),
    )
    assert platform.put(path_of(ours), PROVIDER | {"displayName": "Staff"}).body["displayName"] == "Staff"

    for _ in range(2):
        assert platform.delete(path_of(ours)).status == 204
    assert provider_of(identity, ours) is None
    assert provider_of(identity, theirs).domains == ("contoso.example",)


def test_a_domain_of_another_tenant_is_a_409_that_does_not_say_whose(
    platform: Person, tenant: Callable[..., str], identity: FakeIdentity
) -> None:
    ours, theirs = tenant(), tenant()
    platform.put(path_of(theirs), PROVIDER)
    refused = platform.put(path_of(ours), PROVIDER)
    assert refused.status == 409
    assert theirs not in refused.text
    assert provider_of(identity, ours) is None
    platform.delete(path_of(theirs))
    assert platform.put(path_of(ours), PROVIDER).status == 200


@pytest.mark.parametrize("status", ["onboarding", "failed", "offboarding", "offboarded"])
def test_a_tenant_that_is_not_served_yet_or_leaves_gets_none(
    platform: Person, tenant: Callable[..., str], identity: FakeIdentity, container: Container, status: str
) -> None:
    ours, theirs = tenant(), tenant()
    with_status(container, ours, status)
    for refused in (platform.put(path_of(ours), PROVIDER), platform.delete(path_of(ours))):
        assert refused.status == 409
        assert status in refused.body["detail"]
    assert identity.organizations == {}
    assert platform.put(path_of(theirs), PROVIDER).status == 200


def test_an_unknown_tenant_is_a_404(platform: Person, identity: FakeIdentity) -> None:
    assert platform.put(path_of("nobody"), PROVIDER).status == 404
    assert platform.delete(path_of("nobody")).status == 404
    assert identity.organizations == {}


@pytest.mark.parametrize("field", URLS)
@pytest.mark.parametrize(
    "url",
    [
        "http://login.northwind.example",
        "https://",
        "//login.northwind.example",
        "https://user@login.northwind.example",
        "https://user:word@login.northwind.example",
        "https://login.northwind.example/#top",
        "https://login.northwind.example\\@evil.example",
        "https://login.northwind.example/a b",
        "https://login.northwind.example/\n",
        "https://login.northwind.example:0/",
        "https://login.northwind.example:65536/",
        "https://localhost/",
        "https://keycloak/",
        "https://keycloak.zebros.internal/",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://0177.0.0.01/",
        "https://10.1.2.3:8443/",
        "https://192.168.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://ｌogin.northwind.example/",
        "https://login.northwind.example/" + "a" * 500,
        "",
        7,
        None,
    ],
)
def test_an_address_that_the_identity_provider_should_not_call_is_refused(
    platform: Person, tenant: Callable[..., str], identity: FakeIdentity, field: str, url: Any
) -> None:
    refused = platform.put(path_of(tenant()), PROVIDER | {field: url})
    assert refused.status == 422, refused.text
    assert [error["field"] for error in refused.body["errors"]] == [f"/{field}"]
    assert SECRET not in refused.text
    assert identity.organizations == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"domains": []}, "/domains"),
        ({"domains": [f"d{number}.example" for number in range(11)]}, "/domains"),
        ({"domains": ["northwind.example", "northwind.example"]}, "/domains"),
        ({"domains": ["Northwind.example"]}, "/domains/0"),
        ({"domains": ["northwind.example", "example"]}, "/domains/1"),
        ({"domains": ["*.northwind.example"]}, "/domains/0"),
        ({"domains": ["-a.example"]}, "/domains/0"),
        ({"domains": ["a..example"]}, "/domains/0"),
        ({"domains": ["northwind.example."]}, "/domains/0"),
        ({"domains": ["northwind.example\n"]}, "/domains/0"),
        ({"domains": ["nörthwind.example"]}, "/domains/0"),
        ({"domains": ["127.0.0.1"]}, "/domains/0"),
        ({"domains": ["a" * 64 + ".example"]}, "/domains/0"),
        ({"domains": ["a." * 130 + "example"]}, "/domains/0"),
        ({"displayName": " "}, "/displayName"),
        ({"clientId": ""}, "/clientId"),
        ({"clientId": "two words"}, "/clientId"),
        ({"clientSecret": ""}, "/clientSecret"),
        ({"clientSecret": "**********"}, "/clientSecret"),
        ({"clientSecret": "${vault.smtp}"}, "/clientSecret"),
        ({"clientSecret": "s" * 501}, "/clientSecret"),
        ({"trustEmail": True}, "/trustEmail"),
    ],
)
def test_what_is_wrong_with_a_provider_is_named(
    platform: Person,
    tenant: Callable[..., str],
    identity: FakeIdentity,
    change: dict[str, Any],
    field: str,
) -> None:
    refused = platform.put(path_of(tenant()), PROVIDER | change)
    assert refused.status == 422, refused.text
    assert field in [error["field"] for error in refused.body["errors"]]
    assert identity.organizations == {}


def test_nobody_of_a_tenant_sets_one_not_even_their_own(
    person: Callable[..., Person], tenant: Callable[..., str], identity: FakeIdentity
) -> None:
    ours, theirs = tenant(), tenant()
    admin = person(ours)
    for tenant_id in (ours, theirs):
        assert admin.put(path_of(tenant_id), PROVIDER).status == 403
        assert admin.delete(path_of(tenant_id)).status == 403
    assert identity.organizations == {}


def test_the_longest_that_is_allowed_is_set_and_recorded(
    platform: Person, tenant: Callable[..., str], trail: InMemoryAuditTrail
) -> None:
    ours = tenant()
    tail = ".".join(["d" * 61] * 4)
    domains = [f"d{number}.{tail}" for number in range(10)]
    issuer = PROVIDER["issuer"].ljust(500, "/")
    set_ = platform.put(path_of(ours), PROVIDER | {"domains": domains, "issuer": issuer})
    assert set_.status == 200, set_.text
    details = trail.events[0].details
    assert [details[f"domain{place}"] for place in range(1, 11)] == domains
    assert details["issuer"] == issuer


def test_both_are_in_the_platforms_log_and_the_secret_is_nowhere(
    platform: Person,
    tenant: Callable[..., str],
    trail: InMemoryAuditTrail,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours, theirs = tenant(), tenant()
    with caplog.at_level(logging.DEBUG):
        answers = [
            platform.put(path_of(ours), PROVIDER),
            platform.put(path_of(theirs), PROVIDER),
            platform.put(path_of(ours), PROVIDER | {"issuer": SECRET, "domains": [SECRET]}),
            platform.delete(path_of(ours)),
        ]
    assert [answer.status for answer in answers] == [200, 409, 422, 204]
    assert [
        (event.action, event.tenant_id, event.actor, event.details["tenant"]) for event in trail.events
    ] == [
        ("tenant.identity-provider-set", "platform", "ops-1", ours),
        ("tenant.identity-provider-removed", "platform", "ops-1", ours),
    ]
    details = trail.events[0].details
    assert [details["domain1"], details["domain2"]] == PROVIDER["domains"]
    logged = [json.dumps(vars(record), default=repr) for record in caplog.records]
    for text in (*(answer.text for answer in answers), *map(repr, trail.events), *logged):
        assert SECRET not in text
