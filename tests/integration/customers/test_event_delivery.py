"""Events that come twice, late or broken, put into the real queues and streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from deployed_stack import CONSUMERS, Deployment, Member, eventually, unique

pytestmark = pytest.mark.integration

BUS = "zebros-local"


@contextmanager
def tap(deployment: Deployment, tenant_id: str) -> Iterator[str]:
    """Give the URL of a queue that gets a copy of every event of the tenant, as the service's own queues do."""
    sqs, events, name = deployment.aws("sqs"), deployment.aws("events"), f"tap-{tenant_id}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["zebros.customers"], "detail": {"tenantId": [tenant_id]}}
    events.put_rule(Name=name, EventBusName=BUS, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=BUS, Targets=[{"Id": "tap", "Arn": arn}])
    try:
        yield url
    finally:
        events.remove_targets(Rule=name, EventBusName=BUS, Ids=["tap"])
        events.delete_rule(Name=name, EventBusName=BUS)
        sqs.delete_queue(QueueUrl=url)


def received(deployment: Deployment, url: str, count: int) -> list[str]:
    """Return the bodies of so many messages, by the version of their record."""
    bodies: list[str] = []

    def enough() -> bool:
        answer = deployment.aws("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        bodies.extend(message["Body"] for message in answer.get("Messages", ()))
        return len(bodies) >= count

    eventually(enough)
    return sorted(bodies, key=lambda body: json.loads(body)["detail"]["version"])


def seen(member: Member, id: str, *names: str) -> dict[str, Any]:
    """Return everything that is derived from a customer's events, and the customer."""
    return {
        "customer": member.get(f"/v1/customers/{id}").json(),
        "history": member.history(id),
        "found": [member.found(name) for name in names],
        "listed": [item for item in member.get("/v1/customers").json()["items"] if item["customerId"] == id],
    }


def test_events_that_come_again_and_in_the_wrong_order_change_nothing(
    deployment: Deployment, home: Member, stranger: Member
) -> None:
    old, new = unique("Siskin"), unique("Redstart")
    with tap(deployment, home.tenant.id) as url:
        id = home.customer(old, tier="silver")["customerId"]
        home.ask("PATCH", f"/v1/customers/{id}", {"companyName": new})
        home.ask("PATCH", f"/v1/customers/{id}", {"tier": "gold"})
        copies = received(deployment, url, 3)
    eventually(lambda: len(home.history(id)) == 3)
    deployment.settle()
    before = seen(home, id, old, new)
    assert before["found"] == [[], [id]]
    assert before["listed"] == [before["customer"]]

    for consumer in CONSUMERS:
        for body in [*reversed(copies), copies[0], copies[1], copies[0]]:
            deployment.aws("sqs").send_message(QueueUrl=deployment.queue(consumer), MessageBody=body)
    deployment.settle()
    assert seen(home, id, old, new) == before
    assert stranger.found(new) == []


def test_an_event_forged_for_another_tenants_record_shows_it_to_nobody(
    deployment: Deployment, pool: tuple[Member, Member]
) -> None:
    home, stranger = pool
    with tap(deployment, home.tenant.id) as url:
        id = home.customer(unique("Dunlin"))["customerId"]
        event = json.loads(received(deployment, url, 1)[0])
    deployment.settle()
    before = home.history(id)
    event["detail"]["tenantId"] = stranger.tenant.id
    event["detail"]["snapshot"]["companyName"] = name = unique("Forged")
    deployment.aws("sqs").send_message(QueueUrl=deployment.queue("search"), MessageBody=json.dumps(event))
    deployment.settle()
    # The words now lead to a record of another tenant: reading that raises and is logged as a breach of isolation.
    answer = stranger.get("/v1/customers/search", name=name)
    assert (answer.status_code, id in answer.text) == (500, False)
    assert home.found(name) == []
    assert stranger.get(f"/v1/customers/{id}").status_code == 404
    assert home.history(id) == before


@contextmanager
def impatient(deployment: Deployment, url: str) -> Iterator[None]:
    """Let the queue give a failed message again after a second instead of three minutes."""
    sqs, name = deployment.aws("sqs"), "VisibilityTimeout"
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: usual})


@pytest.mark.parametrize(
    "body", ["no JSON", json.dumps({"source": "zebros.customers", "detail": {"version": 1}})]
)
def test_a_message_that_cannot_be_handled_ends_in_the_dead_letters_and_the_rest_goes_on(
    deployment: Deployment, pool: tuple[Member, Member], body: str
) -> None:
    home, _ = pool
    queue, dead_letters = deployment.queue("history"), deployment.queue("history-dead-letters")
    sqs = deployment.aws("sqs")
    sqs.purge_queue(QueueUrl=dead_letters)
    with impatient(deployment, queue):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
        id = home.customer(unique("Curlew"))["customerId"]
        eventually(lambda: home.history(id), seconds=10)
        dead = eventually(lambda: sqs.receive_message(QueueUrl=dead_letters).get("Messages"))
    assert dead[0]["Body"] == body
    sqs.purge_queue(QueueUrl=dead_letters)


def test_an_item_that_is_no_record_is_set_aside_and_the_stream_goes_on(
    deployment: Deployment, home: Member
) -> None:
    tenant = home.tenant
    partition = f"{tenant.id}#broken" if tenant.isolation == "bridge" else "broken"
    broken = {
        "customerId": {"S": partition},
        "tenantId": {"S": tenant.id},
        "version": {"S": "not a number"},
    }
    table = deployment.table(tenant, "customers")
    deployment.aws("dynamodb").put_item(TableName=table, Item=broken)
    name = unique("Godwit")
    id = home.customer(name)["customerId"]
    eventually(lambda: home.found(name) == [id])

    bucket = deployment.variables("stream")["FAILURES_BUCKET"]
    prefix = f"failures/stream/{tenant.id}/"
    kept = eventually(
        lambda: deployment.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents")
    )
    failure = json.loads(deployment.aws("s3").get_object(Bucket=bucket, Key=kept[0]["Key"])["Body"].read())
    assert failure["payload"]["Records"][0]["dynamodb"]["NewImage"] == broken
    assert failure["tenantId"] == tenant.id
    deployment.aws("dynamodb").delete_item(TableName=table, Key={"customerId": {"S": partition}})
