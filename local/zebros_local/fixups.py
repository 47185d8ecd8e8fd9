"""What the emulator's CloudFormation drops, set through the services' own APIs after a deployment.

Every value is read from the deployed template, so nothing is said twice. On AWS, CloudFormation has set all
of this and none of it runs. Settings made here outlive later deployments to the emulator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zebros_local.deploy import emulator_client
from zebros_local.services import Service
from zebros_local.state import StackState

_LIFECYCLE_RENAMED = {"Id": "ID"}


@dataclass(frozen=True)
class Resource:
    """A resource of a deployed stack: its physical name and the properties that its template gives it."""

    type: str
    physical_id: str
    properties: Mapping[str, Any]


def apply_fixups(state: StackState, services: list[Service]) -> int:
    """Set CORS, TTL, point-in-time recovery, encryption and lifecycle; return how many resources."""
    cloudformation = emulator_client("cloudformation", state)
    clients = {name: emulator_client(name, state) for name in ("apigatewayv2", "dynamodb", "s3")}
    count = 0
    for service in services:
        for resource in deployed_resources(cloudformation, service.stack_name):
            fix = _FIXES.get(resource.type)
            if fix:
                fix(clients, resource)
                count += 1
    return count


def deployed_resources(cloudformation: Any, stack_name: str) -> Iterator[Resource]:
    """Every resource that exists of a stack, with its template's properties."""
    template = cloudformation.get_template(StackName=stack_name)["TemplateBody"]
    declared = template["Resources"]
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name):
        for summary in page["StackResourceSummaries"]:
            definition = declared.get(summary["LogicalResourceId"])
            if definition and summary.get("PhysicalResourceId"):
                yield Resource(
                    definition["Type"], summary["PhysicalResourceId"], definition.get("Properties", {})
                )


def _fix_api(clients: Mapping[str, Any], api: Resource) -> None:
    cors = api.properties.get("CorsConfiguration")
    if cors:
        clients["apigatewayv2"].update_api(ApiId=api.physical_id, CorsConfiguration=cors)


def _fix_table(clients: Mapping[str, Any], table: Resource) -> None:
    dynamodb = clients["dynamodb"]
    lifetime = table.properties.get("TimeToLiveSpecification")
    if lifetime:
        current = dynamodb.describe_time_to_live(TableName=table.physical_id)["TimeToLiveDescription"]
        # Enabling it twice is an error, on AWS as here.
        if current.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            dynamodb.update_time_to_live(TableName=table.physical_id, TimeToLiveSpecification=lifetime)
    recovery = table.properties.get("PointInTimeRecoverySpecification")
    if recovery:
        dynamodb.update_continuous_backups(
            TableName=table.physical_id, PointInTimeRecoverySpecification=recovery
        )


def _fix_bucket(clients: Mapping[str, Any], bucket: Resource) -> None:
    s3 = clients["s3"]
    encryption = bucket.properties.get("BucketEncryption")
    if encryption:
        s3.put_bucket_encryption(
            Bucket=bucket.physical_id, ServerSideEncryptionConfiguration=_encryption_rules(encryption)
        )
    lifecycle = bucket.properties.get("LifecycleConfiguration")
    if lifecycle:
        rules = [lifecycle_rule(rule) for rule in lifecycle["Rules"]]
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket.physical_id, LifecycleConfiguration={"Rules": rules}
        )


def _encryption_rules(encryption: Mapping[str, Any]) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    for rule in encryption["ServerSideEncryptionConfiguration"]:
        by_default = dict(rule["ServerSideEncryptionByDefault"])
        # A reference to the key resource means nothing outside the template; the emulator encrypts with its
        # own.
        if not isinstance(by_default.get("KMSMasterKeyID", ""), str):
            del by_default["KMSMasterKeyID"]
        rules.append({"ApplyServerSideEncryptionByDefault": by_default})
    return {"Rules": rules}


def lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Turn CloudFormation's form of a lifecycle rule into S3's own."""
    converted: dict[str, Any] = {"Filter": {"Prefix": rule.get("Prefix", "")}}
    for name, value in rule.items():
        if name == "ExpirationInDays":
            converted["Expiration"] = {"Days": int(value)}
        elif name == "Transitions":
            converted["Transitions"] = [
                {"StorageClass": step["StorageClass"], "Days": int(step["TransitionInDays"])}
                for step in value
            ]
        elif name != "Prefix":
            converted[_LIFECYCLE_RENAMED.get(name, name)] = value
    return converted


_FIXES = {
    "AWS::ApiGatewayV2::Api": _fix_api,
    "AWS::DynamoDB::Table": _fix_table,
    "AWS::S3::Bucket": _fix_bucket,
}
