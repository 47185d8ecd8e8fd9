"""The contents of a tenant as backups keep them: pages of lines, records with everything that lies beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.bulk.calls import MAX_READS
from zebros_core.bulk.client import BulkDoorClient
from zebros_jobs.domain.backups.contents import Content, ContentKind
from zebros_jobs.domain.backups.sums import Sum, told, told_fields
from zebros_jobs.use_cases.passes import Pass, Place, read_page
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["ContentPages", "Descriptions"]

PAGE: Final = 200


class Descriptions:
    """What the doors say of their records: which fields say something, and the version of their shape."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._known: dict[str, Mapping[str, Any]] = {}

    def _of(self, content: Content) -> Mapping[str, Any]:
        if content.service not in self._known:
            answer = self._run.system_door(content.service).call("schema")
            self._known[content.service] = answer["entities"]
        return self._known[content.service][content.entity]

    def schema_version(self, content: Content) -> int | None:
        """Return the version of the shape of a content's records."""
        return int(self._of(content)["schemaVersion"]) if content.has_records else None

    def add(self, content: Content, line: Mapping[str, Any], to: Sum) -> None:
        """Count a line by what it says."""
        to.add(content.id_of(line), self._told(content, line))

    def _told(self, content: Content, line: Mapping[str, Any]) -> Mapping[str, Any]:
        if content.kind is ContentKind.SETTINGS:
            return line["value"]
        if content.kind is ContentKind.FILES:
            return {"size": line["size"], "sha256": line["sha256"]}
        if content.kind is ContentKind.MAILS:
            return line["mail"]
        return told(line, told_fields(self._of(content)["fields"]))


class ContentPages:
    """Reads settings or records of a tenant page by page, by our machinery's rights. `state` says where it is."""

    def __init__(
        self, run: JobRun, content: Content, state: Mapping[str, Any] | None, *, page: int = PAGE
    ) -> None:
        self._run = run
        self._content = content
        self._door = run.system_door(content.service)
        self._page = page
        self._cursor: str | None = None
        self._place: Place | None = None
        self.is_over = False
        if content.kind is ContentKind.SETTINGS:
            self._cursor = state["cursor"] if state else None
        else:
            self._place = Place.of(state) if state else Place.first(run.clock.now())

    @property
    def state(self) -> dict[str, Any]:
        """Return where the reading is, as JSON values."""
        return self._place.state if self._place is not None else {"cursor": self._cursor}

    def next(self) -> list[dict[str, Any]]:
        """Return the next page, which may be empty, and move behind it."""
        if self._place is None:
            page = self._door.call("settings", **({"cursor": self._cursor} if self._cursor else {}))
            self._cursor = page["nextCursor"]
            self.is_over = self._cursor is None
            return page["items"]
        records = read_page(
            self._door, self._content.entity, self._place, limit=self._page, now=self._run.clock.now()
        )
        self.is_over = self._place.at is Pass.OVER
        for start in range(0, len(records), MAX_READS):
            complete(self._door, self._content.entity, records[start : start + MAX_READS])
        return records


def complete(door: BulkDoorClient, entity: str, records: list[dict[str, Any]]) -> None:
    """Put what lies beside these records, at most a hundred, into them. Raises UnavailableError."""
    by_id = {record[f"{entity}Id"]: record for record in records}
    if entity == "opportunity":
        _side(
            door, entity, [id for id, deal in by_id.items() if deal.get("lineCount")], by_id, "lines", "lines"
        )
        _side(door, entity, list(by_id), by_id, "stageEntries", "stageEntries")
    elif entity == "activity":
        long = [id for id, activity in by_id.items() if activity.get("descriptionAt") is not None]
        _side(door, entity, long, by_id, "texts", "description")
        _comments(door, by_id)


def _side(
    door: BulkDoorClient,
    entity: str,
    ids: list[str],
    by_id: Mapping[str, dict[str, Any]],
    verb: str,
    field: str,
) -> None:
    if ids:
        for item in door.call(verb, ids=ids)["items"]:
            by_id[item[f"{entity}Id"]][field] = item[field]


def _comments(door: BulkDoorClient, by_id: Mapping[str, dict[str, Any]]) -> None:
    cursor: str | None = None
    while by_id:
        page = door.call("comments", ids=list(by_id), **({"cursor": cursor} if cursor else {}))
        for item in page["items"]:
            by_id[item["activityId"]].setdefault("comments", []).extend(item["comments"])
        cursor = page["nextCursor"]
        if cursor is None:
            return
