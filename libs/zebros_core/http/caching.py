"""A route's answers in the response cache: what key they have, how a hit is answered, what is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from zebros_core.auth.permissions import Visibility, can_see, narrowed, visibility_key
from zebros_core.cache.port import (
    MISSING,
    CacheEntry,
    CacheKey,
    EntityKey,
    ListKey,
    Miss,
    ResponseCache,
    Written,
)
from zebros_core.errors import NotFoundError
from zebros_core.http.messages import CacheWrite, Response
from zebros_core.http.query import QueryModel
from zebros_core.http.routing import Route
from zebros_core.http.wire import dump_json
from zebros_core.tenancy import TenantContext


def cache_key(
    route: Route,
    path: Mapping[str, str],
    raw_query: str,
    query: str,
    asked: QueryModel,
    context: TenantContext,
    visibility: Visibility,
) -> CacheKey | None:
    """Return the key of this request's answer; None when it is not cached. `query` is the text of what is `asked`.

    Raises ForbiddenError for a list that is asked for with more in it than the caller may see.

    A list's key carries whose records it holds; a record's does not, since its entry has owner and team to
    check.
    """
    rule = route.cache
    if rule is None:
        return None
    if rule.list_name is not None:
        if rule.narrowed_by is not None:
            visibility = narrowed(visibility, getattr(asked, rule.narrowed_by))
        digest = hashlib.sha256(f"{route.operation}\n{sorted(path.items())}\n{query}".encode()).hexdigest()
        return ListKey(rule.list_name.format_map(path), visibility_key(visibility, context), digest[:32])
    if raw_query:
        return None
    return EntityKey(rule.entity or "", path[rule.id_param or ""])


def check_visible(
    key: EntityKey, answer: CacheEntry | Response, context: TenantContext, visibility: Visibility
) -> None:
    """Raise NotFoundError when the record is missing, or hidden from this caller: the two look the same."""
    missing = isinstance(answer, CacheEntry) and answer.missing
    if missing or not can_see(visibility, context, answer.owner_id, answer.team_id):
        raise NotFoundError(key.entity, key.id)


@dataclass(frozen=True, slots=True)
class Fill:
    """The duty to fill the cache after a miss."""

    cache: ResponseCache
    miss: Miss
    visibility: Visibility

    def with_response(self, response: Response, status: int, body: str) -> None:
        """Store the answer, or give the right to fill back when it is not one to keep."""
        is_record = isinstance(self.miss.key, EntityKey)
        if status != 200 or (is_record and response.etag is None):
            self.cache.abandon(self.miss)
            return
        entry = CacheEntry(body.encode(), response.etag, response.owner_id, response.team_id)
        self.cache.fill(self.miss, entry)

    def with_error(self, error: BaseException) -> None:
        """Remember that a record is missing, if that is certain: for a caller with a narrow view it may be
        hidden.
        """
        certain = self.visibility is Visibility.ALL and isinstance(self.miss.key, EntityKey)
        if certain and isinstance(error, NotFoundError):
            self.cache.fill(self.miss, MISSING)
        else:
            self.cache.abandon(self.miss)


def store_writes(cache: ResponseCache, tenant_id: str, response: Response, body: str) -> None:
    """Report the records that the handler has committed, with their new bodies where they are known.

    A cache that cannot take it is no error: the change event repeats it.
    """

    def entry_of(write: CacheWrite) -> CacheEntry | None:
        if write.deleted:
            return MISSING
        if write.body is not None:
            text = dump_json(write.body)
        elif response.etag == write.version and body:
            text = body
        else:
            return None
        return CacheEntry(text.encode(), write.version, write.owner_id, write.team_id)

    writes = response.writes
    if len(writes) == 1:
        write = writes[0]
        cache.written(tenant_id, write.entity, write.id, write.version, entry_of(write), write.lists)
        return
    lists = sorted({name for write in writes for name in write.lists})
    cache.written_many(tenant_id, [Written(w.entity, w.id, w.version, entry_of(w)) for w in writes], lists)
