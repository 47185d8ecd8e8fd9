"""Silo tables: cloned from a stack's own template, completed after a cut, compared, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from zebros_core.tenancy.silo_tables import Drift, SiloTables
from zebros_core.tenancy.templates import StackValues, TemplateError, table_definitions

STACK = "zebros-widgets-dev"
ROLE = "arn:aws:iam::123456789012:role/r"


def key(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    pairs = [(partition, "HASH"), *([(sort, "RANGE")] if sort else [])]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in pairs]


def template() -> dict[str, Any]:
    return {
        "Resources": {
            "WidgetsTable": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "Properties": {
                    "TableName": "zebros-dev-widgets",
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": key("widgetId"),
                    "AttributeDefinitions": [
                        {"AttributeName": name, "AttributeType": "S"}
                        for name in ("widgetId", "tenantId", "nameKey")
                    ],
                    "GlobalSecondaryIndexes": [
                        {
                            "IndexName": "name",
                            "KeySchema": key("tenantId", "nameKey"),
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    ],
                    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                    "TimeToLiveSpecification": {"AttributeName": "expiresAt", "Enabled": True},
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                    "DeletionProtectionEnabled": True,
                    "SSESpecification": {
                        "SSEEnabled": True,
                        "SSEType": "KMS",
                        "KMSMasterKeyId": "alias/aws/dynamodb",
                    },
                    "Tags": [{"Key": "service", "Value": "widgets"}],
                },
            },
            "LookupTable": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": {"Fn::Sub": "zebros-dev-widgets-lookup"},
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": key("pk", "sk"),
                    "AttributeDefinitions": [
                        {"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")
                    ],
                },
            },
            "RegistryTable": {
                "Type": "AWS::DynamoDB::Table",
                "Metadata": {"zebros": "platform"},
                "Properties": {
                    "TableName": "zebros-dev-registry",
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": key("tenantId"),
                    "AttributeDefinitions": [{"AttributeName": "tenantId", "AttributeType": "S"}],
                },
            },
            "StreamFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": "zebros-widgets-dev-stream",
                    "Runtime": "python3.13",
                    "Handler": "h.handler",
                    "Role": ROLE,
                    "Code": {"ZipFile": "def handler(event, context): pass"},
                },
            },
            "Failures": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "failures"}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["WidgetsTable", "StreamArn"]},
                    "FunctionName": {"Fn::GetAtt": ["StreamFunction", "Arn"]},
                    "BatchSize": 100,
                    "StartingPosition": "TRIM_HORIZON",
                    "MaximumRetryAttempts": 10,
                    "BisectBatchOnFunctionError": True,
                    "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}},
                },
            },
        }
    }


class Clients:
    def __init__(self) -> None:
        session = boto3.Session(region_name="eu-central-1")
        self.dynamodb: Any = session.client("dynamodb")
        self.lambda_: Any = session.client("lambda")
        self.cloudformation: Any = session.client("cloudformation")
        self.made: list[str] = []
        for client in (self.dynamodb, self.lambda_):
            client.meta.events.register("before-call", lambda model, **_: self.made.append(model.name))

    @property
    def changes(self) -> list[str]:
        return [name for name in self.made if not name.startswith(("Describe", "List"))]

    def silo(self) -> SiloTables:
        return SiloTables(self.dynamodb, self.lambda_, self.cloudformation, "dev", sleep=lambda _: None)

    def mappings(self, table: str) -> list[dict[str, Any]]:
        stream = self.dynamodb.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        return self.lambda_.list_event_source_mappings(EventSourceArn=stream)["EventSourceMappings"]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Clients]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        boto3.client("iam", region_name="eu-central-1").create_role(
            RoleName="r", AssumeRolePolicyDocument="{}"
        )
        made = Clients()
        made.cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template()))
        yield made


@pytest.fixture
def clients(deployed: Clients) -> Iterator[Clients]:
    deployed.made.clear()
    yield deployed
    for tenant in ("acme", "borealis"):
        deployed.silo().remove(tenant, [STACK])


def test_a_tenant_gets_a_clone_of_every_table_with_its_readers(clients: Clients) -> None:
    names = clients.silo().provision("acme", [STACK])
    assert names == ["zebros-dev-t-acme-widgets", "zebros-dev-t-acme-widgets-lookup"]
    original = clients.dynamodb.describe_table(TableName="zebros-dev-widgets")["Table"]
    clone = clients.dynamodb.describe_table(TableName=names[0])["Table"]
    for part in ("KeySchema", "AttributeDefinitions", "StreamSpecification", "DeletionProtectionEnabled"):
        assert clone[part] == original[part]
    assert clone["SSEDescription"]["Status"] == "ENABLED"
    assert [index["IndexName"] for index in clone["GlobalSecondaryIndexes"]] == ["name"]
    ttl = clients.dynamodb.describe_time_to_live(TableName=names[0])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    tags = {
        tag["Key"]: tag["Value"]
        for tag in clients.dynamodb.list_tags_of_resource(ResourceArn=clone["TableArn"])["Tags"]
    }
    assert (tags["tenant"], tags["service"], tags["isolation"]) == ("acme", "widgets", "silo")
    (mapping,) = clients.mappings(names[0])
    assert mapping["FunctionArn"].endswith("zebros-widgets-dev-stream")
    assert mapping["BatchSize"] == 100
    assert clients.silo().drift("acme", [STACK]) == []


def test_two_tenants_have_tables_of_their_own(clients: Clients) -> None:
    first, second = (clients.silo().provision(tenant, [STACK]) for tenant in ("acme", "borealis"))
    assert not set(first) & set(second)


def test_a_second_run_changes_nothing(clients: Clients) -> None:
    clients.silo().provision("acme", [STACK])
    clients.made.clear()
    clients.silo().provision("acme", [STACK])
    assert clients.changes == []


@pytest.mark.parametrize("steps", range(1, 5))
def test_a_run_that_was_cut_short_is_finished_by_the_next(clients: Clients, steps: int) -> None:
    class Cut(Exception):
        pass

    def cut(model: Any, **_: Any) -> None:
        if len(clients.changes) > steps:
            raise Cut

    for client in (clients.dynamodb, clients.lambda_):
        client.meta.events.register_last("before-call", cut, unique_id="cut")
    with pytest.raises(Cut):
        clients.silo().provision("acme", [STACK])
    for client in (clients.dynamodb, clients.lambda_):
        client.meta.events.unregister("before-call", cut, unique_id="cut")
    clients.silo().provision("acme", [STACK])
    assert clients.silo().drift("acme", [STACK]) == []


def test_all_tables_are_begun_at_once_and_completed_without_waiting(clients: Clients) -> None:
    """As it is on AWS, where a table takes a while: moto's are ready at once, so their state is told otherwise."""
    creating = True

    def told(parsed: dict[str, Any], **_: Any) -> None:
        for part in ("Table", "TableDescription"):
            if creating and part in parsed:
                parsed[part]["TableStatus"] = "CREATING"

    def never(_: float) -> None:
        raise AssertionError("it waits")

    silo = SiloTables(clients.dynamodb, clients.lambda_, clients.cloudformation, "dev", sleep=never)
    names = ["zebros-dev-t-acme-widgets", "zebros-dev-t-acme-widgets-lookup"]
    clients.dynamodb.meta.events.register("after-call.dynamodb.*", told, unique_id="told")
    try:
        assert silo.advance("acme", [STACK]) == names
        assert clients.changes == ["CreateTable", "CreateTable"]
        assert silo.advance("acme", [STACK]) == names
        with pytest.raises(TimeoutError, match="widgets-lookup"):
            clients.silo().provision("acme", [STACK], wait_seconds=2)
        assert clients.changes == ["CreateTable", "CreateTable"]
        creating = False
        assert silo.advance("acme", [STACK]) == []
    finally:
        clients.dynamodb.meta.events.unregister("after-call.dynamodb.*", told, unique_id="told")
    assert silo.drift("acme", [STACK]) == []


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateTable", "LimitExceededException"),
        ("CreateTable", "ResourceInUseException"),
        ("UpdateContinuousBackups", "ContinuousBackupsUnavailableException"),
    ],
)
def test_what_is_possible_in_a_moment_is_tried_again(clients: Clients, operation: str, code: str) -> None:
    refusals = [code]

    def refuse(model: Any, **_: Any) -> None:
        if refusals and model.name == operation:
            raise ClientError({"Error": {"Code": refusals.pop()}}, operation)

    clients.dynamodb.meta.events.register_last("before-call", refuse, unique_id="refuse")
    try:
        assert clients.silo().advance("acme", [STACK]) == ["zebros-dev-t-acme-widgets"]
    finally:
        clients.dynamodb.meta.events.unregister("before-call", refuse, unique_id="refuse")
    clients.silo().provision("acme", [STACK])
    assert clients.silo().drift("acme", [STACK]) == []


