"""Teams of a tenant: make, rename, remove."""

from zebros_auth.domain.errors import TeamInUseError
from zebros_auth.domain.team import Team, TeamChange, TeamDraft
from zebros_auth.use_cases.workspace import Workspace
from zebros_core.errors import DuplicateError, NotFoundError, VersionMismatchError
from zebros_core.records.mutations import OutcomeKind


def create_team(workspace: Workspace, draft: TeamDraft) -> Team:
    """Make a team. Raises DuplicateError for an id that is taken; the same team again is no error."""
    team = Team(team_id=draft.team_id, name=draft.name)
    if workspace.teams.add(team):
        return team
    known = workspace.teams.get(draft.team_id)
    if known.name == draft.name:
        return known
    raise DuplicateError(
        [{"entity": "team", "id": draft.team_id, "match": "teamId"}], "There is a team with this id already."
    )


def rename_team(
    workspace: Workspace, team_id: str, change: TeamChange, *, expected_version: int | None
) -> Team:
    """Change a team's name. Raises NotFoundError and VersionMismatchError."""
    team = workspace.teams.get(team_id)
    if expected_version is not None and team.version != expected_version:
        raise VersionMismatchError(team.version)
    if team.name == change.name:
        return team
    return workspace.teams.save(team.model_copy(update={"name": change.name}), previous=team)


def put_team(workspace: Workspace, draft: TeamDraft) -> OutcomeKind:
    """Make a team, or give the one of that id this name; tell which. Raises VersionMismatchError for a lost race."""
    known = workspace.teams.find(draft.team_id)
    if known is None:
        create_team(workspace, draft)
        return OutcomeKind.CREATED
    change = TeamChange(name=draft.name)
    renamed = rename_team(workspace, draft.team_id, change, expected_version=known.version)
    return OutcomeKind.UNCHANGED if renamed.version == known.version else OutcomeKind.UPDATED


def remove_team(workspace: Workspace, team_id: str) -> None:
    """Remove a team. Raises NotFoundError, and TeamInUseError while it has people.

    Somebody who joins at the same moment keeps the team's id, as records do: it then has no name.
    """
    if workspace.teams.find(team_id) is None:
        raise NotFoundError("team", team_id)
    if any(True for _ in workspace.users.all({"teamId": team_id})):
        raise TeamInUseError(team_id)
    workspace.teams.remove(team_id)
