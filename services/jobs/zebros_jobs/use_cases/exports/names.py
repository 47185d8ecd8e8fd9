"""What records are called whose ids others have: read through doors, as far as the requester may see them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from zebros_core.errors import ForbiddenError
from zebros_core.ids import is_id
from zebros_jobs.domain.export_entities import NameField
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Names"]

MOST_KEPT: Final = 20_000
"""Names in memory; those not asked for longest are read again."""


def _person(record: Mapping[str, Any]) -> str | None:
    parts = [record[name] for name in ("firstName", "lastName") if record.get(name)]
    return " ".join(parts) or None


_CALLED: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str | None]]]] = {
    "customer": ("customers", lambda record: record.get("companyName")),
    "contact": ("customers", _person),
    "lead": ("pipeline", _person),
    "opportunity": ("pipeline", lambda record: record.get("title")),
    "user": ("auth", lambda record: record.get("name")),
}
"""Whose each kind of record is, and what its name is made of."""


class Names:
    """Names of records by kind and id, each page's in one go, in bounded memory."""

    def __init__(self, run: JobRun, fields: Sequence[NameField], *, most: int = MOST_KEPT) -> None:
        self._run = run
        self._fields = fields
        self._most = most
        self._known: OrderedDict[tuple[str, str], str | None] = OrderedDict()
        self._teams: Mapping[str, str] | None = None

    def beside(self, records: Sequence[dict[str, Any]]) -> None:
        """Put the wanted names into the records, under the names of their columns."""
        if not self._fields:
            return
        wanted: dict[str, dict[str, None]] = {}
        for record in records:
            for field in self._fields:
                if (named := _named(record, field)) is not None:
                    wanted.setdefault(named[0], {})[named[1]] = None
        for entity, ids in wanted.items():
            self._learn(entity, ids)
        for record in records:
            for field in self._fields:
                if (named := _named(record, field)) is not None:
                    record[field.name] = self._known.get(named)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def _learn(self, entity: str, ids: Iterable[str]) -> None:
        unknown: list[str] = []
        for id in ids:
            if (entity, id) in self._known:
                self._known.move_to_end((entity, id))
            else:
                unknown.append(id)
        if not unknown:
            return
        found = self._read(entity, unknown)
        for id in unknown:
            self._known[entity, id] = found.get(id)

    def _read(self, entity: str, ids: list[str]) -> Mapping[str, str | None]:
        try:
            if entity == "team":
                return self._all_teams()
            if entity not in _CALLED:
                return {}
            service, called = _CALLED[entity]
            # What is no id is nobody's: integrations and our own machinery own records, too.
            records = self._run.door(service).read(
                entity, [id for id in ids if is_id(id) or entity == "user"]
            )
        except ForbiddenError:
            return {}
        return {str(record[f"{entity}Id"]): called(record) for record in records}

    def _all_teams(self) -> Mapping[str, str]:
        if self._teams is None:
            teams: dict[str, str] = {}
            cursor: str | None = None
            door = self._run.door("auth")
            while True:
                page = door.call("teams", **({"cursor": cursor} if cursor else {}))
                teams |= {team["teamId"]: team["name"] for team in page["items"]}
                cursor = page["nextCursor"]
                if cursor is None:
                    break
            self._teams = teams
        return self._teams


def _named(record: Mapping[str, Any], field: NameField) -> tuple[str, str] | None:
    id = record.get(field.id_field)
    entity = field.entity or record.get(field.type_field or "")
    return (entity, id) if isinstance(id, str) and isinstance(entity, str) else None