def test_drift_is_reported_and_what_can_be_added_is_added(clients: Clients) -> None:
    silo, name = clients.silo(), "zebros-dev-t-acme-widgets"
    assert [drift.what for drift in silo.drift("acme", [STACK])] == ["the table is missing"] * 2
    silo.provision("acme", [STACK])
    clients.lambda_.delete_event_source_mapping(UUID=clients.mappings(name)[0]["UUID"])
    clients.dynamodb.update_table(
        TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "name"}}]
    )
    clients.dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "expiresAt"}
    )
    clients.dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert silo.drift("acme", [STACK]) == [
        Drift(name, "index name is missing"),
        Drift(name, "its time to live is off"),
        Drift(name, "its point-in-time recovery is off"),
        Drift(name, "its stream does not reach zebros-widgets-dev-stream"),
    ]
    silo.provision("acme", [STACK])
    assert silo.drift("acme", [STACK]) == []


def test_removal_takes_the_tenants_tables_and_mappings_and_nothing_else(clients: Clients) -> None:
    silo = clients.silo()
    silo.provision("acme", [STACK])
    silo.provision("borealis", [STACK])
    assert silo.remove("acme", [STACK]) == ["zebros-dev-t-acme-widgets", "zebros-dev-t-acme-widgets-lookup"]
    left = clients.dynamodb.list_tables()["TableNames"]
    assert not [name for name in left if "-t-acme-" in name]
    assert "zebros-dev-widgets" in left
    assert silo.remaining("acme", [STACK]) == []
    assert silo.missing("acme", [STACK]) == ["zebros-dev-t-acme-widgets", "zebros-dev-t-acme-widgets-lookup"]
    assert silo.missing("borealis", [STACK]) == []
    assert len(silo.remaining("borealis", [STACK])) == 2
    assert silo.drift("borealis", [STACK]) == []
    assert silo.remove("acme", [STACK]) == []


