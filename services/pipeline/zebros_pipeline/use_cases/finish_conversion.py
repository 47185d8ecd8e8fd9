"""Carry out the plan of a conversion, or what is left of it; take back what it made when it is refused."""

from typing import Any

from zebros_core.bulk.client import error_of
from zebros_core.bulk.mutations import outcome_problem
from zebros_core.dynamodb.operations import WriteOp
from zebros_core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    UnavailableError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)
from zebros_core.records.mutations import Outcome, OutcomeKind
from zebros_pipeline.domain.conversion import Conversion, ConversionState
from zebros_pipeline.domain.errors import ConversionRunningError, OpportunityClosedError
from zebros_pipeline.domain.lead import Lead, LeadStatus
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.use_cases.create_opportunity import new_opportunity
from zebros_pipeline.use_cases.plan_conversion import repointed
from zebros_pipeline.use_cases.update_opportunity import revised_opportunity
from zebros_pipeline.use_cases.workspace import Workspace

_MAX_ATTEMPTS = 5
_NOT_REFUSALS = (UnavailableError, RateLimitedError)
"""What says nothing about the wish: the plan stays, and is gone on with later."""


def finish_conversion(workspace: Workspace, conversion: Conversion) -> Opportunity | None:
    """Carry a plan out with the rights of its actor, and return the opportunity if this call wrote it.

    May be called at any time and by several at once: every step is the same for all of them, and one transaction ends
    the conversion for all. Raises what the conversion was refused for, after everything was taken back;
    UnavailableError leaves the plan as it is.
    """
    for _ in range(_MAX_ATTEMPTS):
        if conversion.state is ConversionState.DONE:
            return None
        if conversion.state is not ConversionState.RUNNING:
            return _taken_back(workspace, conversion)
        try:
            _make_elsewhere(workspace, conversion)
            return _end(workspace, conversion)
        except _NOT_REFUSALS:
            raise
        except _OvertakenError:
            conversion = _reread(workspace, conversion)
        except ZebrosError as refusal:
            problem = outcome_problem(Outcome(OutcomeKind.REJECTED, error=refusal))
            refused = conversion.model_copy(
                update={"state": ConversionState.COMPENSATING, "refusal": problem}
            )
            if not workspace.conversions.replace(refused, previous=conversion):
                conversion = _reread(workspace, conversion)
                continue
            take_back(workspace, refused)
            raise
    raise ConflictError("the lead changes faster than it can be converted")


def take_back(workspace: Workspace, conversion: Conversion) -> None:
    """Remove what a refused conversion has made, and make the lead what it was. May be called again at any time."""
    _remove_elsewhere(workspace, conversion)
    if conversion.state is not ConversionState.COMPENSATING:
        return
    lead = workspace.leads.get_any(conversion.lead_id)
    failed = conversion.ended(ConversionState.FAILED, workspace.now)
    try:
        workspace.leads.save_unique(
            lead.model_copy(update={"status": conversion.former_status}),
            previous=lead,
            skip_duplicates=True,
            extra=(workspace.conversions.replaced(failed, previous=conversion),),
        )
    except ConflictError:
        # Somebody else has taken it back at the same moment.
        present = workspace.conversions.find(conversion.conversion_id)
        if present is not None and present.state is ConversionState.COMPENSATING:
            raise


class _OvertakenError(Exception):
    """Somebody else has ended the conversion, or has written what it was to write."""


def _make_elsewhere(workspace: Workspace, conversion: Conversion) -> None:
    """Let the customers service make customer and contact. Raises what it refuses, where the wish has it."""
    planned = conversion.made_elsewhere
    if not planned:
        return
    outcomes = workspace.customers.apply(
        [
            {
                "mutationId": f"convert.{conversion.conversion_id}.{conversion.attempt}.{entity}",
                "entity": entity,
                "operation": "create",
                "id": record.id,
                "changes": record.draft,
                "skipDuplicates": conversion.skip_duplicates,
            }
            for entity, record in planned
        ]
    )
    for (entity, _), outcome in zip(planned, outcomes, strict=True):
        if outcome["problem"] is not None:
            raise repointed(error_of(outcome["problem"]), f"/{entity}")


def _end(workspace: Workspace, conversion: Conversion) -> Opportunity | None:
    """Write opportunity, lead and conversion in one transaction. Raises _OvertakenError where somebody else did."""
    lead = workspace.leads.find(conversion.lead_id)
    if lead is None or lead.status is not LeadStatus.CONVERTING:
        raise _OvertakenError
    opportunity, operations = _planned_opportunity(workspace, conversion)
    done = conversion.ended(ConversionState.DONE, workspace.now)
    try:
        with workspace.naming_only_visible():
            workspace.leads.save_unique(
                _converted(workspace, lead, conversion),
                previous=lead,
                skip_duplicates=True,
                extra=(*operations, workspace.conversions.replaced(done, previous=conversion)),
            )
    except (VersionMismatchError, NotFoundError) as error:
        raise _OvertakenError from error
    except ConflictError as error:
        present = workspace.conversions.find(conversion.conversion_id)
        if present is None or _step(present) == _step(conversion):
            raise
        raise _OvertakenError from error
    return opportunity


