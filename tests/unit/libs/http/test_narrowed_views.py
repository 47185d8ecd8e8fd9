"""Lists that callers may ask for with less than they may see: whose they are decides who shares them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zebros_core.auth.permissions import Visibility, narrowed
from zebros_core.cache.port import ListKey
from zebros_core.errors import ForbiddenError
from zebros_core.http import CacheRule, QueryModel, Response, Routes
from zebros_core.http.caching import cache_key
from zebros_core.tenancy import TenantContext

ADA = TenantContext("acme1", "ada", team_id="north")
BO = replace(ADA, user_id="bo")


class ViewQuery(QueryModel):
    view: Visibility | None = None


routes = Routes("widgets")


@routes.get(
    "/v1/widgets",
    operation="listWidgets",
    query=ViewQuery,
    cache=CacheRule(list_name="w", narrowed_by="view"),
)
def list_widgets(_: Any) -> Response:
    """A list."""
    return Response()


(ROUTE,) = routes


def key(context: TenantContext, granted: Visibility, view: Visibility | None) -> ListKey:
    found = cache_key(ROUTE, {}, "", f"view={view}", ViewQuery(view=view), context, granted)
    assert isinstance(found, ListKey)
    return found


@pytest.mark.parametrize("granted", list(Visibility))
def test_somebodys_own_list_is_never_anothers(granted: Visibility) -> None:
    ours, theirs = key(ADA, granted, Visibility.OWN), key(BO, granted, Visibility.OWN)
    assert (ours.scope, theirs.scope) == ("own:ada", "own:bo") and ours != theirs


def test_a_list_of_the_team_is_shared_within_it() -> None:
    ours = key(ADA, Visibility.ALL, Visibility.TEAM)
    assert ours == key(BO, Visibility.TEAM, Visibility.TEAM)
    assert ours != key(replace(BO, team_id="south"), Visibility.ALL, Visibility.TEAM)


def test_who_asks_for_nothing_gets_all_that_they_may_see() -> None:
    assert key(ADA, Visibility.ALL, None).scope == "all"
    assert key(ADA, Visibility.TEAM, None).scope == "team:north"


@pytest.mark.parametrize(
    ("granted", "wanted"),
    [
        (Visibility.TEAM, Visibility.ALL),
        (Visibility.OWN, Visibility.TEAM),
        (Visibility.OWN, Visibility.ALL),
    ],
)
def test_more_than_one_may_see_is_refused_before_anything_is_looked_up(
    granted: Visibility, wanted: Visibility
) -> None:
    with pytest.raises(ForbiddenError):
        narrowed(granted, wanted)
    with pytest.raises(ForbiddenError):
        key(ADA, granted, wanted)


@pytest.mark.parametrize("granted", list(Visibility))
def test_nothing_asked_for_is_what_is_granted(granted: Visibility) -> None:
    assert narrowed(granted, None) is granted is narrowed(granted, granted)
