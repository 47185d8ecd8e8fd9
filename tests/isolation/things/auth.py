"""What a tenant has in the auth service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estate import Estate


def person(estate: Estate, **facts: Any) -> str:
    """Invite somebody into the owner's team and return their id."""
    number = estate.number()
    body = {
        "email": f"{estate.mark}.{number}@people.example",
        "name": f"{estate.mark} person {number}",
        "role": "viewer",
        "teamId": own_team(estate),
    }
    return str(estate.send("POST", "/v1/users", body | facts).body["userId"])


def own_team(estate: Estate) -> str | None:
    """Return the owner's team, made where it does not exist yet."""
    team = estate.owner.team
    if team is not None:
        estate.send("POST", "/v1/teams", {"teamId": team, "name": team})
    return team


def _team(estate: Estate, suffix: str = "") -> str:
    body = {"teamId": f"t{estate.mark}{suffix}", "name": estate.mark}
    return str(estate.send("POST", "/v1/teams", body).body["teamId"])


def _deactivated(estate: Estate) -> str:
    id = person(estate)
    estate.send("POST", f"/v1/users/{id}:deactivate")
    return id


def _integration(estate: Estate) -> str:
    body = {"name": estate.mark, "role": "viewer", "scopes": ["records:read"]}
    return str(estate.send("POST", "/v1/integrations", body).body["integrationId"])


def _device(estate: Estate) -> str:
    body = {"platform": "fcm", "token": f"{estate.mark}-token", "name": estate.mark}
    return str(estate.send("POST", "/v1/me/devices", body).body["deviceId"])


MAKERS: dict[str, Callable[[Estate], str]] = {
    "own_team": lambda e: str(own_team(e)),
    "new_team": lambda e: f"n{e.mark}",
    "action": lambda e: f"{e.mark}.made",
    "user": lambda e: person(e),
    "deactivated_user": _deactivated,
    "sales_team": _team,
    "other_team": lambda e: _team(e, "-2"),
    "integration": _integration,
    "other_integration": _integration,
    "device": _device,
}
NEVER: dict[str, Callable[[str], str]] = {
    "own_team": lambda mark: f"{mark}-team",
    "new_team": lambda mark: f"n{mark}",
    "action": lambda mark: f"{mark}.made",
    "sales_team": lambda mark: f"t{mark}",
    "other_team": lambda mark: f"t{mark}-2",
}


def more(estate: Estate) -> None:
    """Nothing: every list has two already."""
    del estate
