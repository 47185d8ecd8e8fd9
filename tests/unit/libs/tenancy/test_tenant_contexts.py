"""Contexts and the isolation strategies."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from zebros_core.tenancy import (
    BRIDGE,
    POOL,
    SILO,
    SystemContext,
    TenantContext,
    is_tenant_id,
    isolation_model,
)


@pytest.mark.parametrize(
    "id", ["", "abc", "1abc", "Acme", "ac-me", "ac#me", "acme\n", "a" * 25, "äcme", "acme "]
)
def test_malformed_tenant_ids_make_no_context(id: str) -> None:
    assert not is_tenant_id(id)
    with pytest.raises(ValueError, match="tenant id"):
        TenantContext(id, "u")
    with pytest.raises(ValueError, match="tenant id"):
        SystemContext(id, "stream")


@pytest.mark.parametrize(
    "wrong", [{"isolation": "none"}, {"index_shards": 0}, {"index_shards": 9}, {"user_id": ""}]
)
def test_wrong_contexts_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"isolation|shards|user"):
        TenantContext(**{"tenant_id": "acme", "user_id": "u", **wrong})


def test_contexts_cannot_be_changed() -> None:
    context = TenantContext("acme", "u")
    with pytest.raises(FrozenInstanceError):
        context.tenant_id = "other"  # pyright: ignore


def test_the_actor_says_whether_a_person_or_the_system_acts() -> None:
    assert TenantContext("acme", "u1").actor == "u1"
    assert SystemContext("acme", "stream").actor == "system:stream"


def test_each_model_says_where_items_are_and_whose() -> None:
    assert SILO.table_name("zebros-dev", "acme", "widgets") == "zebros-dev-t-acme-widgets"
    assert BRIDGE.table_name("zebros-dev", "acme", "widgets") == POOL.table_name(
        "zebros-dev", "acme", "widgets"
    )
    assert BRIDGE.partition_key("acme", "W1") == "acme#W1"
    assert BRIDGE.entity_id("acme", "acme#W1") == "W1"
    assert [BRIDGE.entity_id("acme", key) for key in ("acme2#W1", "acme", "W1", "other#W1")] == [None] * 4
    for model in (SILO, POOL):
        assert model.entity_id("acme", model.partition_key("acme", "W1")) == "W1"
    assert [isolation_model(name) for name in ("silo", "bridge", "pool")] == [SILO, BRIDGE, POOL]
    with pytest.raises(ValueError, match="other"):
        isolation_model("other")
