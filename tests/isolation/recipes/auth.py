"""How the operations of the auth service are called."""

from __future__ import annotations

from recipes.recipe import Recipe, filters

THINGS = {
    "userId": "user",
    "teamId": "sales_team",
    "integrationId": "integration",
    "deviceId": "device",
}

RECIPES: dict[str, Recipe] = {
    # -- the caller
    "getMe": Recipe(),
    "getMyPermissions": Recipe(),
    "getMyPreferences": Recipe(),
    "updateMyPreferences": Recipe(body=lambda _: {"language": "de"}),
    "listMyDevices": Recipe(),
    "registerMyDevice": Recipe(
        body=lambda t: {"platform": "apns", "token": f"{t['name']} token".replace(" ", "-"), "name": "Phone"},
    ),
    "removeMyDevice": Recipe(),
    # -- people and teams
    "inviteUser": Recipe(
        body=lambda t: {
            "email": f"{t['key']}@people.example",
            "name": "Vera",
            "role": "viewer",
            "teamId": t["own_team"],
        }
    ),
    "listUsers": Recipe(references=filters(email="email", team="sales_team")),
    "getUser": Recipe(),
    "updateUser": Recipe(body=lambda _: {"name": "Renamed"}),
    "deactivateUser": Recipe(),
    "activateUser": Recipe(path={"userId": "deactivated_user"}),
    "inviteUserAgain": Recipe(),
    "createTeam": Recipe(body=lambda t: {"teamId": t["new_team"], "name": "West"}),
    "listTeams": Recipe(),
    "getTeam": Recipe(),
    "updateTeam": Recipe(body=lambda _: {"name": "Renamed"}),
    "removeTeam": Recipe(path={"teamId": "other_team"}),
    # -- programs and the log
    "createIntegration": Recipe(
        body=lambda _: {"name": "Reader", "role": "viewer", "scopes": ["records:read"]}
    ),
    "listIntegrations": Recipe(),
    "getIntegration": Recipe(),
    "rotateIntegration": Recipe(),
    "removeIntegration": Recipe(path={"integrationId": "other_integration"}),
    "listAuditEntries": Recipe(references=filters(actor="user", action="action")),
}
