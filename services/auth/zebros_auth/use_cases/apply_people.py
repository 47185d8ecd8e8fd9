"""People and teams as other services bring them, many at once: invited, changed, or found as they are wished.

What concerns the identity provider is no transaction of ours, so a mutation's receipt is kept when it is done. One that
was cut off before is delivered again and finds what was done already: an address is invited once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zebros_auth.domain.errors import EmailInUseError
from zebros_auth.domain.team import TeamDraft
from zebros_auth.domain.user import Invitation, User, UserDraft, UserStatus
from zebros_auth.use_cases.change_user import update_user
from zebros_auth.use_cases.get_user import get_user
from zebros_auth.use_cases.invite_user import invite_user, send_invitation
from zebros_auth.use_cases.manage_teams import create_team, put_team
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.dynamodb.operations import write
from zebros_core.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    UnavailableError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.validation import validate_document
from zebros_core.records.mutations import MutationOperation, Outcome, OutcomeKind
from zebros_core.values import normalised_email

_OF_INVITATIONS = frozenset({"email", "language"})
"""What is said of somebody who is invited, and is theirs afterwards."""


@dataclass(frozen=True, slots=True)
class PeopleMutation:
    """One wish. `id` is a user's or a team's, `email` names a user, too; `values` are by wire names, unchecked."""

    mutation_id: str
    entity: str
    operation: MutationOperation
    id: str | None
    email: str | None
    version: int | None
    values: Mapping[str, Any]


def apply_people(
    workspace: Workspace, mutations: Sequence[PeopleMutation], *, goes_on: Callable[[], bool]
) -> list[Outcome]:
    """Apply mutations in their order, with an outcome for each; the caller's rights hold as in the API.

    When the identity provider does not answer, or `goes_on` says that the caller's time is over, the rest is refused as
    unavailable: it may be sent again.
    """
    outcomes: list[Outcome] = []
    for mutation in mutations:
        former = outcomes[-1].error if outcomes else None
        if isinstance(former, UnavailableError):
            outcomes.append(Outcome(OutcomeKind.REJECTED, mutation.id, error=former))
        elif not goes_on():
            late = UnavailableError(detail="There was no time for it in this call: send it again.")
            outcomes.append(Outcome(OutcomeKind.REJECTED, mutation.id, error=late))
        else:
            outcomes.append(_outcome(workspace, mutation))
    return outcomes


def _outcome(workspace: Workspace, mutation: PeopleMutation) -> Outcome:
    try:
        receipt = workspace.receipts.find(mutation.mutation_id)
        if receipt is not None:
            return Outcome(OutcomeKind(receipt.outcome), receipt.id, receipt.version)
        done = (_team if mutation.entity == "team" else _person)(workspace, mutation)
        _keep(workspace, mutation, done)
    except ConflictError as error:
        return Outcome(OutcomeKind.CONFLICT, mutation.id, error=error)
    except ZebrosError as error:
        return Outcome(OutcomeKind.REJECTED, mutation.id, error=error)
    return done


def _keep(workspace: Workspace, mutation: PeopleMutation, done: Outcome) -> None:
    assert done.id is not None and done.version is not None  # noqa: S101 - nothing was refused
    receipt = workspace.receipts.put(mutation.mutation_id, done.id, done.kind.value, done.version)
    try:
        write(workspace.users.store, [receipt])
    except ConflictError:
        return  # another delivery of it was as fast, and found the same


# -- people ----------------------------------------------------------------------------------------------------


def _person(workspace: Workspace, mutation: PeopleMutation) -> Outcome:
    workspace.actor()
    known = _known(workspace, mutation)
    if known is None:
        if mutation.operation is MutationOperation.UPDATE:
            raise NotFoundError("user", mutation.id or mutation.email or "")
        user = invite_user(workspace, _invitation(mutation))
        return Outcome(OutcomeKind.CREATED, user.user_id, user.version)
    if mutation.operation is MutationOperation.CREATE:
        wished = _invitation(mutation)
        if (known.name, known.role, known.team_id) != (wished.name, wished.role, wished.team_id):
            raise EmailInUseError(known.user_id)
        return _unchanged(workspace, known)
    return _changed(workspace, known, mutation)


def _known(workspace: Workspace, mutation: PeopleMutation) -> User | None:
    """Return whom a mutation names, if they are there. Raises NotFoundError for an id that is nobody's."""
    if mutation.id is not None:
        return get_user(workspace, mutation.id)
    address = _address(mutation)
    return None if address is None else workspace.users.find_by_email(normalised_email(address))


def _address(mutation: PeopleMutation) -> str | None:
    given = mutation.values.get("email")
    if mutation.email is not None:
        if isinstance(given, str) and normalised_email(given) != normalised_email(mutation.email):
            raise ValidationError.for_field("/email", "differs_from_external_id", "not the externalId")
        return mutation.email
    if mutation.operation is MutationOperation.UPDATE:
        raise BadRequestError.for_field(
            "/id", "missing", "name somebody by id, or by their address as externalId"
        )
    return given if isinstance(given, str) else None


def _invitation(mutation: PeopleMutation) -> Invitation:
    address = {"email": mutation.email} if mutation.email is not None else {}
    return validate_document(Invitation, {**mutation.values, **address})


def _changed(workspace: Workspace, user: User, mutation: PeopleMutation) -> Outcome:
    if mutation.version is not None and user.version != mutation.version:
        raise VersionMismatchError(user.version)
    address = mutation.values.get("email")
    if address is not None and (not isinstance(address, str) or normalised_email(address) != user.email):
        raise ValidationError.for_field("/email", "not_changeable", "an address stays; invite the other one")
    changes = {name: value for name, value in mutation.values.items() if name not in _OF_INVITATIONS}
    patch = MergePatch(UserDraft, changes)
    draft = patch.apply(user.draft())
    if draft == user.draft() and not workspace.changes.has(user.user_id):
        return _unchanged(workspace, user)
    stored = update_user(workspace, user.user_id, patch.apply, expected_version=mutation.version)
    kind = OutcomeKind.UNCHANGED if stored.version == user.version else OutcomeKind.UPDATED
    return Outcome(kind, stored.user_id, stored.version)


def _unchanged(workspace: Workspace, user: User) -> Outcome:
    if user.status is UserStatus.INVITED and user.invited_at is None:
        # Cut off between the record and the mail.
        user = send_invitation(workspace, user, may_follow=True)
    return Outcome(OutcomeKind.UNCHANGED, user.user_id, user.version)


# -- teams -----------------------------------------------------------------------------------------------------


def _team(workspace: Workspace, mutation: PeopleMutation) -> Outcome:
    workspace.visibility("team", "write")
    named = {"teamId": mutation.id} if mutation.id is not None else {}
    draft = validate_document(TeamDraft, {**named, **mutation.values})
    known = workspace.teams.find(draft.team_id)
    if known is None and mutation.operation is MutationOperation.UPDATE:
        raise NotFoundError("team", draft.team_id)
    if known is not None and mutation.version not in {None, known.version}:
        raise VersionMismatchError(known.version)
    if mutation.operation is MutationOperation.CREATE:
        # The same team again is found; one of another name is a duplicate.
        create_team(workspace, draft)
        kind = OutcomeKind.UNCHANGED if known is not None else OutcomeKind.CREATED
    else:
        kind = put_team(workspace, draft)
    team = workspace.teams.get(draft.team_id)
    return Outcome(kind, team.team_id, team.version)
