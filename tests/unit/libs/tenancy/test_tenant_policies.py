"""The policy documents, evaluated: no emulator enforces them, so this is where they are proved."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_evaluator import is_allowed

from zebros_core.tenancy import IsolationName, isolation_model
from zebros_core.tenancy.context import TENANT_ID_PATTERN
from zebros_core.tenancy.policies import MAX_POLICY_CHARACTERS, PolicyScope, session_policy

SCOPE = PolicyScope(
    region="eu-central-1",
    account="123456789012",
    table_prefix="zebros-dev",
    tables=("widgets", "parts", "papers"),
    lookup_tables=("widgets-lookup",),
)
MODELS: tuple[IsolationName, ...] = get_args(IsolationName)
KEYED: tuple[IsolationName, ...] = ("bridge", "pool")
ACTIONS = ("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
ACME = {"tenant": "acme"}


def table(name: str, index: str | None = None) -> str:
    return SCOPE.arn(name, f"/index/{index}" if index else "")


def allowed(
    model: IsolationName,
    action: str,
    resource: str,
    keys: list[str] | None,
    tags: dict[str, str] = ACME,
) -> bool:
    policy = session_policy(model, SCOPE)
    return is_allowed(policy, f"dynamodb:{action}", resource, tags=tags, leading_keys=keys)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_tenant_reaches_its_own_items(action: str) -> None:
    assert allowed("silo", action, table("zebros-dev-t-acme-widgets"), ["W1"])
    assert allowed("bridge", action, table("zebros-dev-widgets"), ["acme#W1"])
    assert allowed("pool", action, table("zebros-dev-widgets"), ["W1"]) == (action != "GetItem")
    for model in KEYED:
        assert allowed(model, action, table("zebros-dev-widgets-lookup"), ["acme#tokens#gear"])


def test_a_tenant_reads_its_own_index_partitions() -> None:
    assert allowed("silo", "Query", table("zebros-dev-t-acme-widgets", "owner"), ["acme#o1"])
    for model in KEYED:
        assert allowed(model, "Query", table("zebros-dev-widgets", "owner"), ["acme#o1"])
        assert allowed(model, "Query", table("zebros-dev-widgets", "name"), ["acme"])


@pytest.mark.parametrize(
    "keys", [["other#W1"], ["acme2#W1"], ["acmeW1"], ["other"], ["acme#W1", "other#W1"], ["ACME#W1"], [""]]
)
@pytest.mark.parametrize("action", ACTIONS)
def test_keys_of_other_tenants_are_out_of_reach(action: str, keys: list[str]) -> None:
    assert not allowed("bridge", action, table("zebros-dev-widgets"), keys)
    for model in KEYED:
        assert not allowed(model, action, table("zebros-dev-widgets-lookup"), keys)
        assert not allowed(model, action, table("zebros-dev-widgets", "owner"), keys)


def test_a_request_without_leading_keys_is_refused_where_keys_tell_tenants_apart() -> None:
    for action in ACTIONS:
        assert not allowed("bridge", action, table("zebros-dev-widgets"), None)
        for model in KEYED:
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


@pytest.mark.parametrize("model", KEYED)
@pytest.mark.parametrize(
    "name",
    ["zebros-dev-tenants", "zebros-dev-t-acme-widgets", "zebros-dev-t-other-widgets", "zebros-prod-widgets"],
)
def test_a_tenant_of_shared_tables_reaches_only_those_named(model: IsolationName, name: str) -> None:
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
def test_nobody_scans_or_speaks_partiql_or_manages_tables(model: IsolationName, action: str) -> None:
    for name in ("zebros-dev-widgets", "zebros-dev-t-acme-widgets", "zebros-dev-widgets-lookup"):
        for keys in (None, ["acme#W1"]):
            assert not allowed(model, action, table(name), keys)


@pytest.mark.parametrize("model", MODELS)
def test_a_session_without_a_tenant_reaches_nothing_that_is_told_apart_by_it(model: IsolationName) -> None:
    for action in ACTIONS:
        for tags in ({}, {"tenant": ""}, {"tenant": "*"}):
            assert not allowed(model, action, table("zebros-dev-t-acme-widgets"), ["acme#W1"], tags)
            assert not allowed(model, action, table("zebros-dev-widgets-lookup"), ["acme#W1"], tags)


@pytest.mark.parametrize("keys", [["other#W1"], ["acme#W1"], ["W1", "other#W2"], ["#"], None])
def test_a_pooled_tenant_reaches_no_row_of_a_bridge_tenant(keys: list[str] | None) -> None:
    for action in ACTIONS:
        assert not allowed("pool", action, table("zebros-dev-widgets"), keys)


def test_a_pooled_tenant_cannot_get_an_item_past_the_filter() -> None:
    assert not allowed("pool", "GetItem", table("zebros-dev-widgets"), ["W1"])


SCOPES = {
    "customers": (("customers", "contacts", "documents"), ("customers-lookup",)),
    "auth": (("users",), ("auth-lookup", "audit")),
    "pipeline": (("leads", "products", "opportunities"), ("pipeline-lookup",)),
    "activities": (("activities",), ("activities-lookup",)),
    "six tables": (
        ("leads", "opportunities", "activities", "projects", "products", "quotes"),
        ("sales-lookup",),
    ),
}


@pytest.mark.parametrize("service", SCOPES)
@pytest.mark.parametrize("model", MODELS)
def test_a_document_fits_the_limit_of_a_session_policy(model: IsolationName, service: str) -> None:
    tables, lookup_tables = SCOPES[service]
    scope = PolicyScope("ap-southeast-1", "123456789012", "zebros-prod", tables, lookup_tables)
    assert len(json.dumps(session_policy(model, scope), separators=(",", ":"))) <= MAX_POLICY_CHARACTERS


def test_the_data_key_is_used_through_dynamodb_only() -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    for model in MODELS:
        policy = session_policy(model, SCOPE)
        for service, expected in (("dynamodb", True), ("s3", False), ("dynamodb.eu-central-1.evil", False)):
            context = {"kms:ViaService": [f"{service}.eu-central-1.amazonaws.com"]}
            assert is_allowed(policy, "kms:Decrypt", key, tags=ACME, context=context) is expected
        assert not is_allowed(policy, "kms:Decrypt", key, tags=ACME)
        assert not is_allowed(
            policy,
            "kms:ScheduleKeyDeletion",
            key,
            tags=ACME,
            context={"kms:ViaService": ["dynamodb.eu-central-1.amazonaws.com"]},
        )


@pytest.mark.parametrize("model", KEYED)
def test_a_batch_or_a_transaction_that_mixes_tenants_is_refused_whole(model: IsolationName) -> None:
    lookup = table("zebros-dev-widgets-lookup")
    for action in ("BatchGetItem", "PutItem", "ConditionCheckItem"):
        assert allowed(model, action, lookup, ["acme#a", "acme#b"])
        assert not allowed(model, action, lookup, ["acme#a", "other#b"])
    assert not allowed("bridge", "BatchGetItem", table("zebros-dev-widgets"), ["acme#W1", "acme2#W1"])


tenants = st.from_regex(TENANT_ID_PATTERN.replace("$", r"\Z"), fullmatch=True)
# What an attacker would try: the other's id made of ours, separators, wildcards, variables, look-alikes.
_tricks = st.sampled_from(["", "#", "##", "*", "?", " ", "\u200b", "${aws:PrincipalTag/tenant}", "\n", "\\"])
rests = st.one_of(st.text(max_size=12), st.sampled_from(["#x", "2", "d", "*", "x#acme#", "\x00"]))


def keys_of(tenant: str) -> st.SearchStrategy[str]:
    near = st.builds(
        lambda before, id, rest: f"{before}{id}{rest}",
        _tricks,
        st.sampled_from([tenant, tenant.upper(), tenant[:-1], tenant + tenant]),
        rests,
    )
    return st.one_of(st.text(max_size=30), near)


@given(data=st.data(), tenant=tenants)
def test_no_foreign_key_is_ever_allowed_where_keys_tell_tenants_apart(data: Any, tenant: str) -> None:
    keys = data.draw(st.lists(keys_of(tenant), min_size=1, max_size=3))
    action = data.draw(st.sampled_from(ACTIONS))
    own = all(key == tenant or key.startswith(f"{tenant}#") for key in keys)
    tags = {"tenant": tenant}
    lookup, records = table("zebros-dev-widgets-lookup"), table("zebros-dev-widgets")
    assert allowed("bridge", action, lookup, keys, tags) is own
    assert allowed("pool", action, lookup, keys, tags) is own
    assert allowed("bridge", action, records, keys, tags) is own
    for model in KEYED:
        assert allowed(model, "Query", table("zebros-dev-widgets", "owner"), keys, tags) is own


@given(mine=tenants, theirs=tenants, base=st.sampled_from(ACTIONS))
def test_no_other_tenants_key_or_table_is_allowed_as_repositories_make_them(
    mine: str, theirs: str, base: str
) -> None:
    if mine == theirs:
        return
    tags = {"tenant": mine}
    for model in MODELS:
        for their_model in MODELS:
            name = isolation_model(their_model).table_name(SCOPE.table_prefix, theirs, "widgets")
            key = isolation_model(their_model).partition_key(theirs, "W1")
            if (model, their_model) != (
                "pool",
                "pool",
            ):  # there the condition and the filter are what there is
                assert not allowed(model, base, table(name), [key], tags)
            assert not allowed(model, "Query", table(name, "owner"), [f"{theirs}#o"], tags)
