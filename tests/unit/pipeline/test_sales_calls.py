"""What reads and writes of deals cost: calls to the database, the same whatever a tenant holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from callers import Person
from pipeline_in_process import SalesWorld

from zebros_pipeline.bootstrap import Container

PATH = "/v1/opportunities"
Counting = Callable[[], Any]


@pytest.fixture
def counting(container: Container) -> Counting:
    """`with counting() as calls`: the calls to the database within."""
    events = container.dynamodb.meta.events

    @contextmanager
    def block() -> Iterator[list[str]]:
        made: list[str] = []

        def note(model: Any, **_: Any) -> None:
            made.append(model.name)

        events.register("before-call.dynamodb", note)
        try:
            yield made
        finally:
            events.unregister("before-call.dynamodb", note)

    return block


def fill(admin: Person, customer: str, many: int) -> None:
    wishes: list[dict[str, Any]] = []
    for number in range(many):
        close = {"stage": "won", "closeDate": f"2025-{1 + number % 12:02d}-10"} if number % 3 == 0 else {}
        date = {"expectedCloseDate": f"2025-{1 + number % 12:02d}-20"}
        wishes.append({"title": f"Deal {number}", "customerId": customer, **date, **close})
    for start in range(0, len(wishes), 100):
        operations = [{"operation": "create", "data": data} for data in wishes[start : start + 100]]
        answer = admin.post(f"{PATH}:batch", {"operations": operations})
        assert {outcome["outcome"] for outcome in answer.body["outcomes"]} == {"created"}


LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "all, newest first": (PATH, {}),
    "of an owner": (PATH, {"owner": "user-1"}),
    "of a team": (PATH, {"team": "north"}),
    "of a stage by expected close date": (PATH, {"stage": "prospecting"}),
    "closed": (f"{PATH}/closed", {}),
    "closed in a year": (f"{PATH}/closed", {"from": "2025-01-01", "to": "2025-12-31"}),
    "overdue": (f"{PATH}/at-risk", {}),
    "idle": (f"{PATH}/at-risk", {"reason": "idle", "idleDays": 1}),
}


def test_every_list_is_one_query_whatever_the_tenant_holds(
    admin: Person, of_customers: Callable[[Person], Person], counting: Counting
) -> None:
    customer = of_customers(admin).post("/v1/customers", {"companyName": "Tidewater"}).body["customerId"]
    lists = {**LISTS, "of a customer": (PATH, {"customer": customer})}
    for more in (12, 48):
        fill(admin, customer, more)
        admin.clock.advance(days=3)
        for name, (path, query) in lists.items():
            with counting() as calls:
                page = admin.get(path, limit=3, **query)
            assert page.status == 200 and len(page.body["items"]) == 3, name
            assert calls == ["Query"], name


def test_an_opportunity_by_id_is_one_query_with_lines_one_read_more_and_cached_nothing(
    admin: Person, counting: Counting
) -> None:
    product = admin.post("/v1/products", {"name": "GTX", "unitPrice": 5}).body["productId"]
    plain = admin.post(PATH, {"title": "x"}).headers["location"]
    lined = admin.post(PATH, {"title": "x", "lines": [{"productId": product}]}).headers["location"]
    with counting() as calls:
        admin.get(plain), admin.get(lined)
    assert calls == [], "the request that wrote has filled the cache"
    admin.clock.advance(seconds=1000)
    with counting() as calls:
        admin.get(plain)
    assert calls == ["Query"]
    with counting() as calls:
        admin.get(lined)
    assert calls == ["Query", "GetItem"]


def test_writes_are_one_transaction_and_the_reads_that_their_rules_need(
    admin: Person, counting: Counting
) -> None:
    with counting() as calls:
        path = admin.post(PATH, {"title": "x"}).headers["location"]
    assert calls == ["GetItem", "GetItem", "TransactWriteItems"], "stages, currencies; record and stage entry"
    with counting() as calls:
        admin.post(f"{path}/move", {"stage": "won"})
    assert calls == ["Query", "GetItem", "TransactWriteItems"], "the record, the stages"
    with counting() as calls:
        admin.patch(path, {"title": "y"})
    assert calls == ["Query", "PutItem"]
    with counting() as calls:
        admin.get(f"{path}/stages")
    assert calls == ["Query", "Query"]


def test_a_conversion_is_two_transactions_and_one_call_of_the_customers_service(
    admin: Person, counting: Counting, world: SalesWorld
) -> None:
    path = admin.post("/v1/leads", {"lastName": "Li"}).headers["location"]
    pipeline: list[str] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        if "pipeline" in str(params["body"]) or "leads" in str(params["body"]):
            pipeline.append(model.name)

    events = world.pipeline.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    try:
        assert admin.post(f"{path}/convert", {"opportunity": {}}).status == 200
    finally:
        events.unregister("before-call.dynamodb", note)
    assert pipeline.count("TransactWriteItems") == 2
    assert len(pipeline) <= 9, pipeline
    assert [(service, call["verb"]) for service, call in world.doors.calls] == [("customers", "apply")]
