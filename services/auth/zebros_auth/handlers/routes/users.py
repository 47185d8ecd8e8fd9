"""/v1/users: the tenant's people"""

from typing import Annotated

from pydantic import Field

from zebros_auth.bootstrap import Container
from zebros_auth.domain.identity import EmailTakenError
from zebros_auth.domain.user import Invitation, Role, User, UserDraft, UserStatus
from zebros_auth.handlers.bodies import UserBody
from zebros_auth.use_cases.change_user import activate_user, deactivate_user, update_user
from zebros_auth.use_cases.get_user import get_user, list_users
from zebros_auth.use_cases.invite_user import invite_again, invite_user
from zebros_core.errors import ConflictError, DuplicateError, UnavailableError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.values import normalised_email

routes = Routes("users")

# A user's id is the identity provider's.
_USER_ID = {"userId": "^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$"}


class UsersQuery(PageQuery):
    """Filters of a list of users."""

    email: Annotated[str | None, Field(min_length=3, max_length=254, description="The e-mail address.")] = (
        None
    )
    role: Annotated[Role | None, Field(description="The role.")] = None
    team: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the team.")] = None
    status: Annotated[UserStatus | None, Field(description="Whether they have arrived or left.")] = None


def answer(user: User, *, location: bool = False) -> Response:
    """Return the response that shows a user."""
    where = f"/v1/users/{user.user_id}" if location else None
    return Response(UserBody.of(user), etag=user.version, location=where)


@routes.post(
    "/v1/users",
    operation="inviteUser",
    permission=("user", "write"),
    body=Invitation,
    response=UserBody,
    status=201,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, EmailTakenError, UnavailableError),
    summary="Invite somebody",
    examples=(
        Example(
            "rep",
            {
                "email": "nora.north@aurora.example",
                "name": "Nora North",
                "role": "sales-rep",
                "teamId": "north",
            },
        ),
    ),
)
def invite(request: Request[Container, NoQuery, Invitation]) -> Response:
    """Makes the person, with one role and perhaps a team, and mails them a link under which they choose a password.

    Nobody gives a role that is not theirs to give: a tenant admin every role, a sales manager the roles below their
    own in their own team. An address that the tenant has already is a 409 that names the user. Where the mail cannot be
    sent at once, `invitedAt` is null and the mail follows.
    """
    return answer(invite_user(request.services.workspace(request.context), request.body), location=True)


@routes.get(
    "/v1/users",
    operation="listUsers",
    permission=("user", "read"),
    personal=True,
    query=UsersQuery,
    response=PageBody[UserBody],
    summary="List users",
)
def list_(request: Request[Container, UsersQuery]) -> Response:
    """The tenant's people by when they were added. With several filters a page may be short before the last one."""
    query = request.query
    page = list_users(
        request.services.workspace(request.context),
        email=normalised_email(query.email) if query.email else None,
        role=query.role,
        team=query.team,
        status=query.status,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, UserBody, UserBody.of)


@routes.get(
    "/v1/users/{userId}",
    operation="getUser",
    permission=("user", "read"),
    response=UserBody,
    etag=True,
    path_patterns=_USER_ID,
    summary="Read a user",
)
def get(request: Request[Container]) -> Response:
    """One of the tenant's people."""
    return answer(get_user(request.services.workspace(request.context), request.path["userId"]))


@routes.patch(
    "/v1/users/{userId}",
    operation="updateUser",
    permission=("user", "write"),
    body=UserDraft,
    merge_patch=True,
    response=UserBody,
    etag=True,
    if_match="optional",
    path_patterns=_USER_ID,
    errors=(ConflictError, UnavailableError),
    summary="Change somebody's name, role or team",
    examples=(Example("promote", {"role": "sales-manager"}),),
)
def update(request: Request[Container, NoQuery, MergePatch[UserDraft]]) -> Response:
    """A JSON merge patch. The identity provider learns it with the same request, and tokens show it when they are
    renewed: within 15 minutes. Nobody changes their own role or team, and the last active admin stays one (409). Where
    the provider is out of reach, the answer is 503, the change is kept and carried out later. Records keep the team
    that they have.
    """
    return answer(
        update_user(
            request.services.workspace(request.context),
            request.path["userId"],
            request.body.apply,
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/users/{userId}:deactivate",
    operation="deactivateUser",
    permission=("user", "write"),
    response=UserBody,
    etag=True,
    if_match="optional",
    path_patterns=_USER_ID,
    idempotent="none",
    errors=(ConflictError, UnavailableError),
    summary="Let somebody sign in no longer",
)
def deactivate(request: Request[Container]) -> Response:
    """Ends their sessions; an access token that is out works until it expires, 15 minutes at most. May be repeated."""
    return answer(
        deactivate_user(
            request.services.workspace(request.context),
            request.path["userId"],
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/users/{userId}:activate",
    operation="activateUser",
    permission=("user", "write"),
    response=UserBody,
    etag=True,
    if_match="optional",
    path_patterns=_USER_ID,
    idempotent="none",
    errors=(UnavailableError,),
    summary="Let somebody sign in again",
)
def activate(request: Request[Container]) -> Response:
    """Undoes a deactivation. May be repeated."""
    return answer(
        activate_user(
            request.services.workspace(request.context),
            request.path["userId"],
            expected_version=request.if_match,
        )
    )


@routes.post(
    "/v1/users/{userId}:invite",
    operation="inviteUserAgain",
    permission=("user", "write"),
    response=UserBody,
    etag=True,
    path_patterns=_USER_ID,
    idempotent="record",
    errors=(ConflictError, UnavailableError),
    summary="Send the invitation again",
)
def invite_once_more(request: Request[Container]) -> Response:
    """A new link, good for three days. Only for somebody who has not signed in yet (else 409)."""
    return answer(invite_again(request.services.workspace(request.context), request.path["userId"]))
