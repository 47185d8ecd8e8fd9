"""The steps of an onboarding. Each looks at what is there first, so that a repetition makes nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from zebros_auth.domain.identity import EmailTakenError
from zebros_auth.domain.tenant import FirstAdmin, Isolation, TenantRecord
from zebros_auth.domain.user import Invitation, Role
from zebros_auth.use_cases.invite_user import add_person, send_invitation
from zebros_auth.use_cases.step import Done, Later, StepOutcome
from zebros_auth.use_cases.tenancy import Tenancy
from zebros_core.errors import ValidationError
from zebros_core.values import normalised_email

_POLL_SECONDS: Final = 2
WELCOME: Final = "tenant.welcome"
"""Name of the template of the mail that says where to sign in."""


def make_organization(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Make the tenant known to the identity provider."""
    tenancy.provider().ensure_organization(tenant.tenant_id, tenant.name)
    return Done()


def make_tables(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Make the own tables of a silo, and wait until they can be used; other models have none."""
    if tenant.isolation is not Isolation.SILO:
        return Done("shared tables")
    pending = tenancy.tables().advance(tenant.tenant_id)
    if not pending:
        return Done("own tables")
    return Later(_POLL_SECONDS, f"{len(pending)} tables are being made", {"pending": len(pending)})


def make_admin(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Make the first administrator and mail them the invitation.

    Nobody is served yet, so anybody else who is there was made by an attempt under another address: they go.
    """
    admin = _admin_of(tenant)
    workspace = tenancy.workspace(tenant.tenant_id)
    for person in list(workspace.identity.people_of(tenant.tenant_id, with_roles=False)):
        if normalised_email(person.email) != admin.email:
            workspace.identity.remove_person(person.id)
    for user in list(workspace.users.all()):
        if user.email != admin.email:
            workspace.users.forget(user)
    user = workspace.users.find_by_email(admin.email)
    if user is None:
        invitation = Invitation(
            email=admin.email, name=admin.name, role=Role.TENANT_ADMIN, language=admin.language
        )
        try:
            user = add_person(workspace, invitation)
        except EmailTakenError as error:
            # Platform administrators may know; the port's own error is worded for those who may not.
            raise ValidationError.for_field(
                "/admin/email",
                "taken",
                "Somebody else has the administrator's address: change it and resume.",
            ) from error
    if user.invited_at is None:
        send_invitation(workspace, user)
    return Done()


def send_welcome(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Mail the first administrator where to sign in."""
    admin = _admin_of(tenant)
    sent = tenancy.mailer(tenant.tenant_id).send(
        WELCOME,
        admin.email,
        admin.language.value,
        {"name": admin.name, "tenant": tenant.name},
        f"welcome-{tenant.tenant_id}",
    )
    return Done("mailed" if sent else "not mailed: sent before, or this stage or address takes none")


def activate(tenancy: Tenancy, tenant: TenantRecord) -> StepOutcome:
    """Let the tenant in: everywhere at most 30 seconds from now."""
    del tenancy, tenant
    return Done(also=_activated)


def _activated(tenant: TenantRecord) -> TenantRecord:
    operation = tenant.operation.ended() if tenant.operation else None
    return tenant.model_copy(update={"status": "active", "operation": operation})


def _admin_of(tenant: TenantRecord) -> FirstAdmin:
    if tenant.admin is None:
        raise ValidationError.for_field("/admin", "missing", "There is no first administrator: give one.")
    return tenant.admin


ONBOARDING: Final[Mapping[str, Callable[[Tenancy, TenantRecord], StepOutcome]]] = {
    "organization": make_organization,
    "tables": make_tables,
    "admin": make_admin,
    "welcome": send_welcome,
    "activate": activate,
}
