"""An app over widgets, two tenants, and a browserless client that speaks the gateway's event format."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from pydantic import Field

from zebros_core.audit import AuditTrail
from zebros_core.auth import Claims, PermissionTable, Visibility, can_see
from zebros_core.cache import InMemoryCache, Layer, ResponseCache
from zebros_core.clock import FixedClock
from zebros_core.errors import (
    ConflictError,
    DuplicateError,
    IdempotencyKeyReusedError,
    NotFoundError,
    UnauthenticatedError,
    VersionMismatchError,
)
from zebros_core.http import (
    CacheRule,
    CacheWrite,
    Example,
    HttpApp,
    Id,
    Instant,
    JsonScalar,
    MergePatch,
    NoQuery,
    PageBody,
    PageQuery,
    Request,
    Response,
    Routes,
    WireModel,
)
from zebros_core.observability import Metrics, configure_logging
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import InMemoryTenantRegistry, Tenant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WIDGET_ID = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
OTHER_ID = "01JC8Z4T5V6W7X8Y9ZABCDEFGJ"

PERMISSIONS = """{"roles": {
    "admin":  {"widget": {"read": "all", "write": "all"}},
    "member": {"widget": {"read": "own", "write": "own"}},
    "viewer": {"widget": {"read": "all"}}
}}"""


class Size(WireModel):
    width: int
    unit: str | None = None


class WritableWidget(WireModel):
    name: Annotated[str, Field(min_length=1, max_length=20)]
    due_at: Instant | None = None
    price: Decimal | None = None
    size: Size | None = None
    custom: Annotated[dict[str, JsonScalar], Field(default_factory=dict)]


class WidgetView(WritableWidget):
    widget_id: Id
    version: int


class WidgetQuery(PageQuery):
    colour: str | None = None


@dataclass
class Widget:
    widget_id: str
    version: int
    owner_id: str
    team_id: str
    data: WritableWidget

    def view(self) -> WidgetView:
        return WidgetView(**dict(self.data), widget_id=self.widget_id, version=self.version)


@dataclass
class Shelf:
    """The store behind the handlers: widgets by tenant and id. ``reads`` counts what reaches it."""

    widgets: dict[tuple[str, str], Widget] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0

    def add(
        self, tenant: str, widget_id: str, owner: str = "ada", team: str = "north", name: str = "Bolt"
    ) -> Widget:
        widget = Widget(widget_id, 1, owner, team, WritableWidget(name=name))
        self.widgets[tenant, widget_id] = widget
        return widget

    def get(self, context: TenantContext, visibility: Visibility, widget_id: str) -> Widget:
        self.reads += 1
        widget = self.widgets.get((context.tenant_id, widget_id))
        if widget is None or not can_see(visibility, context, widget.owner_id, widget.team_id):
            raise NotFoundError("widget", widget_id)
        return widget


Req = Request[Shelf, Any, Any]


def written(widget: Widget) -> CacheWrite:
    return CacheWrite(
        "widget",
        widget.widget_id,
        widget.version,
        ("widgets",),
        owner_id=widget.owner_id,
        team_id=widget.team_id,
    )


def widget_routes() -> Routes:
    routes = Routes("widgets")

    @routes.get(
        "/v1/widgets",
        operation="listWidgets",
        summary="List widgets",
        permission=("widget", "read"),
        query=WidgetQuery,
        response=PageBody[WidgetView],
        cache=CacheRule(list_name="widgets"),
    )
    def list_widgets(request: Request[Shelf, WidgetQuery]) -> Response:
        shelf = request.services
        shelf.reads += 1
        seen = [
            widget.view()
            for (tenant, _), widget in sorted(shelf.widgets.items())
            if tenant == request.context.tenant_id
            and can_see(request.visibility, request.context, widget.owner_id, widget.team_id)
        ]
        return Response(PageBody[WidgetView](items=seen[: request.query.limit], next_cursor=None))

    @routes.post(
        "/v1/widgets",
        operation="createWidget",
        summary="Create a widget",
        permission=("widget", "write"),
        body=WritableWidget,
        response=WidgetView,
        status=201,
        etag=True,
        errors=(DuplicateError,),
        examples=(Example("plain", {"name": "Bolt"}),),
    )
    def create_widget(request: Request[Shelf, NoQuery, WritableWidget]) -> Response:
        if request.body.name == "Taken":
            raise DuplicateError([{"entity": "widget", "id": WIDGET_ID, "match": "name"}])
        if request.body.name == "Broken":
            raise KeyError("secret detail")
        widget = request.services.add(request.context.tenant_id, WIDGET_ID, request.context.user_id)
        widget.data = request.body
        request.services.writes += 1
        headers = {"X-Key": request.idempotency.key if request.idempotency else "", "X-Fields": ""}
        headers["X-Fields"] = ",".join(sorted(request.body_fields_set))
        return Response(
            widget.view(),
            etag=1,
            location=f"/v1/widgets/{WIDGET_ID}",
            headers=headers,
            writes=(written(widget),),
        )

    @routes.get(
        "/v1/widgets/{widgetId}",
        operation="getWidget",
        summary="Get a widget",
        permission=("widget", "read"),
        response=WidgetView,
        etag=True,
        cache=CacheRule(entity="widget", id_param="widgetId"),
    )
    def get_widget(request: Request[Shelf]) -> Response:
        widget = request.services.get(request.context, request.visibility, request.path["widgetId"])
        return Response(widget.view(), etag=widget.version, owner_id=widget.owner_id, team_id=widget.team_id)

    @routes.patch(
        "/v1/widgets/{widgetId}",
        operation="updateWidget",
        permission=("widget", "write"),
        body=WritableWidget,
        merge_patch=True,
        response=WidgetView,
        etag=True,
        if_match="required",
    )
    def update_widget(request: Request[Shelf, NoQuery, MergePatch[WritableWidget]]) -> Response:
        widget = request.services.get(request.context, request.visibility, request.path["widgetId"])
        if request.if_match is not None and request.if_match != widget.version:
            raise VersionMismatchError(widget.version)
        widget.data = request.body.apply(widget.data)
        widget.version += 1
        return Response(widget.view(), etag=widget.version, writes=(written(widget),))

    @routes.delete(
        "/v1/widgets/{widgetId}",
        operation="deleteWidget",
        permission=("widget", "write"),
        status=204,
        if_match="optional",
    )
    def delete_widget(request: Request[Shelf]) -> Response:
        widget = request.services.get(request.context, request.visibility, request.path["widgetId"])
        if request.if_match is not None and request.if_match != widget.version:
            raise VersionMismatchError(widget.version)
        del request.services.widgets[request.context.tenant_id, widget.widget_id]
        gone = CacheWrite("widget", widget.widget_id, widget.version + 1, ("widgets",), deleted=True)
        return Response(writes=(gone,))

    @routes.post(
        "/v1/widgets/{widgetId}:polish",
        operation="polishWidget",
        permission=("widget", "write"),
        response=WidgetView,
        idempotent="record",
    )
    def polish_widget(request: Request[Shelf]) -> Response:
        widget = request.services.get(request.context, request.visibility, request.path["widgetId"])
        request.services.writes += 1
        widget.version += 1
        return Response(widget.view())

    @routes.get(
        "/v1/colours/{name}",
        operation="getColour",
        path_patterns={"name": "^[a-zé ]{1,10}$"},
        summary="Get a colour",
    )
    def get_colour(request: Request[Shelf]) -> Response:
        return Response({"name": request.path["name"], "tenant": request.context.tenant_id})

    return routes


class Tokens:
    """Stands in for a verifier: a token reads ``tenant/user/role+role/team``; without a tenant, the platform's."""

    def verify(self, token: str) -> Claims:
        if token.count("/") != 3:
            raise UnauthenticatedError("the token is malformed")
        tenant, user, role, team = token.split("/")
        roles = frozenset(role.split("+"))
        return Claims(user, tenant or None, team or None, roles, frozenset(), "web", 2_000_000_000)


