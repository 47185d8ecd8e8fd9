"""The bulk door: people and teams, brought, read and exported by other services, in one signed call."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from zebros_auth.bootstrap import Container, container
from zebros_auth.domain.team import TeamDraft
from zebros_auth.handlers import privacy
from zebros_auth.use_cases.apply_people import PeopleMutation, apply_people
from zebros_auth.use_cases.manage_teams import put_team
from zebros_core.bulk.calls import MAX_MUTATIONS, MAX_READS, MutationId, SignedCall
from zebros_core.bulk.door import BulkDoor, DoorVerb, documents, workspace_of
from zebros_core.bulk.outcomes import outcome_documents
from zebros_core.bulk.settings import Setting, SettingsKeeper, settings_verbs
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import ValidationError
from zebros_core.http.validation import validate_document
from zebros_core.http.wire import WireModel
from zebros_core.records.export import read_records
from zebros_core.records.mutations import MutationOperation, OutcomeKind
from zebros_core.tenancy import TenantContext
from zebros_core.values import PrincipalId

WORK_SECONDS: Final = 15.0
"""How long a call goes on with mutations, each of which may take some calls of the identity provider."""

_TEAMS_A_PAGE: Final = 200

Cursor = Annotated[str | None, Field(max_length=1024)]


class PersonMutation(WireModel):
    """One mutation of a `user` or `team`; as those of other doors, but for what names a user.

    That is their `id`, or their e-mail address as `externalId`. `changes` are `email`, `name`, `role`, `teamId` and
    `language` of a user, `teamId` and `name` of a team. Nobody is deleted: people are deactivated by the API.
    """

    mutation_id: MutationId
    entity: Literal["user", "team"]
    operation: Literal["create", "update", "upsert"]
    id: PrincipalId | None = None
    external_id: Annotated[str | None, Field(min_length=3, max_length=254)] = None
    base_version: Annotated[int | None, Field(ge=1)] = None
    changes: dict[str, Any] | None = None
    skip_duplicates: bool = False


class ApplyPeopleCall(SignedCall):
    """`apply`: mutations in their order, an outcome for each. What there was no time for is refused as unavailable."""

    verb: Literal["apply"]
    mutations: Annotated[list[PersonMutation], Field(max_length=MAX_MUTATIONS)]


class ReadPeopleCall(SignedCall):
    """`read`: those of these people whom the caller may see, in this order."""

    verb: Literal["read"]
    entity: Literal["user"]
    ids: Annotated[list[PrincipalId], Field(min_length=1, max_length=MAX_READS)]


class TeamsCall(SignedCall):
    """`teams`: a page of the teams, by id."""

    verb: Literal["teams"]
    limit: Annotated[int, Field(ge=1, le=_TEAMS_A_PAGE)] = _TEAMS_A_PAGE
    cursor: Cursor = None


def _apply(have: Container, caller: TenantContext, call: ApplyPeopleCall) -> dict[str, Any]:
    ends_at = time.monotonic() + WORK_SECONDS
    mutations = [
        PeopleMutation(
            mutation_id=wish.mutation_id,
            entity=wish.entity,
            operation=MutationOperation(wish.operation),
            id=wish.id,
            email=wish.external_id,
            version=wish.base_version,
            values=wish.changes or {},
        )
        for wish in call.mutations
    ]
    outcomes = apply_people(workspace_of(have, caller), mutations, goes_on=lambda: time.monotonic() < ends_at)
    return {"outcomes": outcome_documents(call.mutations, outcomes)}


def _read(have: Container, caller: TenantContext, call: ReadPeopleCall) -> dict[str, Any]:
    return {"items": documents(read_records(workspace_of(have, caller), call.entity, call.ids))}


def _teams(have: Container, caller: TenantContext, call: TeamsCall) -> dict[str, Any]:
    workspace = workspace_of(have, caller)
    workspace.visibility("team", "read")
    page = workspace.teams.page(limit=call.limit, cursor=call.cursor)
    items = [team.model_dump(mode="json", by_alias=True) for team in page.items]
    return {"items": items, "nextCursor": page.next_cursor}


def _kept_teams(have: Container, caller: TenantContext, cursor: str | None) -> Page[Setting]:
    page = workspace_of(have, caller).teams.page(limit=_TEAMS_A_PAGE, cursor=cursor)
    return Page(
        [
            Setting(team.team_id, team.model_dump(mode="json", by_alias=True, exclude={"version"}))
            for team in page.items
        ],
        page.next_cursor,
    )


def _put_team(have: Container, caller: TenantContext, setting: Setting) -> OutcomeKind:
    draft = validate_document(TeamDraft, setting.value)
    if draft.team_id != setting.id:
        raise ValidationError.for_field("/value/teamId", "differs_from_id", "not the id of the item")
    return put_team(workspace_of(have, caller), draft)


DOOR: BulkDoor[Container] = BulkDoor(
    lambda: container(),
    verbs={},
    exported=frozenset({"user"}),
    more={
        **settings_verbs({"team": SettingsKeeper(_kept_teams, _put_team)}),
        **privacy.DOOR_VERBS,
        "apply": DoorVerb(ApplyPeopleCall, _apply),
        "read": DoorVerb(ReadPeopleCall, _read),
        "teams": DoorVerb(TeamsCall, _teams),
    },
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
