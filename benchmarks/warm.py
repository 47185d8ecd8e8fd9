"""GET of one customer, warm, in process, token included, against the raw call to the database that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis

from benchmarks.measuring import Timed, medians
from benchmarks.rows import Row
from benchmarks.world import PREFIX, Caller, World, isolated_key
from zebros_core.cold_start import uncollected
from zebros_customers.handlers.routes import ROUTES

ROUNDS = 400
_WARM_UP = 40
_LIMITS = {"cache off": 1.35, "cache miss": 1.7, "cache hit": 0.6}


def rows(world: World) -> list[Row]:
    """Return three rows for each isolation model."""
    with uncollected():
        off = world.container(cached=False).http_app(ROUTES)
        cached = world.container(cached=True).http_app(ROUTES)
    found: list[Row] = []
    for model in ("silo", "bridge", "pool"):
        tenant = world.tenant(f"warm{model}", model)
        id = world.load(tenant, 20)[7]
        token = world.signing.token(tenant)
        without, through = Caller(off, token), Caller(cached, token)
        event = without.event("GET", f"/v1/customers/{id}")
        forget = redis.Redis.from_url(world.engines.redis_url).flushdb
        ways = {
            "raw": Timed(_raw(world.raw, model, tenant, id)),
            "cache off": Timed(lambda: without.app.handler(event, None)),
            "cache miss": Timed(lambda: through.app.handler(event, None), prepare=forget),
            "cache hit": Timed(lambda: through.app.handler(event, None)),
        }
        without.send(event)  # raises for a refusal, which would be quick
        through.send(event)
        seconds = medians(ways, rounds=ROUNDS, warm_up=_WARM_UP)
        call = "query" if model == "pool" else "get_item"
        found += [
            Row(
                f"GET customer, {model}, {way}",
                seconds[way] * 1000,
                seconds["raw"] * 1000,
                "ms",
                limit,
                f"boto3 {call}",
            )
            for way, limit in _LIMITS.items()
        ]
    return found


def _raw(client: Any, model: str, tenant: str, id: str) -> Callable[[], object]:
    """Return the call that a GET makes, by boto3 alone."""
    key = {"S": isolated_key(model, tenant, id)}
    table = f"{PREFIX}-t-{tenant}-customers" if model == "silo" else f"{PREFIX}-customers"
    if model != "pool":
        return lambda: client.get_item(TableName=table, Key={"customerId": key}, ConsistentRead=True)
    return lambda: client.query(
        TableName=table,
        KeyConditionExpression="#k = :k",
        FilterExpression="tenantId = :t",
        ExpressionAttributeNames={"#k": "customerId"},
        ExpressionAttributeValues={":k": key, ":t": {"S": tenant}},
        ConsistentRead=True,
    )
