"""Bring the records of a tenant's people and the identity provider together again, whichever half failed.

The provider is the truth about who exists; the record is the truth about name, role, team and status. A record's change
is written here first, so the provider follows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from zebros_auth.domain.identity import IdentityNotFoundError, Person
from zebros_auth.domain.user import Role, User, UserStatus
from zebros_auth.use_cases.change_user import carry_out
from zebros_auth.use_cases.invite_user import INVITATION_SECONDS, send_invitation
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.errors import DuplicateError, UnavailableError, ZebrosError

_LOG = logging.getLogger(__name__)
GRACE = timedelta(seconds=60)
"""A change that is younger may still be under way."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a reconciliation did: ids of the records made, of those deactivated, and of people brought up to date."""

    adopted: tuple[str, ...] = ()
    deactivated: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many people differed."""
        return len(self.adopted) + len(self.deactivated) + len(self.updated)


def finish_changes(workspace: Workspace) -> int:
    """Finish what was begun more than a minute ago and is not whole; return how many changes that were."""
    finished = 0
    for who in workspace.changes.older_than(workspace.now - GRACE):
        try:
            _finish(workspace, who)
        except UnavailableError:
            raise  # it would be the same for the others
        except ZebrosError as trouble:
            # One that cannot be finished keeps its mark, and nobody else waiting.
            _LOG.error("change not finished", exc_info=trouble)
            continue
        finished += 1
    return finished


def _finish(workspace: Workspace, who: str) -> None:
    user = workspace.users.find_by_email(who) if "@" in who else workspace.users.find(who)
    if user is None:
        # An invitation that was cut off: the person was made, or was not.
        person = workspace.identity.find_by_email(who) if "@" in who else workspace.identity.person(who)
        if person is not None and person.tenant_id == workspace.context.tenant_id:
            user = adopt(workspace, person)
    if user is not None:
        _bring_up_to_date(workspace, user)
    if user is None or who != user.user_id:
        workspace.changes.clear(who)


def reconcile_people(workspace: Workspace) -> Repaired:
    """Compare everybody, and repair what differs; what is under way is left to those who do it.

    Raises UnavailableError when the provider knows nobody of a tenant that has people: it has lost them, or is not
    ours, and nobody is deactivated for that.
    """
    people = {person.id: person for person in workspace.identity.people_of(workspace.context.tenant_id)}
    adopted: list[str] = []
    deactivated: list[str] = []
    updated: list[str] = []
    known: set[str] = set()
    for listed in workspace.users.all():
        known.add(listed.user_id)
        if not _may_differ(listed, people.get(listed.user_id)):
            continue
        # Neither list is of this moment: each is asked again for who seems to differ.
        user = workspace.users.find(listed.user_id)
        if user is None or workspace.changes.has(user.user_id):
            continue
        person = workspace.identity.person(user.user_id)
        if person is None or person.tenant_id != workspace.context.tenant_id:
            if not people:
                raise UnavailableError(detail="The identity provider knows nobody of this tenant.")
            if user.status is not UserStatus.DEACTIVATED:
                _deactivate(workspace, user)
                deactivated.append(user.user_id)
        elif differs(user, person):
            carry_out(workspace, user)
            updated.append(user.user_id)
    for person in people.values():
        if person.id not in known:
            adopt(workspace, person)
            adopted.append(person.id)
    return Repaired(tuple(adopted), tuple(deactivated), tuple(updated))


def _may_differ(user: User, person: Person | None) -> bool:
    if person is None:
        return user.status is not UserStatus.DEACTIVATED
    return differs(user, person)


def _deactivate(workspace: Workspace, user: User) -> None:
    workspace.users.save(user.model_copy(update={"status": UserStatus.DEACTIVATED}), previous=user)


def differs(user: User, person: Person) -> bool:
    """Tell whether the provider's part of somebody is not what the record says."""
    return (person.name, person.team, person.role, person.enabled) != (
        " ".join(user.name.split()),  # as the provider keeps it
        user.team_id,
        user.role.value,
        user.status is not UserStatus.DEACTIVATED,
    )


def adopt(workspace: Workspace, person: Person) -> User:
    """Make the record of somebody of this tenant whom the provider has; one with no role gets the least.

    Where another record has the address already, it is of somebody whom the provider has forgotten: it gives way.
    """
    role = Role(person.role) if person.role else Role.VIEWER
    user = User(
        user_id=person.id,
        username=person.email,
        email=person.email,
        name=person.name,
        role=role,
        team_id=person.team,
        status=_status(person),
        permissions=workspace.granted(role),
        invited_at=workspace.now,
    )
    try:
        return workspace.users.enrol(user)
    except DuplicateError:
        former = workspace.users.find_by_email(person.email)
        if former is None or former.user_id == person.id:
            return workspace.users.get(person.id)
        workspace.users.forget(former)
        return workspace.users.enrol(user)


def _status(person: Person) -> UserStatus:
    if not person.enabled:
        return UserStatus.DEACTIVATED
    return UserStatus.ACTIVE if person.email_verified else UserStatus.INVITED


def _bring_up_to_date(workspace: Workspace, user: User) -> None:
    try:
        # Rights before mails: the provider says of an address that takes no mail what it says of an outage.
        carry_out(workspace, user)
        if user.status is UserStatus.INVITED and user.invited_at is None and _is_news(workspace, user):
            send_invitation(workspace, user, may_follow=True)
    except IdentityNotFoundError:
        _deactivate(workspace, user)
        workspace.changes.clear(user.user_id)


def _is_news(workspace: Workspace, user: User) -> bool:
    """Whether a mail that could not be sent is still tried; later an administrator invites again."""
    return workspace.now - user.created_at < timedelta(seconds=INVITATION_SECONDS)
