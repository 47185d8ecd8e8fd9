"""From a write to all that follows it: table, stream, bus, queues, and what consumers derive."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from deployed_stack import SERVICE, Deployment, Member, eventually, unique

from zebros_core.clock import HybridLogicalClock, SystemClock
from zebros_core.dynamodb.client import create_client
from zebros_core.dynamodb.store import DataAccess
from zebros_core.tenancy import SystemContext
from zebros_customers.repositories.customers import CustomerRepository
from zebros_customers.settings import Settings

pytestmark = pytest.mark.integration

FOUND_WITHIN_SECONDS = 2.0


def test_a_new_customer_is_found_by_name_within_two_seconds_and_only_by_its_tenant(
    home: Member, stranger: Member, record_property: Callable[[str, object], None]
) -> None:
    first = unique("Warm-up")
    home.customer(first)
    eventually(lambda: home.found(first))

    # The promise holds on a warm stack; the best of three forgives a machine that is busy with something else.
    seconds: list[float] = []
    while len(seconds) < 3 and min(seconds, default=FOUND_WITHIN_SECONDS) >= FOUND_WITHIN_SECONDS:
        word = unique("Zürich").split()[1]
        begun = time.monotonic()
        customer = home.customer(f"Café Étoile Z{word}")
        eventually(lambda: home.found(f"etoi z{word[:8]}") == [customer["customerId"]])  # noqa: B023
        seconds.append(time.monotonic() - begun)
        assert stranger.found(f"z{word}") == []
    record_property("seconds_until_found", [round(each, 3) for each in seconds])
    assert min(seconds) < FOUND_WITHIN_SECONDS


def test_every_change_of_a_customer_is_in_its_history_and_no_other_tenant_reads_it(
    home: Member, stranger: Member
) -> None:
    customer = home.customer(tier="silver")
    path = f"/v1/customers/{customer['customerId']}"
    home.ask("PATCH", path, {"tier": "gold"})
    home.ask("DELETE", path)
    home.ask("POST", f"{path}/restore")

    entries = eventually(lambda: len(found := home.history(customer["customerId"])) == 4 and found)
    assert [(entry["version"], entry["operation"]) for entry in entries] == [
        (4, "restored"),
        (3, "deleted"),
        (2, "updated"),
        (1, "created"),
    ]
    assert entries[2]["changes"]["tier"] == {"before": "silver", "after": "gold"}
    assert {entry["actor"] for entry in entries} == {home.user}
    assert stranger.get(f"{path}/history").status_code == 404


def test_a_deleted_customer_leaves_search_at_once_and_comes_back_by_a_restore(home: Member) -> None:
    name = unique("Kestrel")
    id = home.customer(name)["customerId"]
    eventually(lambda: home.found(name) == [id])
    home.ask("DELETE", f"/v1/customers/{id}")
    assert home.found(name) == []
    assert home.get(f"/v1/customers/{id}").status_code == 404

    home.ask("POST", f"/v1/customers/{id}/restore")
    assert home.get(f"/v1/customers/{id}").json()["companyName"] == name
    eventually(lambda: home.found(name) == [id])


def test_a_renamed_customer_is_found_by_its_new_name_only(home: Member) -> None:
    old, new = unique("Lapwing"), unique("Plover")
    id = home.customer(old)["customerId"]
    eventually(lambda: home.found(old) == [id])
    home.ask("PATCH", f"/v1/customers/{id}", {"companyName": new})
    eventually(lambda: home.found(new) == [id])
    assert home.found(old) == []


def test_a_tombstone_expires_after_180_days(deployment: Deployment, home: Member) -> None:
    id = home.customer()["customerId"]
    live = deployment.item(home.tenant, "customers", {"customerId": id})
    assert "expiresAt" not in live
    home.ask("DELETE", f"/v1/customers/{id}")
    tombstone = deployment.item(home.tenant, "customers", {"customerId": id})
    expires = datetime.fromtimestamp(int(tombstone["expiresAt"]["N"]), UTC)
    assert abs(expires - datetime.now(UTC) - timedelta(days=180)) < timedelta(minutes=5)


def test_the_cache_shows_a_change_whose_request_could_not_tell_it(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    customer = home.customer(tier="silver")
    path = f"/v1/customers/{customer['customerId']}"
    assert home.get(path).json()["tier"] == "silver"
    assert customer["customerId"] in [
        item["customerId"] for item in home.get("/v1/customers").json()["items"]
    ]

    # As a request that is cut off between its commit and its note to the cache.
    settings = Settings.from_environ(
        deployment.variables("http") | {"AWS_ENDPOINT_URL": deployment.state.endpoint}
    )
    clock = SystemClock()
    access = DataAccess(
        create_client(settings.core),
        table_prefix=settings.core.table_prefix,
        cursor_key=b"cursors of this test are read by nobody",
        clock=clock,
        hlc=HybridLogicalClock(clock),
    )
    context = SystemContext(home.tenant.id, "test", isolation=home.tenant.isolation)
    repository = CustomerRepository(access.bind(context))
    stored = repository.get(customer["customerId"])
    repository.save(stored.model_copy(update={"tier": "gold"}), previous=stored)

    eventually(lambda: home.get(path).json()["tier"] == "gold")
    eventually(lambda: "gold" in [item["tier"] for item in home.get("/v1/customers").json()["items"]])
    assert stranger.get(path).status_code == 404


def test_contacts_and_documents_follow_their_customers_owner_and_team(
    deployment: Deployment, home: Member
) -> None:
    customer = home.customer(ownerId="rep1", teamId="north")["customerId"]
    contact = home.contact(customer)
    document = home.ask(
        "POST",
        "/v1/documents",
        {"customerId": customer, "fileName": "a.pdf", "contentType": "application/pdf", "sizeBytes": 3},
    )["document"]
    assert (contact["ownerId"], contact["teamId"]) == ("rep1", "north")
    south = deployment.member(home.tenant, "rep2", roles=["sales-rep"], team="south")
    assert south.get(f"/v1/documents/{document['documentId']}").status_code == 404

    home.ask("PATCH", f"/v1/customers/{customer}", {"ownerId": "rep2", "teamId": "south"})
    moved = eventually(
        lambda: (now := home.get(f"/v1/contacts/{contact['contactId']}").json())["ownerId"] == "rep2" and now
    )
    assert moved["teamId"] == "south"
    eventually(lambda: south.get(f"/v1/documents/{document['documentId']}").status_code == 200)
    assert south.get(f"/v1/contacts/{contact['contactId']}").status_code == 200


def test_a_merge_with_many_contacts_is_finished_by_its_event(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    winner, loser = home.customer(tier="gold")["customerId"], home.customer(industry="media")["customerId"]
    people = [
        {"operation": "create", "data": {"lastName": unique("Person"), "customerId": loser}}
        for _ in range(60)
    ]
    outcomes = home.ask("POST", "/v1/contacts:batch", {"operations": people})["outcomes"]
    assert {outcome["outcome"] for outcome in outcomes} == {"created"}
    deployment.settle(
        "followup"
    )  # a contact whose own event finds its customer merged follows by itself, uncounted

    started = home.send("POST", f"/v1/customers/{winner}/merge", {"loserId": loser})
    assert (started.status_code, started.json()["status"]) == (202, "running")
    merge = started.headers["location"]
    finished = eventually(lambda: (now := home.get(merge).json())["status"] == "done" and now)
    assert finished["moved"] == 60
    page = home.ask("GET", f"/v1/customers/{winner}/contacts", params={"limit": "200"})
    assert {item["contactId"] for item in page["items"]} == {outcome["id"] for outcome in outcomes}
    assert home.get(f"/v1/customers/{winner}").json()["industry"] == "media"
    redirect = home.get(f"/v1/customers/{loser}")
    assert (redirect.status_code, redirect.headers["location"]) == (308, f"/v1/customers/{winner}")
    assert stranger.get(merge).status_code == 404


def test_a_silo_tenants_tables_are_kept_and_read_as_the_templates_say(
    deployment: Deployment, tenants: dict[str, tuple[Member, Member]]
) -> None:
    tenant = tenants["silo"][0]
    dynamodb = deployment.aws("dynamodb")
    for base in ("customers", "contacts", "documents"):
        name = deployment.table(tenant, base)
        lifetime = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        assert (lifetime["TimeToLiveStatus"], lifetime["AttributeName"]) == ("ENABLED", "expiresAt")
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        stream = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        mappings = deployment.aws("lambda").list_event_source_mappings(EventSourceArn=stream)
        functions = [each["FunctionArn"].split(":")[-1] for each in mappings["EventSourceMappings"]]
        assert functions == ["zebros-customers-local-stream"]
    assert deployment.silos().drift(tenant.id, [SERVICE]) == []
