"""Programs with credentials of their own: made, rotated, removed, and never more than whoever made them."""

from collections.abc import Callable
from typing import Any

import pytest
from callers import Person
from fake_identity import FakeIdentity

from zebros_auth.domain.identity import IdentityUnavailableError
from zebros_core.audit import InMemoryAuditTrail

READER = {"name": "Warehouse", "role": "viewer", "scopes": ["records:read"]}


def test_an_integration_gets_credentials_that_are_shown_once(
    both: tuple[Person, Person], identity: FakeIdentity, trail: InMemoryAuditTrail
) -> None:
    admin, other = both
    made = admin.post("/v1/integrations", READER)
    assert made.status == 201, made.text
    integration = made.body
    assert integration["clientSecret"] == identity.secret_of(integration["clientId"])
    assert integration["clientId"].startswith(f"{admin.tenant}-")
    shown = admin.get(f"/v1/integrations/{integration['integrationId']}").body
    assert shown == {name: value for name, value in integration.items() if name != "clientSecret"}
    assert admin.get("/v1/integrations").body["items"] == [shown]
    for method, path in (
        ("GET", f"/v1/integrations/{integration['integrationId']}"),
        ("POST", f"/v1/integrations/{integration['integrationId']}:rotate"),
        ("DELETE", f"/v1/integrations/{integration['integrationId']}"),
    ):
        assert other.call(method, path).status == 404
    assert other.get("/v1/integrations").body["items"] == []
    entry = next(event for event in trail.events if event.action == "integration.created")
    assert (entry.tenant_id, entry.record_id) == (admin.tenant, integration["integrationId"])
    assert integration["clientSecret"] not in entry.to_wire()


def test_a_repetition_gives_the_same_integration_and_secret(admin: Person) -> None:
    first = admin.post("/v1/integrations", READER, Idempotency_Key="k-1").body
    assert admin.post("/v1/integrations", READER, Idempotency_Key="k-1").body == first
    assert len(admin.get("/v1/integrations").body["items"]) == 1


def test_a_rotation_voids_the_old_secret(admin: Person, identity: FakeIdentity) -> None:
    made = admin.post("/v1/integrations", READER).body
    rotated = admin.post(f"/v1/integrations/{made['integrationId']}:rotate").body
    assert rotated["clientSecret"] != made["clientSecret"]
    assert identity.secret_of(made["clientId"]) == rotated["clientSecret"]
    assert (rotated["version"], rotated["rotatedAt"] is not None) == (2, True)


def test_a_removed_integration_is_gone_at_the_provider(admin: Person, identity: FakeIdentity) -> None:
    made = admin.post("/v1/integrations", READER).body
    assert admin.delete(f"/v1/integrations/{made['integrationId']}").status == 204
    assert list(identity.clients_of(admin.tenant)) == []
    assert admin.delete(f"/v1/integrations/{made['integrationId']}").status == 404


def test_an_outage_leaves_no_integration_that_nobody_sees(admin: Person, identity: FakeIdentity) -> None:
    identity.fail_next("create_client", IdentityUnavailableError())
    assert admin.post("/v1/integrations", READER).status == 503
    assert admin.get("/v1/integrations").body["items"] == []


@pytest.mark.parametrize("role", ["sales-manager", "sales-rep", "viewer"])
def test_only_administrators_have_to_do_with_integrations(person: Callable[..., Person], role: str) -> None:
    somebody = person(role=role)
    assert somebody.post("/v1/integrations", READER).status == 403
    assert somebody.get("/v1/integrations").status == 403


@pytest.mark.parametrize(
    "body",
    [
        {**READER, "scopes": []},
        {**READER, "scopes": ["records:everything"]},
        {**READER, "role": "platform-admin"},
        {**READER, "teamId": "nowhere"},
        {"name": "x"},
    ],
)
def test_an_integration_that_makes_no_sense_is_refused(admin: Person, body: dict[str, Any]) -> None:
    assert admin.post("/v1/integrations", body).status == 422
