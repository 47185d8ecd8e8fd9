"""Copies of records in the failures bucket: snapshots too large for the bus, and stream records that were set aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, cast

from zebros_core.dynamodb.keys import SEPARATOR
from zebros_core.messaging.errors import PoisonError
from zebros_core.messaging.failures import PREFIX
from zebros_core.messaging.images import split_table_name, table_of
from zebros_core.privacy.run import ErasureRun
from zebros_core.privacy.steps import Piece
from zebros_core.storage.versions import ObjectVersions, StoredKey, VersionedClient

__all__ = ["CopiesErasure"]

STORE: Final = "objects:failures"
_MAX_BYTES: Final = 16 * 1024 * 1024
_PAGE: Final = 100
_STREAM: Final = f"{PREFIX}stream/"


class CopiesErasure:
    """One tenant's copies of a service's records.

    What was handled already, and lies there only to be looked at, goes whatever it says: its content is not read.
    """

    def __init__(
        self,
        run: ErasureRun,
        client: Callable[[], VersionedClient],
        bucket: str,
        tenant_id: str,
        *,
        table_prefix: str,
        tables: Mapping[str, str],
    ) -> None:
        """`tables` gives the entity of each of the service's tables, by base name."""
        self._run = run
        self._tables = tables
        self._table_prefix = table_prefix
        self._snapshots = ObjectVersions(client, bucket, tenant_id)
        self._aside = ObjectVersions(client, bucket, tenant_id, within=_STREAM)

    def step(self) -> Piece:
        """Return the step that goes through them, a hundred a piece."""
        folders = [f"events/{entity}/" for entity in sorted(set(self._tables.values()))]

        def piece(cursor: str | None) -> str | None:
            part, _, after = (cursor or "0:").partition(":")
            number = int(part)
            if number < len(folders):
                page = self._snapshots.page(folders[number], after=after or None, limit=_PAGE)
                self._erase(self._snapshots, page.keys, self._is_personal_snapshot)
            else:
                page = self._aside.page(after=after or None, limit=_PAGE)
                self._erase(self._aside, page.keys, self._is_personal_failure)
            if page.after is not None:
                return f"{number}:{page.after}"
            return f"{number + 1}:" if number < len(folders) else None

        return piece

    def _erase(
        self,
        objects: ObjectVersions,
        keys: Iterable[StoredKey],
        is_personal: Callable[[str, Any], bool],
    ) -> None:
        for found in keys:
            if not found.is_present:
                self._run.count(STORE, objects.erase(found.key))
                continue
            body = objects.read(found.key, max_bytes=_MAX_BYTES)
            if body is not None and is_personal(found.key, _json(body)):
                self._run.count(STORE, objects.erase(found.key))

    def _is_personal_snapshot(self, key: str, document: Any) -> bool:
        return bool(self._run.subject.ids.intersection(key.split("/"))) or self._concerns(document)

    def _is_personal_failure(self, key: str, document: Any) -> bool:
        del key
        return self._is_ours(document) and self._concerns(document)

    def _is_ours(self, document: Any) -> bool:
        """Tell whether a failure is of a table of this service; one that says no table may be anybody's."""
        try:
            records = cast("list[dict[str, Any]]", document["payload"]["Records"])
            bases = {split_table_name(self._table_prefix, table_of(record))[0] for record in records}
        except (PoisonError, LookupError, TypeError):
            return True
        return not bases.isdisjoint(self._tables)

    def _concerns(self, value: Any) -> bool:
        """Tell whether a document names the person, by what texts name them or by an id of theirs."""
        return self._run.sought.found_in(value) or _holds(value, self._run.subject.ids)


def _holds(value: Any, ids: Collection[str]) -> bool:
    if isinstance(value, str):
        return value.rpartition(SEPARATOR)[2] in ids
    if isinstance(value, Mapping):
        return any(_holds(member, ids) for member in cast("Mapping[str, Any]", value).values())
    return isinstance(value, list) and any(_holds(member, ids) for member in cast("list[Any]", value))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
