"""GET of one customer, warm, in process, token included, against the raw call to the database that it makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis

from benchmarks.measuring import Timed, medians
from benchmarks.rows import Row
from benchmarks.world import PREFIX, Caller, World, isolated_key
from zebros_core.cold_start import uncollected
from zebros_core.http.app import HttpApp
from zebros_customers.handlers.routes import ROUTES

ROUNDS = 400
_WARM_UP = 40
_LIMITS = {"cache off": 1.35, "cache miss": 1.7, "cache hit": 0.6}


def rows(world: World) -> list[Row]:
    """Return three rows for each isolation model."""
    with uncollected():
        off = world.container(cached=False).http_app(ROUTES)
        cached = world.container(cached=True).http_app(ROUTES)
    return [row for model in ("silo", "bridge", "pool") for row in _of_model(world, model, off, cached)]


def _of_model(world: World, model: str, off: HttpApp, cached: HttpApp) -> list[Row]:
    tenant = world.tenant(f"warm{model}", model)
    id = world.load(tenant, 20)[7]
    caller = Caller(off, world.signing.token(tenant))
    event = caller.event("GET", f"/v1/customers/{id}")
    for app in (off, cached):
        Caller(app, caller.token).send(event)  # raises for a refusal, which would be quick
    ways = {
        "raw": Timed(_raw(world.raw, model, tenant, id)),
        "cache off": Timed(lambda: off.handler(event, None)),
        "cache miss": Timed(
            lambda: cached.handler(event, None), prepare=redis.Redis.from_url(world.engines.redis_url).flushdb
        ),
        "cache hit": Timed(lambda: cached.handler(event, None)),
    }
    seconds = medians(ways, rounds=ROUNDS, warm_up=_WARM_UP)
    against = "boto3 query" if model == "pool" else "boto3 get_item"
    return [
        Row(f"GET customer, {model}, {way}", seconds[way] * 1000, seconds["raw"] * 1000, "ms", limit, against)
        for way, limit in _LIMITS.items()
    ]


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
