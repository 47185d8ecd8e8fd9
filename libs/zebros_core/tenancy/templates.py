"""The tables that a deployed stack's own CloudFormation template defines, as plain data.

A silo tenant's tables are clones of these, so there is one definition of every table: the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

__all__ = ["StackValues", "StreamMapping", "TableDefinition", "TemplateError", "table_definitions"]

_TABLE: Final = "AWS::DynamoDB::Table"
_MAPPING: Final = "AWS::Lambda::EventSourceMapping"
_VARIABLE: Final = re.compile(r"\$\{(!?[\w:.]+)\}")
_MAPPING_SETTINGS: Final = (
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FilterCriteria",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
)


class TemplateError(Exception):
    """A template has something that a clone cannot be made of; the message names the resource."""


@dataclass(frozen=True, slots=True)
class StackValues:
    """What intrinsic functions refer to: physical ids by logical id, exports of other stacks, pseudo
    parameters.
    """

    physical_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    exports: Mapping[str, str] = field(default_factory=dict[str, str])
    pseudo: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class StreamMapping:
    """One function that is fed by the table's stream. ``settings`` has CloudFormation's names, which are
    Lambda's too.
    """

    function: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """One table of a template: its base name, its resolved properties, and who reads its stream."""

    base: str
    properties: Mapping[str, Any]
    mappings: tuple[StreamMapping, ...]


def table_definitions(
    template: Mapping[str, Any], stage: str, values: StackValues | None = None
) -> list[TableDefinition]:
    """Every table of a template that holds tenants' data, in its order. Tables must be named
    ``zebros-{stage}-{base}``, else ``TemplateError``.

    A table with the metadata ``zebros: platform`` is the platform's own, such as the tenant registry: every
    tenant is in it, a silo too, so it is left out.
    """
    resources: Mapping[str, Mapping[str, Any]] = template.get("Resources", {})
    resolver = _Resolver(resources, values or StackValues())
    prefix = f"zebros-{stage}-"
    definitions: list[TableDefinition] = []
    for logical_id, resource in resources.items():
        if resource.get("Type") != _TABLE or resource.get("Metadata", {}).get("zebros") == "platform":
            continue
        properties: dict[str, Any] = resolver.resolve(resource.get("Properties", {}), logical_id)
        name = properties.pop("TableName", "")
        if not name.startswith(prefix) or name == prefix:
            raise TemplateError(f"{logical_id}: its name must begin with {prefix}")
        mappings = tuple(_mappings_of(logical_id, resources, resolver))
        definitions.append(TableDefinition(name.removeprefix(prefix), properties, mappings))
    return definitions


def _mappings_of(
    table: str, resources: Mapping[str, Mapping[str, Any]], resolver: _Resolver
) -> Iterator[StreamMapping]:
    for logical_id, resource in resources.items():
        if resource.get("Type") != _MAPPING:
            continue
        properties: Mapping[str, Any] = resource.get("Properties", {})
        if _attribute(properties.get("EventSourceArn")) != (table, "StreamArn"):
            continue
        settings = {name: properties[name] for name in _MAPPING_SETTINGS if name in properties}
        function = resolver.function(properties.get("FunctionName"), logical_id)
        yield StreamMapping(function, resolver.resolve(settings, logical_id))


def _attribute(value: Any) -> tuple[str, str] | None:
    """The (logical id, attribute) that a ``Fn::GetAtt`` names, in either of its forms."""
    if not isinstance(value, Mapping):
        return None
    target: Any = cast("Mapping[str, Any]", value).get("Fn::GetAtt")
    parts: list[str] = target.split(".", 1) if isinstance(target, str) else target or []
    return (parts[0], parts[1]) if len(parts) == 2 else None


class _Resolver:
    """Replaces intrinsic functions by their values; refuses those that it cannot know."""

    def __init__(self, resources: Mapping[str, Mapping[str, Any]], values: StackValues) -> None:
        self._resources = resources
        self._values = values

    def resolve(self, value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [self.resolve(member, place) for member in cast("list[Any]", value)]
        if not isinstance(value, Mapping):
            return value
        mapping = cast("Mapping[str, Any]", value)
        if len(mapping) == 1:
            ((function, argument),) = mapping.items()
            if function == "Ref":
                return self._ref(argument, place)
            if function.startswith("Fn::"):
                return self._intrinsic(function, argument, place)
        return {name: self.resolve(member, place) for name, member in mapping.items()}

    def function(self, value: Any, place: str) -> str:
        """A function's name, whichever way a mapping refers to it."""
        attribute = _attribute(value)
        return self._ref(attribute[0], place) if attribute else str(self.resolve(value, place))

    def _intrinsic(self, function: str, argument: Any, place: str) -> Any:
        if function == "Fn::Sub" and isinstance(argument, str):
            return _VARIABLE.sub(lambda match: self._variable(match[1], place), argument)
        if function == "Fn::Join":
            separator, parts = argument
            return separator.join(self.resolve(part, place) for part in parts)
        if function == "Fn::ImportValue":
            name = self.resolve(argument, place)
            if name in self._values.exports:
                return self._values.exports[name]
        if function == "Fn::GetAtt":
            attribute = _attribute({function: argument})
            if attribute and attribute[1] == "Arn":
                return self._arn(attribute[0], place)
        raise TemplateError(f"{place}: {function} cannot be resolved here")

    def _variable(self, name: str, place: str) -> str:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        logical_id, dot, attribute = name.partition(".")
        return self._arn(logical_id, place) if dot and attribute == "Arn" else self._ref(name, place)

    def _ref(self, name: str, place: str) -> str:
        known = self._values.pseudo.get(name) or self._values.physical_ids.get(name)
        if known:
            return known
        properties: Mapping[str, Any] = self._resources.get(name, {}).get("Properties", {})
        for named in ("FunctionName", "BucketName", "QueueName", "TableName"):
            if named in properties:
                return self.resolve(properties[named], place)
        raise TemplateError(f"{place}: {name} is not known")

    def _arn(self, logical_id: str, place: str) -> str:
        kind = self._resources.get(logical_id, {}).get("Type")
        name = self._ref(logical_id, place)
        partition = self._values.pseudo.get("AWS::Partition", "aws")
        if name.startswith("arn:"):
            return name
        if kind == "AWS::S3::Bucket":
            return f"arn:{partition}:s3:::{name}"
        here = f"{self._pseudo('AWS::Region', place)}:{self._pseudo('AWS::AccountId', place)}"
        if kind == "AWS::SQS::Queue":
            return f"arn:{partition}:sqs:{here}:{name.rsplit('/', 1)[-1]}"
        if kind == "AWS::Lambda::Function":
            return f"arn:{partition}:lambda:{here}:function:{name}"
        raise TemplateError(f"{place}: the ARN of {logical_id} is not known")

    def _pseudo(self, name: str, place: str) -> str:
        value = self._values.pseudo.get(name)
        if value is None:
            raise TemplateError(f"{place}: {name} is not known")
        return value
