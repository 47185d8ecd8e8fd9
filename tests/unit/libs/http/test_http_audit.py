"""What an app writes into the audit log: refusals always, what routes declare, and nothing for the rest."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from zebros_core.audit import InMemoryAuditTrail
from zebros_core.errors import ForbiddenError
from zebros_core.http import CacheRule, PageQuery, Request, Response, Routes

W = "/v1/widgets/01JC8Z4T5V6W7X8Y9ZABCDEFGH"


def audited_routes() -> Routes:
    routes = Routes("people")

    @routes.get(
        "/v1/people",
        operation="listPeople",
        permission=("widget", "read"),
        query=PageQuery,
        cache=CacheRule(list_name="widgets"),
        personal=True,
    )
    def list_people(request: Request[Any, PageQuery]) -> Response:
        request.services.reads += 1
        return Response({"items": [{"n": n} for n in range(request.query.limit)], "nextCursor": None})

    @routes.post(
        "/v1/people:export",
        operation="exportPeople",
        permission=("widget", "read"),
        audit="records.exported",
        idempotent="none",
    )
    def export_people(request: Request[Any]) -> Response:
        return Response({"items": [1, 2, 3]}, audit={"format": "csv"})

    @routes.delete(
        "/v1/people/{personId}", operation="removePerson", permission=("widget", "write"), status=204
    )
    def remove_person(request: Request[Any]) -> Response:
        raise ForbiddenError.for_field("personId", "last_admin", "The last administrator stays.")

    @routes.post("/v1/shelves", operation="addShelf", access="platform", audit="shelf.added", status=201)
    def add_shelf(request: Request[Any]) -> Response:
        return Response({"id": 1})

    return routes


@pytest.fixture
def trail() -> InMemoryAuditTrail:
    return InMemoryAuditTrail()


@pytest.fixture
def world(new_world, trail):
    return new_world(routes=audited_routes(), audit=trail)


def test_a_refused_caller_is_recorded_with_what_they_wanted(world, trail):
    world.call("DELETE", "/v1/people/01JC8Z4T5V6W7X8Y9ZABCDEFGH", token="aurora/vic/viewer/")

    (event,) = trail.events
    assert (event.tenant_id, event.actor, event.action, event.outcome) == (
        "aurora",
        "vic",
        "permission.refused",
        "refused",
    )
    assert event.details == {
        "operation": "removePerson",
        "method": "DELETE",
        "path": "/v1/people/{personId}",
        "permission": "widget:write",
        "client": "web",
    }
    assert (event.entity, event.request_id, event.ip) == ("widget", "req-1", "192.0.2.1")


def test_a_refusal_by_the_handler_names_the_record_and_the_reason(world, trail):
    assert world.call("DELETE", "/v1/people/01JC8Z4T5V6W7X8Y9ZABCDEFGH").status == 403

    (event,) = trail.events
    assert event.record_id == "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
    assert event.details["reason"] == "last_admin"


@pytest.mark.parametrize(
    ("token", "log", "reason"),
    [
        ("closed/cy/admin/", "closed", "tenant_suspended"),
        ("aurora/ada/admin+platform-admin/", "aurora", "platform_role_in_tenant_token"),
        ("nowhere/nn/admin/", "platform", "tenant_unknown"),
    ],
)
def test_a_refusal_is_in_the_log_of_the_tenant_that_has_one(world, trail, token, log, reason):
    assert world.call("GET", "/v1/people", token=token).status == 403

    (event,) = trail.events
    assert (event.tenant_id, event.details["reason"]) == (log, reason)
    assert ("tenant" in event.details) == (log == "platform")


def test_a_tenants_attempt_on_a_platform_route_is_in_its_own_log(world, trail):
    assert world.call("POST", "/v1/shelves", token="aurora/ada/admin/").status == 403
    assert world.call("POST", "/v1/shelves", token="/eve/tenant-admin/").status == 403

    assert [(event.tenant_id, event.actor) for event in trail.events] == [
        ("aurora", "ada"),
        ("platform", "eve"),
    ]


def test_what_is_not_refused_for_want_of_a_right_is_not_recorded(world, trail):
    assert world.call("GET", "/v1/people").status == 200
    assert world.call("GET", "/v1/people", token=None).status == 401
    assert world.call("GET", "/v1/people", token="bad").status == 401
    assert world.call("GET", "/v1/people", query="x=1").status == 400
    assert world.call("DELETE", "/v1/people/nobody").status == 404
    assert trail.events == []


def test_a_log_out_of_reach_leaves_the_refusal_as_it_is_and_is_counted(world, trail):
    trail.out_of_reach = True
    answer = world.call("DELETE", "/v1/people/01JC8Z4T5V6W7X8Y9ZABCDEFGH", token="aurora/vic/viewer/")

    assert answer.status == 403
    assert [line["message"] for line in world.lines()] == ["refusal not recorded"]
    assert [line.get("AuditFailures") for line in world.metric_lines()] == [1, None]


def test_a_declared_success_is_recorded_before_it_is_answered(world, trail):
    assert world.call("POST", "/v1/people:export").status == 200

    (event,) = trail.events
    assert (event.action, event.outcome, event.actor) == ("records.exported", "done", "ada")
    assert (event.details["records"], event.details["format"]) == (3, "csv")


def test_an_export_that_cannot_be_recorded_is_not_answered(world, trail):
    trail.out_of_reach = True
    answer = world.call("POST", "/v1/people:export")

    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    assert "items" not in answer.json


def test_an_administrators_declared_success_is_in_the_platforms_log(world, trail):
    assert world.call("POST", "/v1/shelves", token="/ops/platform-admin/").status == 201
    assert [(event.tenant_id, event.action) for event in trail.events] == [("platform", "shelf.added")]


@pytest.mark.parametrize(("limit", "recorded"), [(99, 0), (100, 2), (200, 2)])
def test_a_list_of_a_hundred_persons_is_recorded_also_when_the_cache_gives_it(world, trail, limit, recorded):
    for token in ("aurora/ada/admin/north", "aurora/vic/viewer/"):
        assert world.call("GET", "/v1/people", query=f"limit={limit}", token=token).status == 200

    assert world.shelf.reads == 1
    assert [event.details["records"] for event in trail.events] == [limit] * recorded
    assert {event.action for event in trail.events} <= {"personal-data.read"}


def test_persons_in_bulk_are_not_shown_when_that_cannot_be_recorded(world, trail):
    world.call("GET", "/v1/people", query="limit=200")
    trail.out_of_reach = True
    for limit in (200, 150):
        assert world.call("GET", "/v1/people", query=f"limit={limit}").status == 503


def test_a_declaration_without_a_log_is_refused_when_the_app_is_made(new_world):
    with pytest.raises(ValueError, match="audit log"):
        new_world(routes=audited_routes())


def test_nothing_of_it_is_loaded_before_the_first_entry():
    code = (
        "import sys, zebros_core.http;"
        "print([m for m in ('zebros_core.audit.event', 'zebros_core.messaging') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
