"""The live records that the totals are recounted from: this service's own, and those behind other services' doors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from zebros_core.auth.permissions import EVERYTHING
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.records.export import export_records, read_records
from zebros_core.records.workspace import RecordWorkspace
from zebros_pipeline.domain.generations import RecordKey


class OwnRecords:
    """Records of this service, whatever the caller may see: a total is everybody's."""

    def __init__(self, workspace: RecordWorkspace, entity: str) -> None:
        self.entity = entity
        self._workspace = replace(workspace, rights=EVERYTHING)

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """Return a page of all live records, each read strongly."""
        page = export_records(self._workspace, self.entity, limit=limit, cursor=cursor, since=None)
        return [_wire(record) for record in page.items], page.next_cursor

    def read(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return those of these records that are live."""
        return [_wire(record) for record in read_records(self._workspace, self.entity, ids)]

    def key_of(self, record: Mapping[str, Any]) -> RecordKey:
        """Return which record it is."""
        return RecordKey(self.entity, record[f"{self.entity}Id"])


class DoorRecords:
    """Records of another service, by its bulk door."""

    def __init__(self, door: BulkDoorClient, entity: str) -> None:
        self.entity = entity
        self._door = door

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
        """Return a page of all live records, each read strongly there."""
        answer = self._door.export(self.entity, limit=limit, cursor=cursor)
        return answer["items"], answer["nextCursor"]

    def read(self, ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return those of these records that are live."""
        return list(self._door.read(self.entity, ids))

    def key_of(self, record: Mapping[str, Any]) -> RecordKey:
        """Return which record it is."""
        return RecordKey(self.entity, record[f"{self.entity}Id"])


def _wire(record: Any) -> dict[str, Any]:
    return record.model_dump(mode="json", by_alias=True, exclude_none=True)
