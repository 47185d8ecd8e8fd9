"""Which version of each record a consumer has applied, so that late and repeated events change nothing."""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from zebros_core.clock import Clock
from zebros_core.dynamodb.client import DynamoDbClient, error_code
from zebros_core.dynamodb.keys import compose
from zebros_core.messaging.envelope import EntityChanged

_KEPT_SECONDS: Final = 30 * 24 * 3600


class AppliedVersions(Protocol):
    """One consumer's memory.

    `is_newer` is asked before the effect, `record` said after it: a crash between the two repeats an effect,
    it never loses one.
    """

    def is_newer(self, change: EntityChanged) -> bool: ...

    def record(self, change: EntityChanged) -> None: ...


class InMemoryAppliedVersions:
    """For tests, and for consumers whose state lives no longer than their process."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, str, str], int] = {}

    def is_newer(self, change: EntityChanged) -> bool:
        return change.version > self._versions.get(change.key, 0)

    def record(self, change: EntityChanged) -> None:
        if self.is_newer(change):
            self._versions[change.key] = change.version


class DynamoDbAppliedVersions:
    """In a lookup table (`pk`, `sk`): pk `{tenant}#applied#{consumer}`, sk `{entity}#{id}`.

    `table_of` gives the table for a tenant (tenants with tables of their own have theirs). Forgotten after 30
    days without a write, which is longer than any queue keeps a message.
    """

    def __init__(
        self, client: DynamoDbClient, table_of: Callable[[str], str], consumer: str, clock: Clock
    ) -> None:
        self._client = client
        self._table_of = table_of
        self._consumer = consumer
        self._clock = clock

    def is_newer(self, change: EntityChanged) -> bool:
        answer = self._client.get_item(
            TableName=self._table_of(change.tenant_id),
            Key=self._key(change),
            ConsistentRead=True,
            ProjectionExpression="#v",
            ExpressionAttributeNames={"#v": "version"},
        )
        return change.version > int(answer.get("Item", {}).get("version", {}).get("N", 0))

    def record(self, change: EntityChanged) -> None:
        from botocore.exceptions import ClientError

        expires_at = int(self._clock.now().timestamp()) + _KEPT_SECONDS
        try:
            self._client.update_item(
                TableName=self._table_of(change.tenant_id),
                Key=self._key(change),
                UpdateExpression="SET #v = :v, #t = :t, #x = :x",
                ConditionExpression="attribute_not_exists(#v) OR #v < :v",
                ExpressionAttributeNames={"#v": "version", "#t": "tenantId", "#x": "expiresAt"},
                ExpressionAttributeValues={
                    ":v": {"N": str(change.version)},
                    ":t": {"S": change.tenant_id},
                    ":x": {"N": str(expires_at)},
                },
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _key(self, change: EntityChanged) -> dict[str, dict[str, str]]:
        return {
            "pk": {"S": compose(change.tenant_id, "applied", self._consumer)},
            "sk": {"S": compose(change.entity, change.id)},
        }
