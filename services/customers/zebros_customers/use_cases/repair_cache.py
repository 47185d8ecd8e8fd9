"""Repair the cache after a change whose request could not."""

from zebros_core.cache import ResponseCache, Written
from zebros_core.errors import UnavailableError
from zebros_core.messaging import EntityChanged


def repair_cache(cache: ResponseCache, change: EntityChanged) -> None:
    """Raise the floor of a customer to the change's version and the generation of its tenant's lists.

    Usually the request that wrote has done both; then nothing is left to do but to outdate lists once more. Raises
    UnavailableError when the cache does not answer, so that the event comes again.
    """
    write = Written("customer", change.id, change.version, None, committed_at=change.occurred_at)
    if not cache.written_many(change.tenant_id, [write], ["customers"]):
        raise UnavailableError(detail="the cache does not answer")
