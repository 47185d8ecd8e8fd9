"""Reading packaged templates: what several contract tests look up in them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Stacks = Mapping[str, Any]

SERVICES = ("auth", "customers", "pipeline", "activities", "jobs", "sync")
"""The stacks that have functions."""
STREAMING_SERVICES = ("auth", "customers", "pipeline", "activities", "jobs")
"""Those whose tables publish what changes; sync keeps what follows from others' events."""
RECORD_SERVICES = ("customers", "pipeline", "activities")
"""Those that keep records of tenants, and have a bulk door."""


def resources(stacks: Stacks, kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of one type in all stacks, by `stack/logical id`."""
    return {
        f"{stack.name}/{name}": properties
        for stack in stacks.values()
        for name, properties in stack.resources(kind).items()
    }


def tables(stacks: Stacks) -> dict[str, dict[str, Any]]:
    return {
        properties["TableName"]: properties
        for properties in resources(stacks, "AWS::DynamoDB::Table").values()
    }


def declared(stacks: Stacks, part: str) -> dict[str, Any]:
    """What the services state below `custom.{part}`, together."""
    definitions = [stack.definition.get("custom", {}).get(part, {}) for stack in stacks.values()]
    return {name: value for definition in definitions for name, value in definition.items()}


def buckets(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """The buckets of the shared stack by purpose."""
    found = stacks["infrastructure"].resources("AWS::S3::Bucket").values()
    return {
        properties["BucketName"]["Fn::Sub"].removeprefix("zebros-prod-${AWS::AccountId}-"): properties
        for properties in found
        if "BucketName" in properties
    }


def values(node: Any, key: str) -> Iterator[Any]:
    """Every value of one key anywhere below a node."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, key)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def rendered(resource: Any) -> str:
    """An ARN of a policy as text: `Fn::Sub` as written, other intrinsics as JSON."""
    if isinstance(resource, dict) and isinstance(resource.get("Fn::Sub"), str):
        return resource["Fn::Sub"]
    return resource if isinstance(resource, str) else json.dumps(resource)


def role_statements(stacks: Stacks) -> list[tuple[str, dict[str, Any]]]:
    return [
        (role, statement)
        for role, properties in resources(stacks, "AWS::IAM::Role").items()
        for policy in properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
