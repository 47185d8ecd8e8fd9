"""Integrations of a tenant: make one, give it a new secret, take its access away."""

from zebros_auth.domain.errors import TooManyIntegrationsError
from zebros_auth.domain.identity import ClientSecret, NewClient, integration_client_id
from zebros_auth.domain.integration import MAX_INTEGRATIONS, Integration, IntegrationDraft
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.errors import UnavailableError


def create_integration(
    workspace: Workspace, draft: IntegrationDraft, *, key: tuple[str, str] | None
) -> tuple[Integration, ClientSecret]:
    """Make an integration and return it with its secret, which is shown this once.

    The same request under the same idempotency key (with its fingerprint) gives the same integration and secret. Raises
    ForbiddenError for a role or scopes that are not the caller's to give, ValidationError for an unknown team,
    IdempotencyKeyReusedError, TooManyIntegrationsError.
    """
    actor = workspace.giver("integration")
    actor.ensure_may_give(draft.role, draft.team_id)
    actor.ensure_may_open(draft.scopes)
    workspace.ensure_team(draft.team_id)
    integration_id = workspace.integrations.new_id("createIntegration", key[0] if key else None)
    if key is not None:
        workspace.integrations.claim(integration_id, key[1])
    known = workspace.integrations.find(integration_id)
    # Two at once may go over the limit by one.
    if (
        known is None
        and len(workspace.integrations.page(limit=MAX_INTEGRATIONS, cursor=None).items) >= MAX_INTEGRATIONS
    ):
        raise TooManyIntegrationsError(MAX_INTEGRATIONS)
    tenant_id = workspace.context.tenant_id
    # The provider first: should the second half fail, nobody has seen the secret of a client that no list shows, and a
    # repetition finds it again.
    secret = workspace.identity.create_client(
        NewClient(
            tenant_id=tenant_id,
            client_id=integration_client_id(tenant_id, integration_id.lower()),
            name=draft.name,
            role=draft.role,
            scopes=tuple(scope.value for scope in draft.scopes),
            team=draft.team_id,
        )
    )
    if known is not None:
        return known, secret
    integration = Integration(
        integration_id=integration_id,
        client_id=secret.client_id,
        user_id=secret.user_id,
        created_at=workspace.now,
        created_by=workspace.context.actor,
        **{name: getattr(draft, name) for name in IntegrationDraft.model_fields},
    )
    try:
        # Before it is listed: a repetition that finds it writes no second entry, so there has to be the first.
        workspace.note(
            "integration.created",
            entity="integration",
            record_id=integration_id,
            details={"role": draft.role.value, "scopes": " ".join(draft.scopes)},
        )
    except UnavailableError:
        workspace.identity.remove_client(secret.client_id)
        raise
    workspace.integrations.add(integration)
    return integration, secret


def rotate_integration(workspace: Workspace, integration_id: str) -> tuple[Integration, ClientSecret]:
    """Give an integration a new secret; the old one is void at once. Raises NotFoundError."""
    integration = workspace.integrations.get(integration_id)
    actor = workspace.giver("integration")
    actor.ensure_may_give(integration.role, integration.team_id)
    actor.ensure_may_open(integration.scopes)  # whoever rotates is shown the secret
    secret = workspace.identity.rotate_client(integration.client_id)
    workspace.note("integration.rotated", entity="integration", record_id=integration_id)
    rotated = integration.model_copy(update={"rotated_at": workspace.now})
    return workspace.integrations.save(rotated, previous=integration), secret


def remove_integration(workspace: Workspace, integration_id: str) -> None:
    """Take an integration's access away; access tokens that are out live 15 minutes at most. Raises NotFoundError."""
    integration = workspace.integrations.get(integration_id)
    workspace.giver("integration", "delete").ensure_may_give(integration.role, integration.team_id)
    workspace.identity.remove_client(integration.client_id)
    # The entry before the row: without it the removal is repeated, and not forgotten.
    workspace.note("integration.removed", entity="integration", record_id=integration_id)
    workspace.integrations.remove(integration_id)
