"""The table of calls in architecture/data.md, measured: they are counted at the client, in each isolation model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[3] / "architecture/data.md"
_NUMBERS = count(1)
_SHORT = {"TransactWriteItems": "Transaction", "PutItem": "Put", "BatchGetItem": "BatchGet", "GetItem": "Get"}


class Meter:
    """Counts the DynamoDB calls of a block."""

    def __init__(self, client: Any) -> None:
        self._events = client.meta.events

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        calls: list[str] = []

        def note(model: Any, **_: Any) -> None:
            calls.append(_SHORT.get(model.name, model.name))

        self._events.register("before-call.dynamodb", note)
        try:
            yield calls
        finally:
            self._events.unregister("before-call.dynamodb", note)


def _name() -> str:
    return f"Company number{next(_NUMBERS)}"


def _customer(admin: Any, **values: Any) -> str:
    return admin.post("/v1/customers", {"companyName": _name(), **values}).body["customerId"]


def _contact(admin: Any, **values: Any) -> str:
    return admin.post("/v1/contacts", {"lastName": _name(), **values}).body["contactId"]


def _fresh(container: Any) -> None:
    """Forget what the cache holds, so that the next read is a miss."""
    container.clock.advance(seconds=1000)


def _operations() -> dict[str, Callable[[Any, Any], Callable[[], Any]]]:
    """Operation as the document names it -> prepares a world and returns the request to measure."""

    def read_customer(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        _fresh(container)
        return lambda: admin.get(f"/v1/customers/{id}")

    def read_customer_hit(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        return lambda: admin.get(f"/v1/customers/{id}")

    def read_contact(admin: Any, container: Any) -> Callable[[], Any]:
        id = _contact(admin)
        return lambda: admin.get(f"/v1/contacts/{id}")

    def by_external_id(admin: Any, container: Any) -> Callable[[], Any]:
        _customer(admin, externalId="x-1")
        return lambda: admin.get("/v1/customers/by-external-id/x-1")

    def change(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        return lambda: admin.patch(f"/v1/customers/{id}", {"industry": "retail"})

    def rename(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        return lambda: admin.patch(f"/v1/customers/{id}", {"companyName": _name()})

    def delete(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        return lambda: admin.delete(f"/v1/customers/{id}")

    def listed(**query: Any) -> Callable[[Any, Any], Callable[[], Any]]:
        def prepare(admin: Any, container: Any) -> Callable[[], Any]:
            _customer(admin, industry="retail", tier="gold")
            return lambda: admin.get("/v1/customers", **query)

        return prepare

    def contacts_of(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        _contact(admin, customerId=id)
        return lambda: admin.get(f"/v1/customers/{id}/contacts")

    def move(admin: Any, container: Any) -> Callable[[], Any]:
        first, second = _customer(admin), _customer(admin)
        contact = _contact(admin, customerId=first)
        return lambda: admin.patch(f"/v1/contacts/{contact}", {"customerId": second})

    def history(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin)
        return lambda: admin.get(f"/v1/customers/{id}/history")

    def search(admin: Any, container: Any) -> Callable[[], Any]:
        id = _customer(admin, companyName="Zephyr Holding")
        container.system_workspace(admin.tenant, "search").names.put(id, 1, ["zephyr", "holding"])
        return lambda: admin.get("/v1/customers/search", name="zeph")

    def merge(admin: Any, container: Any) -> Callable[[], Any]:
        winner, loser = _customer(admin), _customer(admin)
        return lambda: admin.post(f"/v1/customers/{winner}/merge", {"loserId": loser})

    return {
        "read a customer": read_customer,
        "read a customer, cached": read_customer_hit,
        "read a contact": read_contact,
        "read by external id": by_external_id,
        "create a customer": lambda admin, _: lambda: admin.post("/v1/customers", {"companyName": _name()}),
        "change a customer": change,
        "rename a customer": rename,
        "delete a customer": delete,
        "list customers": listed(),
        "list customers, one filter": listed(industry="retail"),
        "list customers, two filters": listed(industry="retail", tier="gold"),
        "search, one page": search,
        "contacts of a customer": contacts_of,
        "create a contact": lambda admin, _: lambda: admin.post("/v1/contacts", {"lastName": _name()}),
        "move a contact": move,
        "history of a customer": history,
        "merge, no children": merge,
    }


def _stated() -> dict[str, tuple[str, str]]:
    """The document's table: operation -> calls in pool, calls in bridge and silo."""
    section = DOCUMENT.read_text(encoding="utf-8").split("### Calls per operation", 1)[1].split("\n#", 1)[0]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \| ([^|]+?) \|", section, re.MULTILINE)
    return {name: (pool, other) for name, pool, other in rows if name != "operation" and "---" not in name}


def _text(calls: list[str]) -> str:
    """Calls as the document writes them: "Query, 2 Get, Transaction"; "none" for none."""
    runs: list[list[Any]] = []
    for call in calls:
        if runs and runs[-1][1] == call:
            runs[-1][0] += 1
        else:
            runs.append([1, call])
    return ", ".join(call if times == 1 else f"{times} {call}" for times, call in runs) or "none"


@pytest.mark.parametrize("model", ["pool", "bridge", "silo"])
def test_operations_make_the_calls_that_the_document_states(
    model: str, person: Callable[..., Any], tenant: Callable[..., str], container: Any
) -> None:
    stated = _stated()
    measured: dict[str, str] = {}
    for name, prepare in _operations().items():
        request = prepare(person(tenant(model)), container)
        with Meter(container.dynamodb).counting() as calls:
            answer = request()
        assert answer.status < 300, (name, answer.text)
        measured[name] = _text(calls)
    column = 0 if model == "pool" else 1
    assert measured == {name: calls[column] for name, calls in stated.items()}
