"""Every method of the SDK's client against the deployed API."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployed_stack import Deployment, Member, eventually, unique

from zebros import AsyncClient, Client
from zebros.errors import DuplicateError, NotFoundError, VersionConflictError
from zebros.resources import Contacts, Customers, Documents, Fields

pytestmark = pytest.mark.e2e

# Methods that a test of this module calls; a new one of the SDK has to be added, with its call.
CALLED: dict[type, set[str]] = {
    Customers: {
        *("create", "get", "get_by_external_id", "upsert", "list", "search", "contacts", "documents"),
        *("history", "merge", "merge_state", "update", "patch", "replace", "delete", "restore", "batch"),
    },
    Contacts: {
        *("create", "get", "list", "history"),
        *("update", "patch", "replace", "delete", "restore", "batch"),
    },
    Documents: {"get", "announce", "upload", "resume", "download", "delete"},
    Fields: {"list", "create", "delete"},
}


@pytest.fixture
def client(deployment: Deployment, home: Member) -> Iterator[Client]:
    with deployment.sdk(home) as client:
        yield client


@pytest.fixture
def other(deployment: Deployment, stranger: Member) -> Iterator[Client]:
    with deployment.sdk(stranger) as client:
        yield client


def test_no_method_of_the_sdk_is_left_out() -> None:
    for resource, called in CALLED.items():
        public = {name for name, _ in inspect.getmembers(resource, callable) if not name.startswith("_")}
        assert public == called, resource.__name__


def test_a_customers_life(client: Client, other: Client) -> None:
    name, external = unique("Sandpiper"), unique("erp").replace(" ", "-")
    customer = client.customers.create(company_name=name, industry="media", external_id=external, tags=["a"])
    with pytest.raises(DuplicateError) as duplicate:
        client.customers.create(company_name=name.upper())
    assert duplicate.value.duplicates[0].id == customer.id
    assert client.customers.get_by_external_id(external).id == customer.id

    customer.tier = "gold"
    updated = client.customers.update(customer)
    assert (updated.version, updated.tier, updated.industry) == (2, "gold", "media")
    with pytest.raises(VersionConflictError) as lost:
        customer.tier = "silver"
        client.customers.update(customer)
    assert lost.value.current_version == 2
    patched = client.customers.patch(customer.id, {"contactInfo": {"phone": "+31 20 123"}}, version=2)
    patched.tags = {"b"}
    replaced = client.customers.replace(patched)
    assert (replaced.version, replaced.tags, replaced.contact_info.phone) == (4, {"b"}, "+31 20 123")
    assert client.customers.upsert(external, company_name=name).tier is None

    client.customers.delete(customer.id)
    with pytest.raises(NotFoundError):
        client.customers.get(customer.id)
    assert client.customers.restore(customer.id).version == 7
    found = eventually(lambda: client.customers.search(name.lower()).first(5))
    assert [each.id for each in found] == [customer.id]
    entries = eventually(
        lambda: len(all_of := client.customers.history(customer.id).first(50)) == 7 and all_of
    )
    assert {entry.version for entry in entries} == set(range(1, 8))
    for ask in (other.customers.get, other.customers.restore, other.customers.delete):
        with pytest.raises(NotFoundError):
            ask(customer.id)


def test_lists_are_read_over_their_pages(client: Client, other: Client) -> None:
    industry = unique("industry")
    operations = [
        {"operation": "create", "data": {"companyName": unique("Batch"), "industry": industry}}
        for _ in range(130)
    ]
    outcomes = list(client.customers.batch(operations))
    assert {outcome.outcome for outcome in outcomes} == {"created"}
    assert [outcome.index for outcome in outcomes] == list(range(130))
    made = {outcome.id for outcome in outcomes}
    for sort in ("createdAt", "-createdAt"):
        listed = [each.id for each in client.customers.list(industry=industry, page_size=50, sort=sort)]
        assert (len(listed), set(listed)) == (130, made)
    by_name = [each.company_name for each in client.customers.list(sort="name", page_size=200)]
    assert by_name == sorted(by_name, key=str.casefold)
    assert list(other.customers.list(industry=industry)) == []


def test_a_contacts_life(client: Client, other: Client) -> None:
    first = client.customers.create(company_name=unique("Turnstone"))
    second = client.customers.create(company_name=unique("Whimbrel"))
    email = f"{unique('ada').replace(' ', '-')}@whimbrel.example"
    contact = client.contacts.create(last_name="Ames", first_name="Ada", customer_id=first.id, email=email)
    assert [each.id for each in client.contacts.list(email=email)] == [contact.id]
    assert contact.id in [each.id for each in client.contacts.list(owner=contact.owner_id)]
    contact.position = "buyer"
    contact = client.contacts.update(contact)
    contact = client.contacts.patch(contact.id, {"customerId": second.id})
    assert [each.id for each in client.customers.contacts(second.id)] == [contact.id]
    assert list(client.customers.contacts(first.id)) == []
    contact.phone = "+31 6"
    contact = client.contacts.replace(contact)
    [outcome] = client.contacts.batch(
        [{"operation": "update", "id": contact.id, "data": {"doNotContact": True}}]
    )
    assert outcome.ok
    assert client.contacts.get(contact.id).do_not_contact
    client.contacts.delete(contact.id)
    with pytest.raises(NotFoundError):
        client.contacts.get(contact.id)
    restored = client.contacts.restore(contact.id)
    assert (restored.position, restored.phone, restored.customer_id) == ("buyer", "+31 6", second.id)
    eventually(
        lambda: [each.operation for each in client.contacts.history(contact.id).first(1)] == ["restored"]
    )
    with pytest.raises(NotFoundError):
        other.contacts.get(contact.id)
    assert list(other.contacts.list(email=email)) == []


def test_a_merge(client: Client) -> None:
    winner = client.customers.create(company_name=unique("Winner"))
    loser = client.customers.create(company_name=unique("Loser"), industry="media")
    contact = client.contacts.create(last_name="Ames", customer_id=loser.id)
    merge = client.customers.merge(winner.id, loser.id)
    assert (merge.status, merge.moved) == ("done", 1)
    assert client.customers.merge_state(merge.id).status == "done"
    assert client.contacts.get(contact.id).customer_id == winner.id
    assert client.customers.get(winner.id).industry == "media"
    # The loser's id leads to the winner.
    assert client.customers.get(loser.id).id == winner.id


def test_documents(client: Client, other: Client, tmp_path: Path) -> None:
    customer = client.customers.create(company_name=unique("Archive"))
    source, copy = tmp_path / "offer.pdf", tmp_path / "copy.pdf"
    source.write_bytes(b"%PDF-1.7 offer")
    told: list[tuple[int, int]] = []
    document = client.documents.upload(
        source, customer_id=customer.id, progress=lambda done, total: told.append((done, total))
    )
    assert (document.status, document.content_type, told[-1]) == ("available", "application/pdf", (14, 14))
    assert client.documents.get(document.id).file_name == "offer.pdf"
    assert [each.id for each in client.customers.documents(customer.id)] == [document.id]
    with_links = client.customers.get(customer.id, include_documents=True).documents
    assert with_links is not None
    assert with_links[0].url is not None
    assert client.documents.download(document.id, copy) == 14
    assert copy.read_bytes() == source.read_bytes()
    with pytest.raises(NotFoundError):
        other.documents.download(document.id, tmp_path / "stolen.pdf")
    client.documents.delete(document.id)
    assert list(client.customers.documents(customer.id)) == []


def test_an_upload_that_was_only_announced_is_resumed(client: Client, tmp_path: Path) -> None:
    customer = client.customers.create(company_name=unique("Archive"))
    source = tmp_path / "notes.txt"
    source.write_bytes(b"notes")

    def announced() -> str:
        return client.documents.announce(
            customer.id,
            file_name="notes.txt",
            content_type="text/plain",
            size_bytes=5,
            idempotency_key=customer.id,
        ).id

    document_id = announced()
    assert announced() == document_id
    assert client.documents.resume(document_id, source).status == "available"


def test_custom_fields(client: Client, other: Client) -> None:
    name = unique("f").replace(" ", "")
    field = client.fields.create(entity="customer", name=name, type="choice", choices=["north", "south"])
    assert name in [each.name for each in client.fields.list(entity="customer")]
    customer = client.customers.create(company_name=unique("Custom"), custom={name: "south"})
    assert client.customers.get(customer.id).custom == {name: "south"}
    assert name not in [each.name for each in other.fields.list()]
    client.fields.delete(field.id)
    assert name not in [each.name for each in client.fields.list()]


def test_the_asynchronous_client(deployment: Deployment, home: Member) -> None:
    async def story() -> list[str]:
        async with AsyncClient(deployment.state.api_url, token=home.token) as client:
            customer = await client.customers.create(company_name=unique("Asynchronous"))
            customer.tier = "gold"
            await client.customers.update(customer)
            await client.customers.delete(customer.id)
            restored = await client.customers.restore(customer.id)
            owner = restored.owner_id
            return [each.id async for each in client.customers.list(owner=owner)] + [customer.id]

    *listed, id = asyncio.run(story())
    assert id in listed
