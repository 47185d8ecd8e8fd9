"""Deals that an import has closed: nobody moves a closed deal by a change, so they are put back as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_jobs.domain.undos import Undoing, WrittenRecord
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["put_back_closed"]

_CLOSED: Final = "opportunity-closed"
_WITH_STAGE: Final = (
    "outcome",
    "stageEnteredAt",
    "closeDate",
    "lossReason",
    "probability",
    "forecastCategory",
)
"""What follows from a stage, and goes back with it."""


def put_back_closed(
    run: JobRun,
    record: WrittenRecord,
    undoing: Undoing,
    present: Mapping[str, Any],
    problem: Mapping[str, Any],
) -> bool:
    """Put a deal back into the stage in which it was, where a change of it was refused for being closed; whether it is.

    The refusal came after the requester's right to change it was found, so this does what they may do by hand: reopen
    it, and give it its values.
    """
    if record.entity != "opportunity" or not str(problem.get("type", "")).endswith(_CLOSED):
        return False
    door = run.system_door("pipeline")
    lines = door.call("lines", ids=[record.id])["items"]
    document = {**present, "lines": lines[0]["lines"] if lines else []}
    wanted = {**undoing.patch, **{name: record.before[name] for name in _WITH_STAGE if name in record.before}}
    for name, value in wanted.items():
        if value is None:
            document.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(document.get(name), Mapping):
            members = {**document[name], **value}
            document[name] = {key: member for key, member in members.items() if member is not None}
        else:
            document[name] = value
    document["lineCount"] = len(document["lines"])
    mutation = {
        "mutationId": f"{run.job_id}:{record.id}:{present['version']}:put-back",
        "entity": record.entity,
        "record": document,
        "skipDuplicates": True,
    }
    (outcome,) = decided(door.reinstate([mutation]))
    return outcome["outcome"] in {"updated", "unchanged"}
