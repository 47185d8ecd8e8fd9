"""The operations that customers and contacts have alike: read, patch, replace, delete, restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from zebros.calls.call import Call, path, post_headers, read_nothing, read_record
from zebros.models import Versioned

__all__ = ["Routes"]

R = TypeVar("R", bound=Versioned)


def if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


@dataclass(frozen=True, slots=True)
class Routes(Generic[R]):
    """The routes of one collection, `/v1/{collection}/{id}` and below."""

    collection: str
    kind: type[R]

    def patch(self, record_id: str, changes: Mapping[str, Any], version: int | None) -> Call[R]:
        """Merge `changes` (JSON names, null removes) into the record, if given only onto `version`."""
        headers = {"Content-Type": "application/merge-patch+json", **if_match(version)}
        return Call(
            "PATCH", self._path(record_id), read_record(self.kind), json=dict(changes), headers=headers
        )

    def replace(self, record_id: str, body: Mapping[str, Any], version: int) -> Call[R]:
        headers = if_match(version)
        return Call("PUT", self._path(record_id), read_record(self.kind), json=dict(body), headers=headers)

    def delete(self, record_id: str, version: int | None) -> Call[None]:
        return Call("DELETE", self._path(record_id), read_nothing, headers=if_match(version))

    def restore(self, record_id: str, idempotency_key: str | None) -> Call[R]:
        target = f"{self._path(record_id)}/restore"
        return Call("POST", target, read_record(self.kind), headers=post_headers(idempotency_key))

    def _path(self, record_id: str) -> str:
        return path(f"/v1/{self.collection}/{{}}", record_id)
