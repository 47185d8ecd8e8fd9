"""The queue of changes as it is deployed: events that come again, that are broken, that are given back to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from deployed_stack import Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration

SERVICE = "zebros-sync-local"


class Queue:
    """The queue of changes, with its dead letters."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._sqs = deployment.aws("sqs")
        self.url = deployment.queue("changes", SERVICE)
        self.dead_letters = deployment.queue("changes-dead-letters", SERVICE)

    def send(self, event: dict[str, Any] | str) -> None:
        body = event if isinstance(event, str) else json.dumps(event)
        self._sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def given_up(self) -> str:
        """Take a message that was given up on, as soon as there is one."""
        (message,) = eventually(
            lambda: self._sqs.receive_message(QueueUrl=self.dead_letters, MaxNumberOfMessages=1).get(
                "Messages"
            )
        )
        self._sqs.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        return str(message["Body"])

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Let the queue give a failed message again after a second instead of three minutes."""
        name = "VisibilityTimeout"
        usual = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])["Attributes"][name]
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={name: "1"})
        try:
            yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={name: usual})

    def settle(self) -> None:
        self._deployment.settle(self.url)


@pytest.fixture
def queue(deployment: Deployment) -> Queue:
    queue = Queue(deployment)
    deployment.aws("sqs").purge_queue(QueueUrl=queue.dead_letters)
    return queue


@pytest.fixture(scope="module")
def home(deployment: Deployment) -> Member:
    return deployment.member(deployment.register("pool"))


@pytest.fixture(scope="module")
def stranger(deployment: Deployment) -> Member:
    return deployment.member(deployment.register("pool"))


def event_of(member: Member, record: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """The event of a customer's write as the bus hands it on."""
    version = facts.pop("version", record["version"])
    detail = {
        "schemaVersion": 1,
        "eventId": f"{record['customerId']}-{version}",
        "tenantId": member.tenant.id,
        "entity": "customer",
        "id": record["customerId"],
        "version": version,
        "operation": "created" if version == 1 else "updated",
        "changed": [],
        "actor": member.user,
        "job": None,
        "occurredAt": record["updatedAt"],
        "snapshot": {**record, "version": version},
        "previous": None,
        "snapshotRef": None,
        **facts,
    }
    return {"source": "zebros.customers", "detail-type": "EntityChanged", "detail": detail}


def head(member: Member) -> int:
    return int(member.ask("GET", "/v1/sync/head")["sequence"])


def pulled(member: Member) -> dict[str, dict[str, Any]]:
    """Return what a device gets that has nothing: customers by id."""
    found: dict[str, dict[str, Any]] = {}
    cursor, more = None, True
    while more:
        page = member.ask("POST", "/v1/sync/pull", {"cursor": cursor})
        for change in page["changes"]:
            if change["entity"] == "customer":
                found[change["id"]] = change
        cursor, more = page["cursor"], page["more"]
    return {id: change["record"] for id, change in found.items() if change["operation"] == "upsert"}


def test_what_is_written_anywhere_comes_to_the_log_within_seconds(home: Member, stranger: Member) -> None:
    before = head(home)
    customer = home.customer(unique("Curlew"))
    eventually(lambda: head(home) == before + 1, seconds=30)
    assert pulled(home)[customer["customerId"]]["companyName"] == customer["companyName"]
    assert customer["customerId"] not in pulled(stranger)


def test_events_that_come_again_and_in_the_wrong_order_append_nothing(queue: Queue, home: Member) -> None:
    first = home.customer(unique("Dunlin"))
    path = f"/v1/customers/{first['customerId']}"
    second = home.ask("PATCH", path, {"tier": "silver"})
    third = home.ask("PATCH", path, {"tier": "gold"})
    eventually(lambda: pulled(home).get(first["customerId"], {}).get("version") == 3)
    queue.settle()
    before = head(home)
    copies = [event_of(home, record) for record in (first, second, third)]
    for event in [*reversed(copies), copies[0], copies[2], copies[1]]:
        queue.send(event)
    queue.settle()
    assert head(home) == before
    assert pulled(home)[first["customerId"]]["tier"] == "gold"


@pytest.mark.parametrize("body", ["no JSON", json.dumps({"source": "zebros.customers", "detail": {}})])
def test_a_message_that_cannot_be_handled_ends_in_the_dead_letters_and_the_rest_goes_on(
    queue: Queue, home: Member, body: str
) -> None:
    before = head(home)
    with queue.impatient():
        queue.send(body)
        home.customer(unique("Redshank"))
        eventually(lambda: head(home) == before + 1, seconds=30)
        assert queue.given_up() == body


def test_an_event_given_up_on_is_taken_when_its_cause_is_mended_and_it_is_given_back(
    deployment: Deployment, queue: Queue, home: Member, stranger: Member
) -> None:
    """The snapshot of a large record is not where its event says: an outage, mended by putting it there."""
    record = home.customer(unique("Greenshank"))
    id = record["customerId"]
    eventually(lambda: id in pulled(home))
    later = {**record, "version": 2, "companyName": unique("Mended")}
    content = json.dumps(later).encode()
    bucket = deployment.variables("history")["FAILURES_BUCKET"]
    key = f"{home.tenant.id}/events/customer/{id}/2.json"
    ref = {
        "bucket": bucket,
        "key": key,
        "sizeBytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    event = event_of(home, record, version=2, snapshot=None, snapshotRef=ref)
    before = head(home), head(stranger)
    with queue.impatient():
        queue.send(event)
        body = queue.given_up()
    assert json.loads(body) == event
    assert (head(home), head(stranger)) == before

    deployment.aws("s3").put_object(Bucket=bucket, Key=key, Body=content)
    queue.send(body)
    eventually(lambda: pulled(home)[id]["companyName"] == later["companyName"])
    queue.send(body)
    queue.settle()
    assert (head(home), head(stranger)) == (before[0] + 1, before[1])
