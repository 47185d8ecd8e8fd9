"""A silo tenant's own tables: clones of the deployed stacks' tables, with their streams' readers.

The source is each stack's template as CloudFormation has it, so templates stay the one definition. Every step
looks at what is there first: a run that was cut short is finished by the next, and a second run changes
nothing. Tables are never replaced: what cannot be changed in place is reported by ``drift`` and left alone.

``advance`` does what can be done without waiting and tells what is not complete, for a state machine that waits
by itself; ``provision`` waits. All tables are made at once: DynamoDB makes fifty at a time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.tenancy.context import is_tenant_id
from zebros_core.tenancy.isolation import SILO
from zebros_core.tenancy.templates import StackValues, StreamMapping, TableDefinition, table_definitions

__all__ = ["Drift", "SiloTables"]

_COPIED: Final = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "OnDemandThroughput",
    "ProvisionedThroughput",
)
_POLL_SECONDS: Final = 0.5
_WAIT_SECONDS: Final = 300.0
_LATER: Final = frozenset(
    {
        "LimitExceededException",  # fifty tables are being made: this one's turn comes
        "ResourceInUseException",  # somebody else has just begun to make or change it
        "ContinuousBackupsUnavailableException",  # a table is ready a little before its backups are
    }
)
"""Refusals of what will be possible in a moment."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between a tenant's table and its definition."""

    table: str
    what: str


