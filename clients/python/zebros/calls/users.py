"""Operations on users and teams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from zebros.calls import records
from zebros.calls.call import Call, listing, path, post_headers, query_of, read_record
from zebros.models import Page, Team, User

__all__ = ["Role", "UserStatus"]

Role = Literal["viewer", "sales-rep", "sales-manager", "tenant-admin"]
UserStatus = Literal["invited", "active", "deactivated"]
UserAction = Literal["deactivate", "activate", "invite"]

ROUTES = records.Routes("users", User)
TEAM_ROUTES = records.Routes("teams", Team)


def invite(
    *,
    email: str,
    name: str,
    role: str,
    team_id: str | None,
    language: str | None,
    idempotency_key: str | None,
) -> Call[User]:
    optional = {"teamId": team_id, "language": language}
    body = {"email": email, "name": name, "role": role, **_given(optional)}
    return Call("POST", "/v1/users", read_record(User), json=body, headers=post_headers(idempotency_key))


def get(user_id: str) -> Call[User]:
    return Call("GET", path("/v1/users/{}", user_id), read_record(User))


def list_(
    *, role: str | None, team: str | None, status: str | None, email: str | None, page_size: int | None
) -> Callable[[str | None], Call[Page[User]]]:
    query = query_of(role=role, team=team, status=status, email=email, limit=page_size)
    return listing(User, "/v1/users", query)


def act(user_id: str, action: UserAction) -> Call[User]:
    return Call(
        "POST", path(f"/v1/users/{{}}:{action}", user_id), read_record(User), headers=post_headers(None)
    )


def create_team(team_id: str, name: str, *, idempotency_key: str | None) -> Call[Team]:
    body = {"teamId": team_id, "name": name}
    return Call("POST", "/v1/teams", read_record(Team), json=body, headers=post_headers(idempotency_key))


def get_team(team_id: str) -> Call[Team]:
    return Call("GET", path("/v1/teams/{}", team_id), read_record(Team))


def list_teams(*, page_size: int | None) -> Callable[[str | None], Call[Page[Team]]]:
    return listing(Team, "/v1/teams", query_of(limit=page_size))


def _given(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