class Outcomes:
    """A store of kept outcomes, one for each tenant."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], tuple[str, bytes | None]] = {}

    def of(self, context: TenantContext) -> TenantOutcomes:
        return TenantOutcomes(self, context.tenant_id)


@dataclass
class Claimed:
    at: tuple[str, str, str]
    fingerprint: str
    outcome: bytes | None


@dataclass
class TenantOutcomes:
    store: Outcomes
    tenant: str

    def claim(self, route: str, key: str, fingerprint: str) -> Claimed:
        at = (self.tenant, route, key)
        if at in self.store.kept:
            known, outcome = self.store.kept[at]
            if known != fingerprint:
                raise IdempotencyKeyReusedError
            if outcome is None:
                raise ConflictError("The first request with this key is still running.")
            return Claimed(at, fingerprint, outcome)
        self.store.kept[at] = (fingerprint, None)
        return Claimed(at, fingerprint, None)

    def complete(self, claim: Claimed, outcome: bytes) -> None:
        self.store.kept[claim.at] = (claim.fingerprint, outcome)

    def release(self, claim: Claimed) -> None:
        del self.store.kept[claim.at]


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def fields(self) -> dict[str, str]:
        """Field to code of a problem's errors."""
        return {error["field"]: error["code"] for error in self.json["errors"]}


