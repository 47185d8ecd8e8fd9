"""How fast customers are imported, against a bare boto3 loop that writes every item which the import leaves.

What an import leaves is read from the owner's tables once it is over: the customers, the guards of their names, e-mail
addresses and external ids, and the receipts. The loop writes the same items for another tenant, 25 with each
BatchWriteItem, as DynamoDB takes them; nothing is encoded, checked or guarded. The two take turns, a call of the door
and as much of the loop. Nobody consumes the changes meanwhile.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.rows import Row
from benchmarks.world import INDUSTRIES, PREFIX, TIERS, WORDS, World
from zebros_core.bulk.calls import MAX_MUTATIONS
from zebros_core.bulk.door import BulkDoor
from zebros_core.tenancy import TenantContext
from zebros_customers.bootstrap import Container
from zebros_customers.repositories.keys import CUSTOMERS, LOOKUP_TABLE
from zebros_customers.use_cases.verbs import EXPORTED, VERBS

_CALLS = 10
_WARM_UP = 2
_BATCH = 25
"""Items that BatchWriteItem takes."""
_ATTEMPTS = 5
_NO_CAPACITY = 503
OF_RAW = round(1 / 0.35, 3)
"""At least 0.35 of the rate is at most so many times the time: of a whole import, and so of the door in it."""
TABLES = (CUSTOMERS.table, LOOKUP_TABLE)
"""Where an import of customers writes."""


def rows(world: World, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of imports."""
    calls = _WARM_UP + _CALLS
    say(f"importing {calls * MAX_MUTATIONS:,} customers by the door, and writing the same items raw")
    door = _Door(world)
    first, ours, theirs = (world.tenant(f"import{letter}", "pool") for letter in "abc")
    for number in range(calls):
        door.apply(first, wishes(number * MAX_MUTATIONS, MAX_MUTATIONS))
    items = [for_tenant(item, first, theirs) for item in left_behind(world, first)]
    share = len(items) // calls
    seconds = {"ours": 0.0, "raw": 0.0}
    for number in range(calls):
        call = door.call(ours, wishes(number * MAX_MUTATIONS, MAX_MUTATIONS))
        ours_seconds = _timed(lambda call=call: door.send(call))
        some = items[number * share : (number + 1) * share]
        raw_seconds = _timed(lambda some=some: write_raw(world.raw, some))
        if number >= _WARM_UP:
            seconds["ours"] += ours_seconds
            seconds["raw"] += raw_seconds
    per_row = 1000 / (_CALLS * MAX_MUTATIONS)
    return [
        Row(
            "import a customer by the bulk door",
            seconds["ours"] * per_row,
            seconds["raw"] * per_row,
            "ms",
            OF_RAW,
            f"BatchWriteItem of the same {share / MAX_MUTATIONS:g} items",
        )
    ]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def wishes(start: int, count: int) -> list[dict[str, Any]]:
    """Return creations of customers as an import sends them."""
    return [
        {
            "mutationId": f"01K00000000000000000IMPRT1:{number}",
            "entity": "customer",
            "operation": "upsert",
            "externalId": f"C-{number:07d}",
            "changes": {
                "companyName": f"{WORDS[number % 4]} {number:07d}",
                "industry": INDUSTRIES[number // 4 % 4],
                "tier": TIERS[number % 2],
                "contactInfo": {
                    "email": f"hello{number:07d}@company.example",
                    "phone": "+31 30 555 0199",
                    "website": "https://company.example",
                    "address": {"city": "Utrecht", "postalCode": "3511 AA", "country": "Netherlands"},
                },
                "tags": ["trade-fair", "newsletter"],
            },
        }
        for number in range(start, start + count)
    ]


class _Door:
    """The customers service's bulk door in this process, with the cache that it tells of its writes."""

    def __init__(self, world: World) -> None:
        self._container = world.container(cached=True)
        self._door: BulkDoor[Container] = BulkDoor(lambda: self._container, verbs=VERBS, exported=EXPORTED)

    def call(self, tenant_id: str, mutations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return a signed call."""
        caller = TenantContext(
            tenant_id,
            "usr-1001",
            roles=frozenset({"tenant-admin"}),
            isolation=self._container.registry.get(tenant_id).isolation,
            job_id="01K00000000000000000IMPRT1",
        )
        token = self._container.internal_tokens.sign(caller, audience=self._container.bulk_function)
        return {"verb": "apply", "token": token, "mutations": list(mutations)}

    def send(self, call: Mapping[str, Any]) -> None:
        """Carry out a call of creations, again where the store had no capacity, as an import does.

        Raises RuntimeError where one is refused.
        """
        refused: list[Any] = []
        for _ in range(_ATTEMPTS):
            answer = self._door.handler(call)
            outcomes = answer.get("outcomes", [answer])
            refused = [outcome for outcome in outcomes if outcome.get("outcome") != "created"]
            if any((outcome.get("problem") or {}).get("status") != _NO_CAPACITY for outcome in refused):
                break
            if not refused:
                return
        raise RuntimeError(f"{len(refused)} customers were not created: {refused[0]}")

    def apply(self, tenant_id: str, mutations: Sequence[Mapping[str, Any]]) -> None:
        """Sign and carry out a call of creations."""
        self.send(self.call(tenant_id, mutations))


@dataclass(frozen=True, slots=True)
class Written:
    """An item as it is in a table."""

    table: str
    item: dict[str, Any]


def left_behind(world: World, tenant_id: str) -> Iterator[Written]:
    """Give every item that a tenant has in the tables into which customers are imported."""
    for base in TABLES:
        table = f"{PREFIX}-{base}"
        request: dict[str, Any] = {
            "TableName": table,
            "FilterExpression": "tenantId = :t",
            "ExpressionAttributeValues": {":t": {"S": tenant_id}},
        }
        while True:
            answer = world.patient.scan(**request)
            yield from (Written(table, item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def for_tenant(written: Written, former: str, other: str) -> Written:
    """Return an item as it would be another tenant's, whose id is as long."""
    item = json.loads(json.dumps(written.item).replace(former, other))
    if written.table.endswith(CUSTOMERS.table):
        # Ids of a pool are not the tenant's own: another record needs another one.
        item[CUSTOMERS.key_attribute]["S"] = item[CUSTOMERS.key_attribute]["S"][::-1]
    return Written(written.table, item)


def write_raw(client: Any, items: Sequence[Written]) -> None:
    """Write items as a script would: 25 at once, what was left over again."""
    for start in range(0, len(items), _BATCH):
        requests: dict[str, list[Any]] = {}
        for written in items[start : start + _BATCH]:
            requests.setdefault(written.table, []).append({"PutRequest": {"Item": written.item}})
        while requests:
            requests = client.batch_write_item(RequestItems=requests).get("UnprocessedItems") or {}