def _converted(workspace: Workspace, lead: Lead, conversion: Conversion) -> Lead:
    return lead.model_copy(
        update={
            "status": LeadStatus.CONVERTED,
            "converted_at": workspace.now,
            "converted_by": conversion.actor.user_id if conversion.actor else workspace.context.user_id,
            "customer_id": conversion.customer.id,
            "contact_id": conversion.contact.id,
            "opportunity_id": conversion.opportunity.id if conversion.opportunity else None,
        }
    )


def _planned_opportunity(
    workspace: Workspace, conversion: Conversion
) -> tuple[Opportunity | None, tuple[WriteOp, ...]]:
    """Return the opportunity of the plan and the writes that store it. Raises what its rules refuse."""
    planned = conversion.opportunity
    if planned is None:
        return None, ()
    for entity, record in conversion.made_elsewhere:
        workspace.references.know(entity, record.id)
    try:
        if planned.draft is not None:
            draft = OpportunityDraft.model_validate(planned.draft).model_copy(
                update={"customer_id": conversion.customer.id, "contact_id": conversion.contact.id}
            )
            opportunity = new_opportunity(
                workspace, draft, opportunity_id=planned.id, lead_id=conversion.lead_id
            )
            stored, operations = workspace.opportunities.planned_create(opportunity)
            return stored, (*operations, *workspace.stage_entries.enter(opportunity, None))
        return _joined(workspace, conversion, planned.id)
    except ZebrosError as error:
        raise repointed(error, "/opportunity") from error


def _joined(
    workspace: Workspace, conversion: Conversion, opportunity_id: str
) -> tuple[Opportunity, tuple[WriteOp, ...]]:
    """Return an existing opportunity with what it lacks: customer, contact, and the lead that it came from."""
    opportunity = workspace.opportunities.find(opportunity_id)
    if opportunity is None:
        raise ValidationError.for_field("/opportunityId", "unknown_reference", "no such opportunity")
    opportunity = workspace.opportunities.complete(opportunity)
    workspace.ensure_allowed("opportunity", opportunity_id, opportunity, "write")
    if not opportunity.is_open:
        raise OpportunityClosedError(opportunity.outcome.value)
    draft = opportunity.draft().model_copy(
        update={
            "customer_id": opportunity.customer_id or conversion.customer.id,
            "contact_id": opportunity.contact_id or conversion.contact.id,
        }
    )
    revised = revised_opportunity(workspace, opportunity, draft)
    revised = revised.model_copy(update={"lead_id": conversion.lead_id, "active_at": workspace.now})
    return workspace.opportunities.planned_save(revised, opportunity)


def _taken_back(workspace: Workspace, conversion: Conversion) -> None:
    """End a conversion that somebody else has found refused; whatever this call made meanwhile goes as well."""
    take_back(workspace, conversion)
    raise _refusal(conversion)


def _refusal(conversion: Conversion) -> ZebrosError:
    return error_of(conversion.refusal) if conversion.refusal is not None else ConversionRunningError()


def _remove_elsewhere(workspace: Workspace, conversion: Conversion) -> None:
    """Remove customer and contact, where they were made. They are ours alone, so the actor's rights do not matter."""
    planned = list(reversed(conversion.made_elsewhere))
    if not planned:
        return
    outcomes = workspace.upkeep.apply(
        [
            {
                # Another one each time: a step that was late may have made the record after it was removed.
                "mutationId": f"unconvert.{workspace.leads.new_id('', None)}",
                "entity": entity,
                "operation": "delete",
                "id": record.id,
            }
            for entity, record in planned
        ]
    )
    for outcome in outcomes:
        problem: dict[str, Any] | None = outcome["problem"]
        if problem is not None and isinstance(error_of(problem), (UnavailableError, ForbiddenError)):
            raise UnavailableError(detail="What the conversion made cannot be removed yet.")


def _reread(workspace: Workspace, conversion: Conversion) -> Conversion:
    """Return the conversion as it is now.

    Raises ConversionRunningError where another attempt has begun, after taking back what this one made too late.
    """
    present = workspace.conversions.find(conversion.conversion_id)
    if present is None or present.attempt != conversion.attempt:
        _remove_elsewhere(workspace, conversion)
        raise ConversionRunningError
    return present


def _step(conversion: Conversion) -> tuple[str, int]:
    return conversion.state.value, conversion.attempt
