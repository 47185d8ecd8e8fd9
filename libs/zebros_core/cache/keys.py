"""Redis keys, all of them.

| key | type | holds |
| --- | --- | --- |
| `{tenant}:e:<entity>:<id>` | hash | a record's response, its floor and its fill lock |
| `{tenant}:l:<list>:<scope>:<query hash>` | hash | a list page's response, its generation and its fill lock |
| `{tenant}:g:<list>` | string | the list's generation |
| `{tenant}:r:<bucket>` | string | the rate limit: when the bucket will be full (microseconds) |
| `{-}:d:<name>` | string | a document of the platform (no tenant is called `-`) |

The braces are Redis Cluster's hash tag: all keys of a tenant live in one slot, so that a script may touch
several. No two different keys compose to the same text: every part except one contains no colon.
"""

from __future__ import annotations

import re

from zebros_core.cache.port import CacheKey, EntityKey

_TENANT = re.compile(r"[a-z][a-z0-9]{1,62}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_~./@+-]{1,160}", re.ASCII)
_HASH = re.compile(r"[A-Za-z0-9_=-]{1,128}", re.ASCII)
_LONGEST = 256


class UncacheableKeyError(ValueError):
    """A part of a key that cannot be one of ours: the response is not cached."""


def check_tenant(tenant_id: str) -> str:
    """The tenant id, or ValueError: a wrong one here is a defect of the caller, not of the request."""
    if not _TENANT.fullmatch(tenant_id):
        raise ValueError("tenant_id is not a tenant id")
    return tenant_id


def entry_key(tenant_id: str, key: CacheKey) -> str:
    """The hash that holds the response of `key`."""
    check_tenant(tenant_id)
    if isinstance(key, EntityKey):
        if not key.id or len(key.id) > _LONGEST or not _NAME.fullmatch(key.entity):
            raise UncacheableKeyError("entity or id")
        return f"{{{tenant_id}}}:e:{key.entity}:{key.id}"
    if not _NAME.fullmatch(key.list_name) or not _HASH.fullmatch(key.query_hash):
        raise UncacheableKeyError("list_name or query_hash")
    if not key.scope or len(key.scope) > _LONGEST:
        raise UncacheableKeyError("scope")
    return f"{{{tenant_id}}}:l:{key.list_name}:{key.scope}:{key.query_hash}"


def generation_key(tenant_id: str, list_name: str) -> str:
    check_tenant(tenant_id)
    if not _NAME.fullmatch(list_name):
        raise UncacheableKeyError("list_name")
    return f"{{{tenant_id}}}:g:{list_name}"


def rate_key(tenant_id: str, bucket: str) -> str:
    check_tenant(tenant_id)
    if not _NAME.fullmatch(bucket):
        raise ValueError("bucket is not a name")
    return f"{{{tenant_id}}}:r:{bucket}"


def document_key(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("not a document's name")
    return f"{{-}}:d:{name}"
