"""Take what a device did while it was away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zebros_core.tenancy.sync_strategies import DEFAULT, Strategy
from zebros_sync.domain.push import Mutation, PushOutcome
from zebros_sync.use_cases.device import check_person
from zebros_sync.use_cases.push_mutations import PushDesk, push_mutations
from zebros_sync.use_cases.workspace import Workspace

__all__ = ["push"]


def push(
    workspace: Workspace, client_id: str, sent_at: datetime, mutations: Sequence[Mutation]
) -> list[PushOutcome]:
    """Carry mutations out with the caller's rights; an outcome for each. Raises PersonDeactivatedError."""
    check_person(workspace)
    strategies = workspace.strategies()
    context = workspace.context
    desk = PushDesk(
        context.tenant_id,
        context.user_id,
        workspace.devices,
        workspace.owners,
        strategies,
        strategies.get(DEFAULT, Strategy.FIELD_MERGE),
    )
    # A client's memory is its user's own: the same client name of somebody else is another client.
    client = f"{context.user_id}.{client_id}"
    workspace.devices.note_client(client)
    return push_mutations(desk, client, mutations, sent_at=sent_at, received_at=workspace.now)
