"""What an import replaced beside records, and the history does not keep: lines of deals, long descriptions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from zebros_core.bulk.calls import MAX_READS
from zebros_jobs.domain.imports.entities import ImportedEntity
from zebros_jobs.domain.kept_values import KeptValues
from zebros_jobs.use_cases.imports.former import SIDE_VALUES, former_values
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["SideValues"]


class SideValues:
    """Former values of an import by record, as patches that give them back."""

    def __init__(self, run: JobRun, import_id: str, kept: KeptValues) -> None:
        self._run = run
        self._kept = kept
        for value in former_values(run, import_id):
            kept.put(value.id, json.dumps([value.before, value.after]))

    def patches(self, entity: ImportedEntity, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return merge patches, by id, for those records that still have what the import gave them."""
        side = SIDE_VALUES.get(entity.name)
        known = self._kept.get(ids) if side is not None else {}
        if side is None or not known:
            return {}
        door, wanted = self._run.system_door(entity.service), list(known)
        patches: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), MAX_READS):
            for item in door.call(side.verb, ids=wanted[start : start + MAX_READS])["items"]:
                id, present = item[entity.id_field], item[side.name]
                before, after = json.loads(known[id])
                if present != before and _plain(present) == _plain(after):
                    patches[id] = {side.name: before}
        return patches


def _plain(value: Any) -> Any:
    """Return lines as what tells whether two are the same, and texts as they are.

    Names and prices that a line was not given are the product's, so they are compared only as far as they were given.
    """
    if not isinstance(value, list):
        return value
    lines = cast("list[Mapping[str, Any]]", value)
    return [(line["productId"], float(line.get("quantity") or 1)) for line in lines]
