"""What follows from a change: opportunities of a deleted or merged customer, and conversions that broke off."""

from collections.abc import Callable

from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.messaging import EntityChanged, Operation
from zebros_pipeline.domain.conversion import Actor
from zebros_pipeline.domain.customer_state import CustomerStanding, CustomerState
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.use_cases.continue_conversion import continue_conversion
from zebros_pipeline.use_cases.workspace import Workspace

_OF_THE_CUSTOMER = frozenset({"customerId", "customerDeleted"})
"""What is looked at again after each write of it: the index, by which opportunities are found, may have been late."""


def follow_up(workspace: Workspace, change: EntityChanged, acting_as: Callable[[Actor], Workspace]) -> None:
    """Do what follows from a change. It may come late or twice: everything is compared with the present state."""
    if change.entity == "customer":
        _follow_customer(workspace, change)
    elif change.entity == "opportunity":
        _follow_opportunity(workspace, change)
    elif change.entity == "lead" and "status" in change.changed:
        continue_conversion(workspace, change.id, acting_as)


def _follow_customer(workspace: Workspace, change: EntityChanged) -> None:
    """Mark a deleted customer's opportunities, unmark a restored one's, give a merged one's to the winner.

    What became of the customer is noted first: an opportunity that is written meanwhile finds it when its own event
    arrives.
    """
    standing = _standing(change)
    if standing is None:
        return
    state = workspace.customer_states.note(standing)
    for opportunity in workspace.opportunities.of_customer(
        change.id, but=lambda found: _agrees(found, state)
    ):
        _bring_in_order(workspace, opportunity, state)


def _agrees(opportunity: Opportunity, state: CustomerState) -> bool:
    deleted = state.standing is CustomerStanding.DELETED
    return state.standing is not CustomerStanding.MERGED and opportunity.customer_deleted is deleted


def _standing(change: EntityChanged) -> CustomerState | None:
    snapshot = change.snapshot or {}
    merged_into = snapshot.get("mergedInto")
    if change.operation is Operation.RESTORED:
        standing = CustomerStanding.LIVE
    elif change.operation is not Operation.DELETED:
        return None
    else:
        standing = CustomerStanding.MERGED if merged_into is not None else CustomerStanding.DELETED
    return CustomerState(
        customer_id=change.id,
        standing=standing,
        merged_into=merged_into if standing is CustomerStanding.MERGED else None,
        version=change.version,
    )


def _follow_opportunity(workspace: Workspace, change: EntityChanged) -> None:
    """Bring an opportunity in order that was written while its customer went, or came back from the trash later."""
    came = change.operation in {Operation.CREATED, Operation.RESTORED}
    if not came and _OF_THE_CUSTOMER.isdisjoint(change.changed):
        return
    opportunity = workspace.opportunities.find(change.id)
    if opportunity is None or opportunity.customer_id is None:
        return
    state = workspace.customer_states.find(opportunity.customer_id)
    if state is not None:
        _bring_in_order(workspace, opportunity, state)


def _bring_in_order(workspace: Workspace, opportunity: Opportunity, state: CustomerState) -> None:
    """Make an opportunity agree with what became of its customer.

    One that is gone, or another customer's by now, is left alone; one that was only edited meanwhile is taken as it is.
    """
    while True:
        state = _last(workspace, state)
        wanted = {
            "customer_id": state.merged_into or state.customer_id,
            "customer_deleted": state.standing is CustomerStanding.DELETED,
        }
        try:
            workspace.opportunities.save_unique(
                opportunity.model_copy(update=wanted), previous=opportunity, skip_duplicates=True
            )
        except (ConflictError, NotFoundError):
            present = workspace.opportunities.find(opportunity.opportunity_id)
            if present is None or present.customer_id != opportunity.customer_id:
                return
            if present.version == opportunity.version:
                raise
            opportunity = present
        else:
            return


def _last(workspace: Workspace, state: CustomerState) -> CustomerState:
    """Return the state of the customer that answers in the end: a winner may have been merged, or deleted, itself."""
    seen = {state.customer_id}
    while state.merged_into is not None and state.merged_into not in seen:
        seen.add(state.merged_into)
        winner = workspace.customer_states.find(state.merged_into)
        if winner is None:
            return state
        state = winner
    return state
