"""What doors answer, as outcomes of rows: refusals in the words of the file's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from zebros_core.http.problems import code_of
from zebros_jobs.domain.imports.entities import ImportedEntity
from zebros_jobs.domain.imports.outcomes import Outcome
from zebros_jobs.domain.imports.problems import RowProblem
from zebros_jobs.use_cases.imports.judging import CHANGED_SINCE, JudgedRow

__all__ = ["note_answers"]

_DONE: Final[Mapping[str, Outcome]] = {
    "created": Outcome.CREATED,
    "updated": Outcome.UPDATED,
    "unchanged": Outcome.UNCHANGED,
    # It was in the trash, and is there again.
    "restored": Outcome.UPDATED,
}
_MATCHES: Final[Mapping[str, str]] = {"externalId": "external id", "email": "e-mail address", "name": "name"}


def note_answers(
    entity: ImportedEntity, judged: Sequence[JudgedRow], answers: Sequence[Mapping[str, Any]]
) -> None:
    """Give the rows that were sent their outcomes, which are in the order of the rows."""
    sent = [row for row in judged if row.mutation is not None and row.outcome is None]
    for row, answer in zip(sent, answers, strict=True):
        done = _DONE.get(answer["outcome"])
        if row.if_there is not None and done is not Outcome.CREATED:
            row.settle(row.if_there)
        elif done is None:
            row.reject(_problem(entity, answer.get("problem") or {}))
        else:
            row.outcome, row.id = done, answer.get("id") or row.id


def _problem(entity: ImportedEntity, problem: Mapping[str, Any]) -> RowProblem:
    code = code_of(problem) or "rejected"
    records = problem.get("records")
    if code == "version-mismatch":
        return CHANGED_SINCE
    if code == "duplicate":
        return _duplicate(entity, records or [])
    faults = [
        (_target(entity, str(fault["field"])), str(fault["code"]), str(fault["message"]))
        for fault in problem.get("errors", ())
    ]
    if not faults:
        return RowProblem(code, str(problem.get("detail", "it was refused")))
    (target, fault_code, message), *more = faults
    hint = "; ".join(f"{where}: {what}" if where else what for where, _, what in more)
    return RowProblem(fault_code, message, target, hint=hint)


def _duplicate(entity: ImportedEntity, records: Sequence[Mapping[str, str]]) -> RowProblem:
    if not records:
        return RowProblem(
            "duplicate", f"another {entity.name}, which you may not see, has the same name or e-mail"
        )
    found = records[0]
    what = _MATCHES.get(found["match"], found["match"])
    return RowProblem("duplicate", f"another {found['entity']} has the same {what}", hint=f"id {found['id']}")


def _target(entity: ImportedEntity, pointer: str) -> str:
    """Return the field of the file that a place in the record is; the place itself where there is none."""
    path = tuple(part for part in pointer.split("/") if part and part != "data" and part != "changes")
    if path[:1] == ("custom",):
        return ".".join(path[:2])
    for name, field in entity.fields.items():
        if field.path == path[: len(field.path)]:
            return name
    return ".".join(path)