class SiloTables:
    """Makes, compares and removes the tables of silo tenants. The clients are boto3's or botocore's."""

    def __init__(
        self,
        dynamodb: Any,
        lambda_: Any,
        cloudformation: Any,
        stage: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb = dynamodb
        self._lambda = lambda_
        self._cloudformation = cloudformation
        self._stage = stage
        self._sleep = sleep

    # -- the verbs -------------------------------------------------------------------------------------------

    def advance(self, tenant_id: str, stacks: Iterable[str]) -> list[str]:
        """Does for the tenant whatever can be done now, without waiting; the names of its tables that are not
        complete. Call it again until there are none.
        """
        definitions = self.definitions(stacks)
        return [self._name(tenant_id, definition) for definition in self._advance(tenant_id, definitions)]

    def provision(
        self, tenant_id: str, stacks: Iterable[str], *, wait_seconds: float = _WAIT_SECONDS
    ) -> list[str]:
        """Makes whatever is missing for the tenant; the names of all its tables of these stacks.

        ``TimeoutError`` naming the tables that are not complete after ``wait_seconds``; they go on being made.
        """
        return self.provision_definitions(tenant_id, self.definitions(stacks), wait_seconds=wait_seconds)

    def drift(self, tenant_id: str, stacks: Iterable[str]) -> list[Drift]:
        """Every difference between the tenant's tables and what the stacks define; empty when there is
        none.
        """
        return [
            difference
            for definition in self.definitions(stacks)
            for difference in self._differences(self._name(tenant_id, definition), definition)
        ]

    def remove(self, tenant_id: str, stacks: Iterable[str]) -> list[str]:
        """Deletes the tenant's tables with all data in them, and their stream mappings; the names of those
        deleted.
        """
        removed: list[str] = []
        for definition in self.definitions(stacks):
            name = self._name(tenant_id, definition)
            table = self._describe(name)
            if table is None or table["TableStatus"] == "DELETING":
                continue
            for mapping in definition.mappings:
                deployed = self._deployed_mapping(table, mapping)
                if deployed is not None:
                    self._lambda.delete_event_source_mapping(UUID=deployed["UUID"])
            if table.get("DeletionProtectionEnabled"):
                self._dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
                self._active(name)
            self._dynamodb.delete_table(TableName=name)
            removed.append(name)
        return removed

    def missing(self, tenant_id: str, stacks: Iterable[str]) -> list[str]:
        """The names of the tenant's tables that do not exist."""
        names = [self._name(tenant_id, definition) for definition in self.definitions(stacks)]
        return [name for name in names if self._describe(name) is None]

    def remaining(self, tenant_id: str, stacks: Iterable[str]) -> list[str]:
        """The names of the tenant's tables that still exist, those that are being deleted included."""
        names = [self._name(tenant_id, definition) for definition in self.definitions(stacks)]
        return [name for name in names if self._describe(name) is not None]

    def provision_definitions(
        self,
        tenant_id: str,
        definitions: Iterable[TableDefinition],
        *,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> list[str]:
        """The same as ``provision``, from definitions at hand (``table_definitions`` of any template)."""
        every = list(definitions)
        pending = self._advance(tenant_id, every)
        for _ in range(int(wait_seconds / _POLL_SECONDS)):
            if not pending:
                break
            self._sleep(_POLL_SECONDS)
            pending = self._advance(tenant_id, pending)
        if pending:
            names = ", ".join(self._name(tenant_id, definition) for definition in pending)
            raise TimeoutError(f"not complete after {wait_seconds:g} s: {names}")
        return [self._name(tenant_id, definition) for definition in every]

    def _advance(self, tenant_id: str, definitions: Iterable[TableDefinition]) -> list[TableDefinition]:
        """One step for each table; those that need another."""
        return [
            definition
            for definition in definitions
            if not self._step(self._name(tenant_id, definition), tenant_id, definition)
        ]

    def _step(self, name: str, tenant_id: str, definition: TableDefinition) -> bool:
        """Whether the table is complete, after what could be done for it now."""
        try:
            table = self._describe(name)
            if table is None:
                table = self._dynamodb.create_table(**self._creation(name, tenant_id, definition))[
                    "TableDescription"
                ]
            if not _is_ready(table) or self._add_a_missing_index(name, table, definition):
                return False
            self._apply_ttl(name, definition)
            self._apply_recovery(name, definition)
        except self._dynamodb.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _LATER:
                return False
            raise
        for mapping in definition.mappings:
            if self._deployed_mapping(table, mapping) is None:
                self._lambda.create_event_source_mapping(
                    EventSourceArn=table["LatestStreamArn"],
                    FunctionName=mapping.function,
                    **{"StartingPosition": "TRIM_HORIZON", **mapping.settings},
                )
        return True

    # -- definitions -----------------------------------------------------------------------------------------

    def definitions(self, stacks: Iterable[str]) -> list[TableDefinition]:
        """The tables of deployed stacks, from their own templates."""
        exports = {
            export["Name"]: export["Value"]
            for page in self._cloudformation.get_paginator("list_exports").paginate()
            for export in page.get("Exports", ())
        }
        found: list[TableDefinition] = []
        for stack in stacks:
            body: Any = self._cloudformation.get_template(StackName=stack)["TemplateBody"]
            template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
            described = self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
            _, partition, _, region, account, _ = described["StackId"].split(":", 5)
            resources = {
                resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
                for page in self._cloudformation.get_paginator("list_stack_resources").paginate(
                    StackName=stack
                )
                for resource in page["StackResourceSummaries"]
            }
            parameters = {
                parameter["ParameterKey"]: parameter.get("ParameterValue", "")
                for parameter in described.get("Parameters", ())
            }
            pseudo = {
                "AWS::AccountId": account,
                "AWS::Partition": partition,
                "AWS::Region": region,
                "AWS::StackName": stack,
            }
            values = StackValues(resources | parameters, exports, pseudo)
            found += table_definitions(template, self._stage, values)
        return found

    def _name(self, tenant_id: str, definition: TableDefinition) -> str:
        if not is_tenant_id(tenant_id):
            raise ValueError("not a tenant id")
        return SILO.table_name(f"zebros-{self._stage}", tenant_id, definition.base)

    # -- one table -------------------------------------------------------------------------------------------

    def _creation(self, name: str, tenant_id: str, definition: TableDefinition) -> dict[str, Any]:
        properties = definition.properties
        request: dict[str, Any] = {key: properties[key] for key in _COPIED if key in properties}
        stream = properties.get("StreamSpecification")
        if stream:
            request["StreamSpecification"] = {"StreamEnabled": True, **stream}
        encryption = properties.get("SSESpecification")
        if encryption:
            request["SSESpecification"] = {
                "Enabled" if key == "SSEEnabled" else key: value for key, value in encryption.items()
            }
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}
        tags |= {"tenant": tenant_id, "stage": self._stage, "isolation": "silo"}
        request["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        return {"TableName": name, **request}

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            return self._dynamodb.describe_table(TableName=name)["Table"]
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return None

    def _active(self, name: str) -> dict[str, Any]:
        """The table's description, once it and its indexes are ready; ``TimeoutError`` after five minutes."""
        for _ in range(int(_WAIT_SECONDS / _POLL_SECONDS)):
            table = self._describe(name)
            if table is not None and _is_ready(table):
                return table
            self._sleep(_POLL_SECONDS)
        raise TimeoutError(f"{name} did not become active")

    def _add_a_missing_index(self, name: str, table: dict[str, Any], definition: TableDefinition) -> bool:
        """Whether one had to be added: DynamoDB builds one at a time."""
        present = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
        for index in definition.properties.get("GlobalSecondaryIndexes", ()):
            if index["IndexName"] not in present:
                self._dynamodb.update_table(
                    TableName=name,
                    AttributeDefinitions=definition.properties["AttributeDefinitions"],
                    GlobalSecondaryIndexUpdates=[{"Create": index}],
                )
                return True
        return False

    def _ttl_attribute(self, name: str) -> str | None:
        described = self._dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        enabled = described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
        return described.get("AttributeName") if enabled else None

    def _apply_ttl(self, name: str, definition: TableDefinition) -> None:
        wanted = _wanted_ttl(definition)
        if wanted and self._ttl_attribute(name) != wanted:
            self._dynamodb.update_time_to_live(
                TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": wanted}
            )

    def _has_recovery(self, name: str) -> bool:
        described = self._dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return (
            described.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED"
        )

    def _apply_recovery(self, name: str, definition: TableDefinition) -> None:
        if _wants_recovery(definition) and not self._has_recovery(name):
            self._dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )

    def _deployed_mapping(self, table: Mapping[str, Any], mapping: StreamMapping) -> dict[str, Any] | None:
        stream = table.get("LatestStreamArn")
        if stream is None:
            return None
        request = {"EventSourceArn": stream, "FunctionName": mapping.function}
        found = self._lambda.list_event_source_mappings(**request)["EventSourceMappings"]
        return found[0] if found else None

    # -- comparison ------------------------------------------------------------------------------------------

    def _differences(self, name: str, definition: TableDefinition) -> list[Drift]:
        table = self._describe(name)
        if table is None:
            return [Drift(name, "the table is missing")]
        found: list[str] = []
        properties = definition.properties
        if _keys(table) != _keys(properties):
            found.append("its keys differ")
        wanted = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", ())}
        present = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
        found += [f"index {index} is missing" for index in sorted(wanted.keys() - present.keys())]
        found += [f"index {index} is not defined" for index in sorted(present.keys() - wanted.keys())]
        found += [
            f"the keys of index {index} differ"
            for index in sorted(wanted.keys() & present.keys())
            if _keys(wanted[index]) != _keys(present[index])
        ]
        if properties.get("StreamSpecification") and not table.get("LatestStreamArn"):
            found.append("its stream is off")
        if _wanted_ttl(definition) not in (None, self._ttl_attribute(name)):
            found.append("its time to live is off")
        if _wants_recovery(definition) and not self._has_recovery(name):
            found.append("its point-in-time recovery is off")
        found += [
            f"its stream does not reach {mapping.function}"
            for mapping in definition.mappings
            if self._deployed_mapping(table, mapping) is None
        ]
        return [Drift(name, what) for what in found]


def _is_ready(table: Mapping[str, Any]) -> bool:
    """Whether the table and its indexes can be worked with."""
    indexes = table.get("GlobalSecondaryIndexes", ())
    return table["TableStatus"] == "ACTIVE" and all(
        index.get("IndexStatus", "ACTIVE") == "ACTIVE" for index in indexes
    )


def _keys(described: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(key["AttributeName"], key["KeyType"]) for key in described.get("KeySchema", ())}


def _wanted_ttl(definition: TableDefinition) -> str | None:
    specification = definition.properties.get("TimeToLiveSpecification", {})
    return specification.get("AttributeName") if specification.get("Enabled") else None


def _wants_recovery(definition: TableDefinition) -> bool:
    return bool(
        definition.properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
    )
