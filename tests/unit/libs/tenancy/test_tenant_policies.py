"""The policy documents, evaluated: no emulator enforces them, so this is where they are proved."""

from __future__ import annotations

import json

import pytest
from policy_evaluator import is_allowed

from zebros_core.tenancy.policies import PolicyScope, session_policy

SCOPE = PolicyScope(
    region="eu-central-1",
    account="123456789012",
    table_prefix="zebros-dev",
    tables=("widgets", "parts", "papers"),
    lookup_tables=("widgets-lookup",),
)
MODELS = ("silo", "bridge", "pool")
ACTIONS = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
ACME = {"tenant": "acme"}


def table(name: str, index: str | None = None) -> str:
    return SCOPE.arn(name, f"/index/{index}" if index else "")


def allowed(
    model: str, action: str, resource: str, keys: list[str] | None, tags: dict[str, str] = ACME
) -> bool:
    policy = session_policy(model, SCOPE)  # pyright: ignore[reportArgumentType]
    return is_allowed(policy, f"dynamodb:{action}", resource, tags=tags, leading_keys=keys)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_tenant_reaches_its_own_items(action: str) -> None:
    assert allowed("silo", action, table("zebros-dev-t-acme-widgets"), ["W1"])
    assert allowed("bridge", action, table("zebros-dev-widgets"), ["acme#W1"])
    assert allowed("pool", action, table("zebros-dev-widgets"), ["W1"]) == (action != "GetItem")
    for model in ("bridge", "pool"):
        assert allowed(model, action, table("zebros-dev-widgets-lookup"), ["acme#tokens#gear"])


def test_a_tenant_reads_its_own_index_partitions() -> None:
    assert allowed("silo", "Query", table("zebros-dev-t-acme-widgets", "owner"), ["acme#o1"])
    for model in ("bridge", "pool"):
        assert allowed(model, "Query", table("zebros-dev-widgets", "owner"), ["acme#o1"])
        assert allowed(model, "Query", table("zebros-dev-widgets", "name"), ["acme"])


@pytest.mark.parametrize(
    "keys", [["other#W1"], ["acme2#W1"], ["acmeW1"], ["other"], ["acme#W1", "other#W1"], ["ACME#W1"], [""]]
)
@pytest.mark.parametrize("action", ACTIONS)
def test_keys_of_other_tenants_are_out_of_reach(action: str, keys: list[str]) -> None:
    assert not allowed("bridge", action, table("zebros-dev-widgets"), keys)
    for model in ("bridge", "pool"):
        assert not allowed(model, action, table("zebros-dev-widgets-lookup"), keys)
        assert not allowed(model, action, table("zebros-dev-widgets", "owner"), keys)


def test_a_request_without_leading_keys_is_refused_where_keys_tell_tenants_apart() -> None:
    for action in ACTIONS:
        assert not allowed("bridge", action, table("zebros-dev-widgets"), None)
        for model in ("bridge", "pool"):
            assert not allowed(model, action, table("zebros-dev-widgets-lookup"), None)
            assert not allowed(model, action, table("zebros-dev-widgets", "owner"), None)


@pytest.mark.parametrize(
    "name",
    [
        "zebros-dev-t-other-widgets",
        "zebros-dev-t-acme2-widgets",  # a name that ours is a prefix of
        "zebros-dev-t-acm-widgets",
        "zebros-dev-widgets",
        "zebros-prod-t-acme-widgets",
        "zebros-dev-tenants",
    ],
)
def test_a_silo_tenant_reaches_no_other_table(name: str) -> None:
    for action in ACTIONS:
        assert not allowed("silo", action, table(name), ["acme#W1"])
        assert not allowed("silo", action, table(name, "owner"), ["acme#W1"])


@pytest.mark.parametrize("model", ["bridge", "pool"])
@pytest.mark.parametrize(
    "name",
    ["zebros-dev-tenants", "zebros-dev-t-acme-widgets", "zebros-dev-t-other-widgets", "zebros-prod-widgets"],
)
def test_a_tenant_of_shared_tables_reaches_only_those_named(model: str, name: str) -> None:
    for action in ACTIONS:
        assert not allowed(model, action, table(name), ["acme#W1"])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "action",
    [
        "Scan",
        "PartiQLSelect",
        "PartiQLInsert",
        "PartiQLUpdate",
        "PartiQLDelete",
        "DeleteTable",
        "ExportTableToPointInTime",
    ],
)
def test_nobody_scans_or_speaks_partiql_or_manages_tables(model: str, action: str) -> None:
    for name in ("zebros-dev-widgets", "zebros-dev-t-acme-widgets", "zebros-dev-widgets-lookup"):
        for keys in (None, ["acme#W1"]):
            assert not allowed(model, action, table(name), keys)


@pytest.mark.parametrize("model", MODELS)
def test_a_session_without_a_tenant_reaches_nothing_that_is_told_apart_by_it(model: str) -> None:
    for action in ACTIONS:
        for tags in ({}, {"tenant": ""}, {"tenant": "*"}):
            assert not allowed(model, action, table("zebros-dev-t-acme-widgets"), ["acme#W1"], tags)
            assert not allowed(model, action, table("zebros-dev-widgets-lookup"), ["acme#W1"], tags)


def test_a_pooled_tenant_cannot_get_an_item_past_the_filter() -> None:
    assert not allowed("pool", "GetItem", table("zebros-dev-widgets"), ["W1"])


@pytest.mark.parametrize("model", MODELS)
def test_a_document_fits_the_limit_of_a_session_policy(model: str) -> None:
    assert len(json.dumps(session_policy(model, SCOPE), separators=(",", ":"))) <= 2048  # pyright: ignore
