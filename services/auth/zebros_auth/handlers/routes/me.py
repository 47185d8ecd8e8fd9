"""/v1/me: the caller"""

from zebros_auth.bootstrap import Container
from zebros_auth.domain.rights import highest
from zebros_auth.domain.user import Preferences
from zebros_auth.handlers.bodies import MeBody, PermissionBody, PermissionsBody
from zebros_auth.use_cases.get_me import change_preferences, explain_permissions, find_me, get_preferences
from zebros_core.errors import NotFoundError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.http.merge_patch import MergePatch

routes = Routes("me")


@routes.get(
    "/v1/me",
    operation="getMe",
    response=MeBody,
    summary="Who is calling",
)
def get(request: Request[Container]) -> Response:
    """The caller with role, team, tenant and preferences. Somebody invited is active from their first call on."""
    workspace = request.services.workspace(request.context)
    role = highest(request.context.roles)
    granted = workspace.granted(role) if role else {}
    return Response(MeBody.of(request.context, workspace.tenant, find_me(workspace), role, granted))


@routes.get(
    "/v1/me/permissions",
    operation="getMyPermissions",
    response=PermissionsBody,
    summary="What the caller may do, and why",
)
def permissions(request: Request[Container]) -> Response:
    """Every action on every entity: whether the caller may do it, to whose records, by which role."""
    workspace = request.services.workspace(request.context)
    role = highest(request.context.roles)
    items = [
        PermissionBody(
            entity=found.entity,
            action=found.action,
            allowed=found.visibility is not None,
            visibility=found.visibility,
            role=found.role,
            reason=found.reason,
        )
        for found in explain_permissions(workspace)
    ]
    return Response(PermissionsBody(role=role.value if role else None, items=items))


@routes.get(
    "/v1/me/preferences",
    operation="getMyPreferences",
    response=Preferences,
    etag=True,
    errors=(NotFoundError,),
    summary="What the caller prefers",
)
def preferences(request: Request[Container]) -> Response:
    """Language, time zone, quiet hours and ways of notification. A program has none: 404."""
    user = get_preferences(request.services.workspace(request.context))
    return Response(user.preferences, etag=user.version)


@routes.patch(
    "/v1/me/preferences",
    operation="updateMyPreferences",
    body=Preferences,
    merge_patch=True,
    response=Preferences,
    etag=True,
    if_match="optional",
    errors=(NotFoundError,),
    summary="Change what the caller prefers",
    examples=(
        Example("quiet", {"timeZone": "Europe/Berlin", "quietHours": {"from": "20:00", "to": "07:00"}}),
        Example("no-mail", {"channels": {"customer.assigned": {"push": True, "email": False}}}),
    ),
)
def change(request: Request[Container, NoQuery, MergePatch[Preferences]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays."""
    user = change_preferences(
        request.services.workspace(request.context), request.body.apply, expected_version=request.if_match
    )
    return Response(user.preferences, etag=user.version)
