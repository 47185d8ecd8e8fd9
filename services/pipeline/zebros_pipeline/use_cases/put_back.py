"""Put leads, products and opportunities back as an export gave them: what is particular to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from zebros_core.dynamodb.operations import MAX_OPERATIONS, WriteOp, write
from zebros_core.errors import ValidationError
from zebros_core.http.validation import validate_document
from zebros_core.records.export import read_records
from zebros_core.records.reinstate import ReinstateRules, Side
from zebros_core.values import Value
from zebros_pipeline.domain.errors import LeadConvertedError
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.stage_entry import KeptStageEntry
from zebros_pipeline.repositories.stage_entries import MAX_SHOWN
from zebros_pipeline.use_cases.workspace import Workspace

_STAGE_ENTRIES: Final = "stageEntries"


class _BesideOpportunity(Value):
    """What an exported opportunity has beside its fields and lines."""

    stage_entries: Annotated[tuple[KeptStageEntry, ...], Field(max_length=MAX_SHOWN)] = ()


def read_stage_entries(
    workspace: Workspace, opportunity_ids: Sequence[str]
) -> dict[str, list[KeptStageEntry]]:
    """Return the stages that opportunities have entered, of those that are live and that the caller may see, by id."""
    found: list[Opportunity] = read_records(workspace, "opportunity", opportunity_ids)
    return {one.opportunity_id: workspace.stage_entries.kept_of(one.opportunity_id) for one in found}


def _lead(workspace: Workspace, record: Lead, document: Mapping[str, Any], present: Lead | None) -> Lead:
    """A conversion that was under way is not gone on with: it would make what the backup has already, or has not."""
    del workspace, document
    if present is not None and present.status is LeadStatus.CONVERTING:
        raise LeadConvertedError("This lead is being converted just now.")
    if record.status is LeadStatus.CONVERTING:
        return record.model_copy(update={"status": LeadStatus.QUALIFIED})
    return record


def _opportunity(
    workspace: Workspace,
    record: Opportunity,
    document: Mapping[str, Any],
    present: Opportunity | None,
) -> Opportunity:
    del workspace, present
    if len(record.lines) != (record.line_count or 0):
        raise ValidationError.for_field("/record/lines", "incomplete", "as many lines as `lineCount` says")
    _beside(document)
    return record


def _stage_entries_ahead(
    workspace: Workspace,
    record: Opportunity,
    document: Mapping[str, Any],
    present: Opportunity | None,
) -> None:
    if present is not None:
        return  # it has them
    operations = [
        workspace.stage_entries.put(record.opportunity_id, entry) for entry in _beside(document).stage_entries
    ]
    for start in range(0, len(operations), MAX_OPERATIONS):
        write(workspace.opportunities.store, operations[start : start + MAX_OPERATIONS])


def _beside(document: Mapping[str, Any]) -> _BesideOpportunity:
    entries = {_STAGE_ENTRIES: document[_STAGE_ENTRIES]} if _STAGE_ENTRIES in document else {}
    return validate_document(_BesideOpportunity, entries)


def _with_lines_and_stage(
    workspace: Workspace,
    record: Opportunity,
    previous: Opportunity | None,
    version: int,
    document: Mapping[str, Any],
) -> Side:
    id = record.opportunity_id
    writes: list[WriteOp] = []
    # Those of what is in the trash were not read: they are written anew.
    former_lines = None if previous is None or previous.is_deleted else previous.lines
    if record.lines != (former_lines or ()):
        writes += workspace.opportunities.lines_written(id, version, record.lines, former_lines)
    if previous is not None:
        former_stage: str | None = previous.stage
    else:
        entries = sorted(_beside(document).stage_entries, key=lambda entry: entry.version)
        former_stage = entries[-1].stage if entries else None
    if record.stage != former_stage:
        entry = KeptStageEntry(
            version=version,
            stage=record.stage,
            from_stage=former_stage,
            entered_at=record.stage_entered_at,
            actor=workspace.context.actor,
        )
        writes.append(workspace.stage_entries.put(id, entry))
    return Side(record, tuple(writes))


def _complete(workspace: Workspace, record: Opportunity) -> Opportunity:
    return workspace.opportunities.complete(record)


RULES: Final[Mapping[str, ReinstateRules]] = {
    "lead": ReinstateRules(settle=_lead),
    "product": ReinstateRules(),
    "opportunity": ReinstateRules(
        beside=frozenset({_STAGE_ENTRIES}),
        settle=_opportunity,
        complete=_complete,
        side=_with_lines_and_stage,
        ahead=_stage_entries_ahead,
    ),
}
