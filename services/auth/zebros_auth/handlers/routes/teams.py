"""/v1/teams: groups of a tenant's people"""

from zebros_auth.bootstrap import Container
from zebros_auth.domain.team import Team, TeamChange, TeamDraft
from zebros_auth.handlers.bodies import TeamBody
from zebros_auth.use_cases.manage_teams import create_team, remove_team, rename_team
from zebros_core.errors import ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response

routes = Routes("teams")

_TEAM_ID = {"teamId": "^[a-z][a-z0-9-]{1,30}$"}


def answer(team: Team, *, location: bool = False) -> Response:
    """Return the response that shows a team."""
    where = f"/v1/teams/{team.team_id}" if location else None
    return Response(TeamBody.of(team), etag=team.version, location=where)


@routes.post(
    "/v1/teams",
    operation="createTeam",
    permission=("team", "write"),
    body=TeamDraft,
    response=TeamBody,
    status=201,
    etag=True,
    idempotent="record",
    errors=(DuplicateError,),
    summary="Make a team",
    examples=(Example("north", {"teamId": "north", "name": "Sales north"}),),
)
def create(request: Request[Container, NoQuery, TeamDraft]) -> Response:
    """The id is in tokens and records and never changes; a taken one is a 409."""
    return answer(create_team(request.services.workspace(request.context), request.body), location=True)


@routes.get(
    "/v1/teams",
    operation="listTeams",
    permission=("team", "read"),
    query=PageQuery,
    response=PageBody[TeamBody],
    summary="List teams",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """The tenant's teams by id."""
    teams = request.services.workspace(request.context).teams
    page = teams.page(limit=request.query.limit, cursor=request.query.cursor)
    return page_response(page, TeamBody, TeamBody.of)


@routes.get(
    "/v1/teams/{teamId}",
    operation="getTeam",
    permission=("team", "read"),
    response=TeamBody,
    etag=True,
    path_patterns=_TEAM_ID,
    summary="Read a team",
)
def get(request: Request[Container]) -> Response:
    """One team."""
    return answer(request.services.workspace(request.context).teams.get(request.path["teamId"]))


@routes.patch(
    "/v1/teams/{teamId}",
    operation="updateTeam",
    permission=("team", "write"),
    body=TeamChange,
    merge_patch=True,
    response=TeamBody,
    etag=True,
    if_match="optional",
    path_patterns=_TEAM_ID,
    summary="Rename a team",
    examples=(Example("name", {"name": "Sales north and west"}),),
)
def update(request: Request[Container, NoQuery, MergePatch[TeamChange]]) -> Response:
    """A JSON merge patch."""
    workspace = request.services.workspace(request.context)
    team = workspace.teams.get(request.path["teamId"])
    change = request.body.apply(TeamChange(name=team.name))
    return answer(rename_team(workspace, team.team_id, change, expected_version=request.if_match))


@routes.delete(
    "/v1/teams/{teamId}",
    operation="removeTeam",
    permission=("team", "delete"),
    path_patterns=_TEAM_ID,
    status=204,
    errors=(ConflictError,),
    summary="Remove a team",
)
def remove(request: Request[Container]) -> Response:
    """Refused with 409 while the team has people. Records keep its id."""
    remove_team(request.services.workspace(request.context), request.path["teamId"])
    return Response()
