"""Invite somebody, and send the invitation again."""

from zebros_auth.domain.errors import EmailInUseError
from zebros_auth.domain.identity import NewPerson
from zebros_auth.domain.rights import Actor
from zebros_auth.domain.user import Invitation, Preferences, Role, User, UserStatus
from zebros_auth.use_cases.get_user import get_user
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.errors import ConflictError, UnavailableError

INVITATION_SECONDS = 3 * 24 * 3600
"""How long the link in an invitation is good."""

_ACTIONS = ("UPDATE_PASSWORD", "VERIFY_EMAIL")


def invite_user(workspace: Workspace, invitation: Invitation) -> User:
    """Make somebody a user of the tenant and mail them a link under which they choose a password.

    Raises ForbiddenError for a role or team that is not the caller's to give, ValidationError for an unknown team,
    EmailInUseError naming the user who has the address, and EmailTakenError where it cannot be invited. When the
    identity provider is out of reach before it made the person nothing is left behind; when it was only the mail that
    could not be sent, the user is there with `invited_at` None, and the mail follows.
    """
    actor = workspace.actor()
    actor.ensure_may_give(invitation.role, invitation.team_id)
    actor.ensure_may_open()
    workspace.ensure_team(invitation.team_id)
    known = workspace.users.find_by_email(invitation.email)
    if known is not None:
        raise EmailInUseError(known.user_id)
    user = add_person(workspace, invitation, actor)
    return send_invitation(workspace, user, may_follow=True)


def add_person(workspace: Workspace, invitation: Invitation, actor: Actor | None = None) -> User:
    """Make the person at the identity provider and the record here, marked in between. May be repeated.

    Raises ForbiddenError when the provider has them already as somebody whom `actor` may not change.
    """
    workspace.changes.begin(invitation.email)
    try:
        person = workspace.identity.ensure_person(
            NewPerson(
                email=invitation.email,
                name=invitation.name,
                tenant_id=workspace.context.tenant_id,
                role=invitation.role,
                team=invitation.team_id,
                language=invitation.language.value,
            )
        )
        if actor is not None and person.role is not None:
            actor.ensure_may_change(person.id, Role(person.role), person.team)
    except UnavailableError:
        raise  # perhaps it was made: the mark stays, and whoever finds it looks
    except Exception:
        workspace.changes.clear(invitation.email)
        raise
    if (person.role, person.team, person.enabled) != (invitation.role, invitation.team_id, True):
        # Left over from an invitation that was cut off: as that one wished, not as this one does.
        person = workspace.identity.update_person(
            person.id, name=invitation.name, role=invitation.role, team=invitation.team_id, enabled=True
        )
    organization = workspace.identity.ensure_organization(workspace.context.tenant_id, workspace.tenant.name)
    workspace.identity.add_member(organization, person.id)
    user = workspace.users.enrol(
        User(
            user_id=person.id,
            username=invitation.email,
            email=invitation.email,
            name=invitation.name,
            role=invitation.role,
            team_id=invitation.team_id,
            permissions=workspace.granted(invitation.role),
            preferences=Preferences(language=invitation.language),
        )
    )
    workspace.changes.clear(invitation.email)
    return user


def invite_again(workspace: Workspace, user_id: str) -> User:
    """Send the invitation again; links of earlier ones stay good until their time is over.

    Raises ConflictError for somebody who has signed in already or is deactivated.
    """
    user = get_user(workspace, user_id)
    workspace.actor().ensure_may_change(user.user_id, user.role, user.team_id)
    if user.status is not UserStatus.INVITED:
        raise ConflictError(f"This person is {user.status.value}; only somebody invited is invited again.")
    return send_invitation(workspace, user)


def send_invitation(workspace: Workspace, user: User, *, may_follow: bool = False) -> User:
    """Mail the link and note when. With `may_follow` an outage leaves a mark, by which the mail is sent later."""
    workspace.changes.begin(user.user_id)
    try:
        workspace.identity.send_actions(user.user_id, _ACTIONS, lifespan_seconds=INVITATION_SECONDS)
    except UnavailableError:
        if may_follow:
            return user
        raise
    stored = workspace.users.save(user.model_copy(update={"invited_at": workspace.now}), previous=user)
    workspace.changes.clear(user.user_id)
    return stored
