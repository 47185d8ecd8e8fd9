"""Routes of the platform: its administrators get in, and nobody of any tenant does."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from zebros_core.cache import NullCache
from zebros_core.http import NoQuery, Request, Response, Routes, WireModel
from zebros_core.http.openapi import openapi_document

ADMIN = "/ops/platform-admin/"
REFUSED = {
    "a tenant's admin": ("aurora/ada/admin/north", "platform_only"),
    "another tenant's": ("borealis/bo/admin/", "platform_only"),
    "a suspended tenant's": ("closed/cy/admin/", "platform_only"),
    "nobody's tenant's": ("nowhere/nn/admin/", "platform_only"),
    "a platform person without the role": ("/eve/tenant-admin/", "platform_only"),
    "a tenant's with the platform's role": (
        "aurora/ada/admin+platform-admin/",
        "platform_role_in_tenant_token",
    ),
}


class NewShelf(WireModel):
    name: Annotated[str, Field(min_length=1, max_length=20)]


def shelf_routes() -> Routes:
    routes = Routes("shelves")

    @routes.post(
        "/v1/shelves",
        operation="addShelf",
        access="platform",
        body=NewShelf,
        status=201,
        summary="Add a shelf",
    )
    def add_shelf(request: Request[Any, NoQuery, NewShelf]) -> Response:
        key = request.idempotency
        return Response({"by": request.platform.user_id, "key": None if key is None else key.key})

    @routes.get(
        "/v1/shelves/{name}", operation="getShelf", access="platform", path_patterns={"name": "^[a-z]+$"}
    )
    def get_shelf(request: Request[Any]) -> Response:
        return Response({"tenant": request.context.tenant_id})

    @routes.get("/v1/mine", operation="getMine")
    def get_mine(request: Request[Any]) -> Response:
        return Response({"by": request.platform.user_id})

    return routes


class Untouched(NullCache):
    """A cache that must not be asked."""

    def enter(self, *asked: Any) -> Any:
        raise AssertionError(f"the cache was asked for {asked}")


@pytest.fixture
def world(new_world):
    return new_world(routes=shelf_routes(), cache=Untouched())


def test_an_administrator_gets_in_without_tenant_cache_or_rate_limit(world):
    answer = world.call("POST", "/v1/shelves", {"name": "Top"}, token=ADMIN, idempotency_key="k-1")

    assert (answer.status, answer.json) == (201, {"by": "ops", "key": "k-1"})
    assert "RateLimit" not in answer.headers
    assert "tenantId" not in world.metric_lines()[0]


def test_what_an_administrator_sends_is_checked_as_anybodys(world):
    assert world.call("POST", "/v1/shelves", {"name": ""}, token=ADMIN).status == 422
    assert world.call("GET", "/v1/shelves/NO", token=ADMIN).status == 404


@pytest.mark.parametrize("who", REFUSED)
def test_everybody_else_is_refused_before_anything_is_read(world, who):
    token, code = REFUSED[who]
    answer = world.call("POST", "/v1/shelves", raw="{", token=token)

    assert (answer.status, answer.fields) == (403, {"roles": code})


def test_an_administrator_has_no_tenants_routes(world):
    assert world.call("GET", "/v1/mine", token=ADMIN).status == 401
    both = world.call("GET", "/v1/mine", token="aurora/ada/admin+platform-admin/")
    assert (both.status, both.fields) == (403, {"roles": "platform_role_in_tenant_token"})


def test_a_handler_that_asks_for_the_wrong_context_is_a_defect(new_world):
    world = new_world(routes=shelf_routes())
    assert world.call("GET", "/v1/shelves/top", token=ADMIN).status == 500
    assert world.call("GET", "/v1/mine").status == 500


def test_the_document_says_who_gets_in(world):
    paths = openapi_document(world.app.routes, title="Shelves", version="1.0.0")["paths"]
    operation = paths["/v1/shelves"]["post"]

    assert operation["security"] == [{"accessToken": ["platform-admin"]}]
    assert operation["x-access"] == "platform"
    assert "403" in operation["responses"]
    assert "security" not in paths["/v1/mine"]["get"]
