"""The tenant's token bucket in response headers (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zebros_core.cache.port import RateDecision, RateLimit
from zebros_core.errors import RateLimitedError

if TYPE_CHECKING:
    from zebros_core.tenancy.registry import Tenant

DEFAULT_PER_SECOND = 200.0
DEFAULT_BURST = 400


def rate_headers(limit: RateLimit, decision: RateDecision) -> dict[str, str]:
    """Return ``RateLimit-Policy`` (burst, and the seconds in which it refills) and ``RateLimit`` (left, full
    again in).
    """
    window = math.ceil(limit.burst / limit.per_second)
    return {
        "RateLimit-Policy": f'"{limit.bucket}";q={decision.limit};w={window}',
        "RateLimit": f'"{limit.bucket}";r={decision.remaining};t={math.ceil(decision.reset_seconds)}',
    }


def check_rate(decision: RateDecision | None) -> None:
    """Raise RateLimitedError when the bucket is empty. No decision means that nobody counts: the request is
    allowed.
    """
    if decision is not None and not decision.allowed:
        raise RateLimitedError(decision.retry_after_seconds)


def tenant_rate_limit(tenant: Tenant) -> RateLimit:
    """Return the limit in the registry's settings of ``tenant``, or the default where they are silent."""
    settings = tenant.settings
    return RateLimit(
        per_second=float(settings.get("requestsPerSecond", DEFAULT_PER_SECOND)),
        burst=int(settings.get("requestBurst", DEFAULT_BURST)),
    )