def test_definitions_come_from_any_template_at_hand() -> None:
    pseudo = {"AWS::Region": "eu-central-1", "AWS::AccountId": "1"}
    widgets, lookup = table_definitions(template(), "dev", StackValues(pseudo=pseudo))
    assert (widgets.base, lookup.base) == ("widgets", "widgets-lookup")
    (mapping,) = widgets.mappings
    assert mapping.function == "zebros-widgets-dev-stream"
    assert mapping.settings["DestinationConfig"] == {"OnFailure": {"Destination": "arn:aws:s3:::failures"}}


def test_references_are_resolved_or_refused_by_name() -> None:
    broken = template()
    settings = broken["Resources"]["Mapping"]["Properties"]
    settings["DestinationConfig"] = {"OnFailure": {"Destination": {"Fn::ImportValue": "failures-arn"}}}
    values = StackValues(exports={"failures-arn": "arn:aws:s3:::f"})
    assert table_definitions(broken, "dev", values)[0].mappings[0].settings["DestinationConfig"][
        "OnFailure"
    ] == {"Destination": "arn:aws:s3:::f"}
    with pytest.raises(TemplateError, match="Mapping: Fn::ImportValue"):
        table_definitions(broken, "dev")
    with pytest.raises(TemplateError, match="WidgetsTable: its name must begin with zebros-prod-"):
        table_definitions(template(), "prod")


def test_a_malformed_tenant_gets_no_table(clients: Clients) -> None:
    with pytest.raises(ValueError, match="tenant id"):
        clients.silo().provision("acme-x", [STACK])
