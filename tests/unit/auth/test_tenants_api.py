"""/v1/tenants for administrators of the platform: onboarding, its refusals, suspension, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from auth_in_process import platform_admin, tenancy_service
from callers import Answer, Person
from fake_identity import FakeIdentity
from tenancy_world import World

from zebros_auth.bootstrap import Container
from zebros_auth.domain.operation import OperationKind
from zebros_core.clock import FixedClock
from zebros_core.tenancy.registry import Tenant

DRAFT = {
    "id": "northwind",
    "name": "Northwind Traders",
    "isolation": "pool",
    "settings": {"currency": "EUR", "timeZone": "Europe/Berlin", "indexShards": 2},
    "admin": {"email": "Ada@Northwind.example", "name": "Ada Lovelace", "language": "de"},
}
OTHER = {
    "id": "contoso",
    "name": "Contoso",
    "isolation": "bridge",
    "admin": {"email": "con@contoso.example", "name": "Con Toso"},
}


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """The service with the registry that is deployed, in its table."""
    with tenancy_service("tenancy") as made:
        yield made


@pytest.fixture(autouse=True)
def world(container: Container, identity: FakeIdentity) -> World:
    return World.around(container, identity)


@pytest.fixture
def platform(app: Any, clock: FixedClock) -> Person:
    """An administrator of the platform."""
    return platform_admin(app, clock)


@pytest.fixture
def served(platform: Person, world: World) -> Callable[..., dict[str, Any]]:
    """Onboard a tenant to the end: `served(OTHER)`."""

    def onboard(draft: dict[str, Any] = DRAFT) -> dict[str, Any]:
        assert platform.post("/v1/tenants", draft).status == 202
        world.run()
        tenant: dict[str, Any] = platform.get(f"/v1/tenants/{draft['id']}").body
        assert tenant["status"] == "active", tenant["operation"]
        return tenant

    return onboard


def person_of(platform: Person, identity: FakeIdentity, tenant: dict[str, Any]) -> Person:
    """The first administrator, as a caller."""
    found = identity.find_by_email(tenant["admin"]["email"])
    assert found
    return Person(platform.app, platform.clock, tenant["id"], user=found.id, team=None)


def faults(answer: Answer) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.body["errors"]}


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_a_tenant_is_onboarded_and_its_first_admin_gets_in(
    platform: Person, world: World, identity: FakeIdentity, model: str
) -> None:
    accepted = platform.post("/v1/tenants", DRAFT | {"isolation": model})
    assert (accepted.status, accepted.headers["location"]) == (202, "/v1/tenants/northwind")
    assert accepted.body["status"] == "onboarding"
    assert world.machines.started == [(OperationKind.ONBOARDING, "northwind", 1)]

    world.run()

    tenant = platform.get("/v1/tenants/northwind").body
    assert tenant["status"] == "active"
    assert [(step["name"], step["state"]) for step in tenant["operation"]["steps"]] == [
        (name, "done") for name in ("organization", "tables", "admin", "welcome", "activate")
    ]
    assert tenant["operation"]["state"] == "done"
    assert tenant["settings"]["requestsPerSecond"] == 200
    me = person_of(platform, identity, tenant).get("/v1/me")
    assert (me.status, me.body["email"], me.body["role"]) == (200, "ada@northwind.example", "tenant-admin")
    assert [mail.actions for mail in identity.mails] == [("UPDATE_PASSWORD", "VERIFY_EMAIL")]
    assert [(mail[0], mail[1], mail[2]) for mail in world.mails.sent] == [
        ("tenant.welcome", "ada@northwind.example", "de")
    ]
    assert [person.id for person in identity.people_of("northwind")] == [
        next(iter(identity.organizations["northwind"].members))
    ]


def test_nobody_of_a_tenant_is_served_before_onboarding_has_ended(platform: Person, world: World) -> None:
    platform.post("/v1/tenants", DRAFT)
    world.run(until="activate")
    ada = world.identity.find_by_email("ada@northwind.example")
    assert ada
    early = Person(platform.app, platform.clock, "northwind", user=ada.id).get("/v1/me")
    assert early.status == 403
    assert faults(early) == {"tenant_id": "tenant_onboarding"}


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("north-wind", "separator"),
        ("north_wind", "separator"),
        ("north#wind", "separator"),
        ("north wind", "separator"),
        ("north/wind", "separator"),
        ("north.wind", "separator"),
        ("northwind\n", "separator"),
        ("Northwind", "upper_case"),
        ("northwinD", "upper_case"),
        ("n\u043erthwind", "foreign_character"),
        ("ｎorthwind", "foreign_character"),
        ("north\u0131wind", "foreign_character"),
        ("north\u200bwind", "foreign_character"),
        ("no\u0301rthwind", "foreign_character"),
        ("1northwind", "first_character"),
        ("nor", "length"),
        ("n" * 25, "length"),
        ("n" * 65, "length"),
        ("platform", "reserved_id"),
        ("zebros", "reserved_id"),
        ("account", "reserved_id"),
    ],
)
def test_an_id_that_could_be_taken_for_another_is_refused(platform: Person, id: str, code: str) -> None:
    refused = platform.post("/v1/tenants", DRAFT | {"id": id})
    assert (refused.status, faults(refused)) == (422, {"/id": code})


def test_the_refusal_of_a_look_alike_says_which_character_it_is(platform: Person) -> None:
    refused = platform.post("/v1/tenants", DRAFT | {"id": "n\u043erthwind"})
    assert "CYRILLIC SMALL LETTER O" in refused.body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"isolation": "shared"}, "/isolation"),
        ({"tier": "gold"}, "/tier"),
        ({"admin": {"email": "no address", "name": "Ada"}}, "/admin/email"),
        ({"settings": {"indexShards": 9}}, "/settings/indexShards"),
        ({"settings": {"timeZone": "Berlin"}}, "/settings/timeZone"),
        ({"settings": {"colour": "blue"}}, "/settings/colour"),
        ({"status": "active"}, "/status"),
    ],
)
def test_what_is_wrong_with_a_new_tenant_is_named(
    platform: Person, change: dict[str, Any], field: str
) -> None:
    refused = platform.post("/v1/tenants", DRAFT | change)
    assert refused.status == 422
    assert field in faults(refused)


def test_a_taken_id_is_a_409_that_names_it(platform: Person, served: Callable[..., Any]) -> None:
    served()
    again = platform.post("/v1/tenants", DRAFT | {"admin": OTHER["admin"]})
    assert (again.status, faults(again)) == (409, {"/id": "taken"})
    assert again.body["records"] == [{"entity": "tenant", "id": "northwind", "match": "id"}]


def test_an_admins_address_that_somebody_else_has_is_a_409_that_names_it(
    platform: Person, served: Callable[..., Any], world: World
) -> None:
    served()
    taken = platform.post("/v1/tenants", OTHER | {"admin": DRAFT["admin"]})
    assert (taken.status, faults(taken)) == (409, {"/admin/email": "taken"})
    assert platform.get("/v1/tenants/contoso").status == 404
    assert len(world.machines.started) == 1


def test_the_same_request_again_gives_the_same_tenant_and_another_under_its_key_is_refused(
    platform: Person, world: World
) -> None:
    first = platform.post("/v1/tenants", DRAFT, idempotency_key="k1")
    second = platform.post("/v1/tenants", DRAFT, idempotency_key="k1")
    assert (first.status, second.status) == (202, 202)
    assert first.body == second.body
    assert len(world.machines.started) == 1
    other = platform.post("/v1/tenants", OTHER, idempotency_key="k1")
    assert (other.status, other.body["type"].rsplit("/", 1)[-1]) == (422, "idempotency-key-reused")
    changed = platform.post("/v1/tenants", DRAFT | {"name": "Another"}, idempotency_key="k1")
    assert changed.status == 422
    world.run()
    late = platform.post("/v1/tenants", DRAFT, idempotency_key="k1")
    assert (late.status, late.body["status"]) == (202, "active")
    assert len(world.machines.started) == 1
    assert [tenant["id"] for tenant in platform.get("/v1/tenants").body["items"]] == ["northwind"]


def test_the_same_request_again_starts_a_machine_that_could_not_be_started(
    platform: Person, world: World
) -> None:
    world.machines.out_of_reach = True
    assert platform.post("/v1/tenants", DRAFT, idempotency_key="k1").status == 503
    world.machines.out_of_reach = False
    assert platform.post("/v1/tenants", DRAFT, idempotency_key="k1").status == 202
    world.run()
    assert platform.get("/v1/tenants/northwind").body["status"] == "active"


ROUTES_OF_THE_PLATFORM = (
    ("GET", "/v1/tenants"),
    ("POST", "/v1/tenants"),
    ("GET", "/v1/tenants/northwind"),
    ("PATCH", "/v1/tenants/northwind"),
    ("POST", "/v1/tenants/northwind:suspend"),
    ("POST", "/v1/tenants/northwind:activate"),
    ("POST", "/v1/tenants/northwind:resume"),
    ("POST", "/v1/tenants/northwind:provision"),
    ("DELETE", "/v1/tenants/northwind"),
)


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (("tenant-admin",), "platform_only"),
        (("tenant-admin", "platform-admin"), "platform_role_in_tenant_token"),
    ],
)
def test_nobody_of_a_tenant_administers_tenants(
    platform: Person,
    served: Callable[..., Any],
    identity: FakeIdentity,
    roles: tuple[str, ...],
    code: str,
) -> None:
    before = served()
    ada = person_of(platform, identity, before)
    ada.roles = roles
    for method, path in ROUTES_OF_THE_PLATFORM:
        body = {"POST": DRAFT, "PATCH": {"name": "x"}}.get(method)
        refused = ada.call(method, path, body, headers={"If-Match": "*"})
        assert (refused.status, faults(refused)) == (403, {"roles": code}), path
    assert platform.get("/v1/tenants/northwind").body == before


def test_a_suspended_tenant_is_refused_with_the_reason_at_once_and_others_are_served(
    platform: Person, served: Callable[..., Any], identity: FakeIdentity
) -> None:
    ada, con = (person_of(platform, identity, served(draft)) for draft in (DRAFT, OTHER))
    assert (ada.get("/v1/me").status, con.get("/v1/me").status) == (200, 200)

    suspended = platform.post("/v1/tenants/northwind:suspend", {"reason": "Unpaid since March"})

    assert (suspended.body["status"], suspended.body["reason"]) == ("suspended", "Unpaid since March")
    refused = ada.get("/v1/me")
    assert (refused.status, faults(refused)) == (403, {"tenant_id": "tenant_suspended"})
    assert con.get("/v1/me").status == 200
    again = platform.post("/v1/tenants/northwind:suspend", {"reason": "Unpaid since March"})
    assert (again.status, again.body["version"]) == (200, suspended.body["version"])

    activated = platform.post("/v1/tenants/northwind:activate")
    assert (activated.body["status"], activated.body["reason"]) == ("active", None)
    assert ada.get("/v1/me").status == 200


def test_a_suspension_elsewhere_counts_here_within_30_seconds(
    platform: Person, served: Callable[..., Any], identity: FakeIdentity, container: Container
) -> None:
    ada = person_of(platform, identity, served())
    assert ada.get("/v1/me").status == 200
    tenants = container.tenancy.tenants
    current = tenants.get("northwind")
    tenants.save(current.model_copy(update={"status": "suspended"}), previous=current)  # by another container
    assert ada.get("/v1/me").status == 200
    platform.clock.advance(30)
    assert ada.get("/v1/me").status == 403


def test_settings_are_changed_and_what_is_fixed_is_not(platform: Person, served: Callable[..., Any]) -> None:
    tenant = served()
    etag = platform.get("/v1/tenants/northwind").headers["etag"]
    changed = platform.patch(
        "/v1/tenants/northwind",
        {"name": "Northwind", "settings": {"requestsPerSecond": 500}},
        if_match=etag,
    )
    assert (changed.status, changed.body["version"]) == (200, tenant["version"] + 1)
    assert changed.body["settings"] == tenant["settings"] | {"requestsPerSecond": 500}
    assert platform.patch("/v1/tenants/northwind", {"name": "Late"}, if_match=etag).status == 412
    shards = platform.patch("/v1/tenants/northwind", {"settings": {"indexShards": 3}})
    assert (shards.status, faults(shards)) == (422, {"/settings/indexShards": "immutable"})
    model = platform.patch("/v1/tenants/northwind", {"isolation": "silo"})
    assert (model.status, faults(model)) == (422, {"/isolation": "extra_forbidden"})
    admin = platform.patch("/v1/tenants/northwind", {"admin": OTHER["admin"]})
    assert admin.status == 409


def test_tenants_are_listed_page_by_page_with_filters(platform: Person, served: Callable[..., Any]) -> None:
    for number, model in enumerate(["pool", "bridge", "pool", "bridge", "pool"]):
        address = {"email": f"a{number}@x.example", "name": "A"}
        served(DRAFT | {"id": f"tenant{number}", "isolation": model, "admin": address})
    platform.post("/v1/tenants/tenant2:suspend", {"reason": "a test"})

    def all_of(**query: str) -> list[str]:
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = platform.get("/v1/tenants", limit=2, **query, **more)
            assert page.status == 200, page.text
            assert len(page.body["items"]) <= 2
            found += [tenant["id"] for tenant in page.body["items"]]
            if page.body["nextCursor"] is None:
                return found
            more = {"cursor": page.body["nextCursor"]}

    assert all_of() == ["tenant1", "tenant3", "tenant0", "tenant2", "tenant4"]
    assert all_of(isolation="pool") == ["tenant0", "tenant2", "tenant4"]
    assert all_of(status="suspended") == ["tenant2"]
    assert all_of(status="active", isolation="bridge") == ["tenant1", "tenant3"]
    cursor = platform.get("/v1/tenants", limit=2).body["nextCursor"]
    assert platform.get("/v1/tenants", limit=2, isolation="pool", cursor=cursor).status == 400


def test_what_administrators_of_the_platform_do_is_in_the_platforms_log(
    platform: Person, served: Callable[..., Any], container: Container
) -> None:
    trail: Any = container.audit_trail
    trail.events.clear()
    served()
    platform.post("/v1/tenants/northwind:suspend", {"reason": "Unpaid since March"})
    platform.post("/v1/tenants/northwind:activate")
    platform.patch("/v1/tenants/northwind", {"name": "Northwind"})
    platform.delete("/v1/tenants/northwind", if_match="*")
    assert [(event.action, event.tenant_id, event.actor) for event in trail.events] == [
        (f"tenant.{what}", "platform", "ops-1")
        for what in ("onboarding-started", "suspended", "activated", "changed", "offboarding-started")
    ]
    assert {event.details["tenant"] for event in trail.events} == {"northwind"}


def test_a_tenant_registered_by_other_means_is_shown_and_changed_and_keeps_what_is_not_known_here(
    platform: Person, container: Container
) -> None:
    registry = container.registry
    settings = {"requestsPerSecond": 5, "syncStrategy": {"customer": "serverWins"}}
    registry.put(Tenant("borealis", "Borealis", "silo", settings=settings))
    (listed,) = platform.get("/v1/tenants").body["items"]
    assert (listed["id"], listed["operation"], listed["settings"]["requestsPerSecond"]) == (
        "borealis",
        None,
        5,
    )
    assert platform.patch("/v1/tenants/borealis", {"settings": {"requestsPerSecond": 6}}).status == 200
    assert registry.get("borealis").settings["requestsPerSecond"] == 6
    assert registry.get("borealis").settings["syncStrategy"] == {"customer": "serverWins"}
    assert platform.post("/v1/tenants/borealis:resume").status == 409


def test_how_devices_edits_are_settled_is_a_setting_by_entity(
    platform: Person, served: Callable[..., Any], container: Container
) -> None:
    served()
    path = "/v1/tenants/northwind"

    def kept() -> Any:
        return container.registry.get("northwind").settings["syncStrategies"]

    assert platform.get(path).body["settings"]["syncStrategies"] == {}
    wish = {"settings": {"syncStrategies": {"default": "serverWins", "opportunity": "manual"}}}
    changed = platform.patch(path, wish)
    assert (changed.status, changed.body["settings"]["syncStrategies"]) == (
        200,
        wish["settings"]["syncStrategies"],
    )
    assert kept() == wish["settings"]["syncStrategies"]
    one = {"settings": {"syncStrategies": {"lead": "lastWriterWins", "default": None}}}
    assert platform.patch(path, one).status == 200
    assert kept() == {"opportunity": "manual", "lead": "lastWriterWins"}
    for wrong in (
        {"customer": "theirs"},
        {"user": "manual"},
        {"customer": {"manual": True}},
        ["manual"],
        "manual",
        {"CUSTOMER": "manual"},
    ):
        refused = platform.patch(path, {"settings": {"syncStrategies": wrong}})
        assert refused.status == 422, refused.text
        assert next(iter(faults(refused))).startswith("/settings/syncStrategies")
    assert kept() == {"opportunity": "manual", "lead": "lastWriterWins"}
    assert platform.patch(path, {"settings": {"syncStrategies": None}}).status == 200
    assert kept() == {}


def test_limits_that_an_operator_set_by_hand_are_shown_and_may_not_be_asked_for(
    platform: Person, container: Container
) -> None:
    by_hand = Tenant(id="wholesale", name="Wholesale", settings={"requestsPerSecond": 100_000})
    container.registry.put(by_hand)
    assert [tenant["id"] for tenant in platform.get("/v1/tenants").body["items"]] == ["wholesale"]
    shown = platform.get("/v1/tenants/wholesale").body
    assert shown["settings"]["requestsPerSecond"] == 100_000
    refused = platform.patch("/v1/tenants/wholesale", {"settings": {"requestsPerSecond": 90_000}})
    assert refused.status == 422