@dataclass
class World:
    """One container of the service, its store, its cache and what it wrote out."""

    app: HttpApp
    shelf: Shelf
    cache: ResponseCache
    clock: FixedClock
    log: io.StringIO
    metrics: io.StringIO
    token: str = "aurora/ada/admin/north"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        query: str = "",
        raw: str | None = None,
        base64: bool = False,
        **headers: str,
    ) -> Answer:
        """Send a request; ``headers`` are named with underscores. ``token`` None sends none, '' the usual
        one.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent.setdefault("authorization", f"Bearer {token or self.token}")
        if body is not None or raw is not None:
            sent.setdefault("content-type", "application/json")
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": sent,
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "stage": "$default",
                "requestId": "req-1",
            },
            "body": raw if raw is not None else (None if body is None else json.dumps(body)),
            "isBase64Encoded": base64,
        }
        answer = self.app.handler(event, SimpleNamespace(aws_request_id="lambda-1"))
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def metric_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.metrics.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def _root_logging():
    """Give the root logger its handlers back."""
    root, ours = logging.getLogger(), logging.getLogger("zebros")
    handlers, level, our_level = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(our_level)


@pytest.fixture
def new_world() -> Callable[..., World]:
    def make(
        cache: ResponseCache | None = None,
        routes: Routes | None = None,
        audit: AuditTrail | None = None,
        **settings: Any,
    ) -> World:
        clock = FixedClock(NOW)
        shelf, log, numbers = Shelf(), io.StringIO(), io.StringIO()
        kept = cache or InMemoryCache(
            {"widget": Layer(ttl_seconds=60), "widgets": Layer(ttl_seconds=60)}, clock, sleep=lambda _: None
        )
        app = HttpApp(
            routes or widget_routes(),
            services=shelf,
            verifier=Tokens(),
            registry=InMemoryTenantRegistry(
                Tenant(id="aurora", name="Aurora", settings=settings),
                Tenant(id="borealis", name="Borealis", isolation="silo"),
                Tenant(id="closed", name="Closed", status="suspended"),
            ),
            permissions=PermissionTable.load(PERMISSIONS),
            cache=kept,
            metrics=Metrics(namespace="Test", service="widgets", stage="test", clock=clock, stream=numbers),
            logger=configure_logging("widgets", "test", stream=log),
            clock=clock,
            idempotency=Outcomes().of,
            audit=audit,
        )
        return World(app, shelf, kept, clock, log, numbers)

    return make


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    made.shelf.add("aurora", WIDGET_ID)
    return made
