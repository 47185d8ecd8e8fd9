"""What one demo company has in its pipeline at first: entered once, by its people, in an order in which it can be."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from zebros_local.demo_sales import SALES, ensure_demo_sales
from zebros_local.errors import DeployFailedError
from zebros_local.identity import Realm
from zebros_local.state import StackState

FILE = json.loads(SALES.read_text(encoding="utf-8"))
ID_FIELDS = {
    "products": "productId",
    "customers": "customerId",
    "contacts": "contactId",
    "leads": "leadId",
    "opportunities": "opportunityId",
    "activities": "activityId",
}


class Api(ThreadingHTTPServer):
    """Takes what is entered and gives ids; and gives tokens, which name their person."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.entered: list[tuple[str, str, str, dict[str, Any]]] = []
        self.refuse = ""

    @property
    def state(self) -> StackState:
        port = int(self.server_address[1])
        return StackState(emulator_port=port, cache_port=0, identity_port=port)


class _Answers(BaseHTTPRequestHandler):
    server: Api

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        key = self.path.rsplit("/", 1)[1]
        known = any(key == entered for _, _, entered, _ in self.server.entered)
        self._answer(200 if known else 404, {})

    def do_PUT(self) -> None:
        self._enter(self.path.rsplit("/", 1)[1])

    def do_POST(self) -> None:
        if self.path == "/local/token":
            self._answer(200, {"access_token": self._body()["sub"]})
        else:
            self._enter(self.headers["Idempotency-Key"])

    def _enter(self, key: str) -> None:
        if key == self.server.refuse:
            self._answer(422, {"detail": "no such stage"})
            return
        collection = self.path.split("/v1/")[1].split("/")[0]
        person = self.headers["Authorization"].removeprefix("Bearer ")
        self.server.entered.append((collection, person, key, self._body()))
        self._answer(201, {ID_FIELDS[collection]: f"id-of-{key}"})

    def _body(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_everything_is_entered_once_by_people_of_the_one_company(api: Api) -> None:
    assert ensure_demo_sales(api.state) == len(FILE["records"])
    assert [key for _, _, key, _ in api.entered] == [record["key"] for record in FILE["records"]]
    people = {person.id for person in Realm.load().people if person.tenant == FILE["tenant"]}
    assert {person for _, person, _, _ in api.entered} <= people
    assert ensure_demo_sales(api.state) == 0
    assert len(api.entered) == len(FILE["records"])


def test_records_name_those_entered_before_and_days_around_today(api: Api) -> None:
    ensure_demo_sales(api.state)
    bodies = {key: body for _, _, key, body in api.entered}
    deal, call = bodies["demo-deal-1"], bodies["demo-call-1"]
    assert (deal["customerId"], deal["contactId"]) == ("id-of-demo-harbour", "id-of-demo-astrid")
    assert deal["lines"] == [{"productId": "id-of-demo-gauge", "quantity": 12}]
    closing = datetime.fromisoformat(deal["expectedCloseDate"]).date() - datetime.now(UTC).date()
    assert closing in (timedelta(days=19), timedelta(days=20)), "a day may have passed meanwhile"
    assert (call["relatedType"], call["relatedId"]) == ("opportunity", "id-of-demo-deal-1")
    assert datetime.fromisoformat(call["scheduledAt"]).tzinfo is not None


def test_a_refusal_is_told_and_what_was_cut_off_is_entered_from_its_beginning(api: Api) -> None:
    api.refuse = "demo-deal-3"
    with pytest.raises(DeployFailedError, match=r"demo-deal-3.*422.*no such stage"):
        ensure_demo_sales(api.state)
    api.refuse = ""
    assert ensure_demo_sales(api.state) == len(FILE["records"])
