"""The operations that all kinds of records have alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zebros.calls.call import (
    Call,
    listing,
    pages_of,
    path,
    post_headers,
    query_of,
    read_nothing,
    read_record,
    to_api_names,
)
from zebros.models import HistoryEntry, Page, Versioned

__all__ = ["SKIP_DUPLICATE_CHECK", "Routes"]

R = TypeVar("R", bound=Versioned)

SKIP_DUPLICATE_CHECK = {"X-Skip-Duplicate-Check": "true"}


def if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


@dataclass(frozen=True, slots=True)
class Routes(Generic[R]):
    """The routes of one collection, `/v1/{collection}` and below."""

    collection: str
    kind: type[R]

    @property
    def root(self) -> str:
        return f"/v1/{self.collection}"

    def create(
        self,
        fields: Mapping[str, Any],
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
    ) -> Call[R]:
        skip = SKIP_DUPLICATE_CHECK if skip_duplicate_check else {}
        headers = post_headers(idempotency_key, **skip)
        return Call("POST", self.root, read_record(self.kind), json=to_api_names(fields), headers=headers)

    def get(self, record_id: str, **query: str | None) -> Call[R]:
        return Call("GET", self.path(record_id), read_record(self.kind), query=query_of(**query))

    def list(self, **query: str | int | bool | None) -> Callable[[str | None], Call[Page[R]]]:
        return listing(self.kind, self.root, query_of(**query))

    def by_external_id(self, external_id: str) -> Call[R]:
        return Call("GET", self._external(external_id), read_record(self.kind))

    def upsert(self, external_id: str, fields: Mapping[str, Any]) -> Call[R]:
        return Call("PUT", self._external(external_id), read_record(self.kind), json=to_api_names(fields))

    def patch(self, record_id: str, changes: Mapping[str, Any], version: int | None) -> Call[R]:
        """Merge `changes` (JSON names, null removes) into the record, if given only onto `version`."""
        headers = {"Content-Type": "application/merge-patch+json", **if_match(version)}
        return Call(
            "PATCH", self.path(record_id), read_record(self.kind), json=dict(changes), headers=headers
        )

    def replace(self, record_id: str, body: Mapping[str, Any], version: int) -> Call[R]:
        headers = if_match(version)
        return Call("PUT", self.path(record_id), read_record(self.kind), json=dict(body), headers=headers)

    def delete(self, record_id: str, version: int | None) -> Call[None]:
        return Call("DELETE", self.path(record_id), read_nothing, headers=if_match(version))

    def restore(self, record_id: str, idempotency_key: str | None) -> Call[R]:
        return self.act(record_id, "restore", None, idempotency_key=idempotency_key)

    def history(
        self, record_id: str, *, limit: int | None = None
    ) -> Callable[[str | None], Call[Page[HistoryEntry]]]:
        load: Callable[[dict[str, Any]], HistoryEntry] = HistoryEntry.model_validate
        return pages_of(load, self.path(record_id, "history"), query_of(limit=limit))

    def act(
        self,
        record_id: str,
        verb: str,
        body: Mapping[str, Any] | None,
        *,
        idempotency_key: str | None = None,
    ) -> Call[R]:
        """A POST below the record that answers with the record."""
        return Call(
            "POST",
            self.path(record_id, verb),
            read_record(self.kind),
            json=None if body is None else to_api_names(body),
            headers=post_headers(idempotency_key),
        )

    def path(self, record_id: str, *below: str) -> str:
        return "/".join((path(self.root + "/{}", record_id), *below))

    def _external(self, external_id: str) -> str:
        return path(f"{self.root}/by-external-id/{{}}", external_id)
