"""Redis keys: no two things share one, and a tenant's share a slot."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from redis.crc import key_slot

from zebros_core.cache import EntityKey, ListKey
from zebros_core.cache.keys import UncacheableKeyError, entry_key, generation_key, rate_key

TENANTS = st.sampled_from(["aurora", "aurora2", "borealis"])
NAMES = st.text("abz_./~", min_size=1, max_size=6)
ANY = st.text(max_size=12)
ENTITIES = st.builds(EntityKey, NAMES, ANY)
LISTS = st.builds(ListKey, NAMES, ANY, st.text("abz09_-", min_size=1, max_size=6))


@given(TENANTS, ENTITIES | LISTS, TENANTS, ENTITIES | LISTS)
def test_different_things_have_different_keys(
    tenant: str, key: EntityKey | ListKey, other_tenant: str, other: EntityKey | ListKey
) -> None:
    assume((tenant, key) != (other_tenant, other))
    try:
        assert entry_key(tenant, key) != entry_key(other_tenant, other)
    except UncacheableKeyError:
        assume(False)


@given(TENANTS, st.builds(EntityKey, NAMES, st.text("{}:a", min_size=1)), NAMES)
def test_all_keys_of_a_tenant_are_in_one_slot_of_a_cluster(tenant: str, key: EntityKey, name: str) -> None:
    keys = [entry_key(tenant, key), generation_key(tenant, name), rate_key(tenant, name)]
    assert len({key_slot(text.encode()) for text in keys}) == 1
