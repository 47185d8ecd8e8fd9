"""Short sessions of devices with the real service in this process, as the author of a client replays them.

`.venv/bin/python tests/sync_transcripts.py` writes `services/sync/contracts/conformance/transcripts.json`; a test
compares. What is another one each time (cursors, the node of a logical clock) is replaced by something readable, the
same wherever it comes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from callers import Answer, Person, empty_tables
from sync_in_process import SyncWorld, sync_world
from table_changes import TableChanges

from zebros_core.clock import FixedClock
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.tenancy.registry import Tenant
from zebros_customers.handlers.routes import ROUTES as CUSTOMERS_ROUTES
from zebros_customers.repositories.keys import SCHEMAS as CUSTOMERS
from zebros_sync.domain.log import State
from zebros_sync.handlers.events import append
from zebros_sync.handlers.routes import ROUTES
from zebros_sync.repositories.keys import LOG_TABLE
from zebros_sync.use_cases.append_changes import append_states

FOLDER: Final = Path(__file__).parents[1] / "services/sync/contracts/conformance"
FILE: Final = FOLDER / "transcripts.json"
TENANT: Final = "aurora"
BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
ACME: Final = "01JZ8Q5R7N3V4T6W8Y0A2C4E01"
BRIGHT: Final = "01JZ8Q5R7N3V4T6W8Y0A2C4E02"
CONTACT: Final = "01JZ8Q5R7N3V4T6W8Y0A2C4E03"
_WIDTH: Final = 120
_NODE_LENGTH: Final = 6


@dataclass
class Session:
    """One tenant's session, from its beginning; what is asked and answered is written down."""

    world: SyncWorld
    clock: FixedClock
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    cursors: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self._app: Any = self.world.sync.http_app(ROUTES)
        self._owner_app: Any = self.world.customers.http_app(CUSTOMERS_ROUTES)
        self._changes = TableChanges(self.world.customers, CUSTOMERS)

    def device(self, user: str = "ada", **facts: Any) -> Person:
        return Person(self._app, self.clock, TENANT, user=user, **facts)

    @property
    def web(self) -> Person:
        return Person(self._owner_app, self.clock, TENANT, user="bo")

    def ask(
        self,
        who: Person,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask, and write it down."""
        answer = who.call(method, path, body, query=query, headers=headers)
        request: dict[str, Any] = {"by": who.user, "method": method, "path": path}
        if who.team != "north" or who.roles != ("tenant-admin",):
            request |= {"roles": list(who.roles), "team": who.team}
        if query:
            request["query"] = dict(query)
        if headers:
            request["headers"] = dict(headers)
        if body is not None:
            request["body"] = body
        told: dict[str, Any] = {"status": answer.status}
        if "etag" in answer.headers:
            told["headers"] = {"etag": answer.headers["etag"]}
        if answer.text:
            told["body"] = answer.body
        self.steps.append(self._readable({"request": request, "answer": told}))
        return answer

    def pull(self, who: Person, cursor: str | None, **asked: Any) -> Any:
        """Pull one page, and write it down."""
        return self.ask(who, "POST", "/v1/sync/pull", {"cursor": cursor, **asked}).body

    def pull_all(self, who: Person, cursor: str | None, **asked: Any) -> str:
        """Pull until there is no more; the last cursor."""
        while True:
            page = self.pull(who, cursor, **asked)
            cursor = page["cursor"]
            if not page["more"]:
                assert cursor is not None
                return cursor

    def push(self, who: Person, *mutations: dict[str, Any]) -> Any:
        """Push as the client `phone`, and write it down."""
        body = {"clientId": "phone", "sentAt": self.now(), "mutations": list(mutations)}
        return self.ask(who, "POST", "/v1/sync/push", body).body

    def mutation(
        self, id: str, entity: str, record: str, operation: str, base: int | None, changes: dict[str, Any]
    ) -> dict[str, Any]:
        """Return a mutation that is made at this moment."""
        return {
            "mutationId": id,
            "entity": entity,
            "id": record,
            "operation": operation,
            "baseVersion": base,
            "changes": changes,
            "changedAt": self.now(),
        }

    def now(self) -> str:
        return self.clock.now().isoformat().replace("+00:00", "Z")

    def meanwhile(self, what: str, seconds: float = 60) -> None:
        """Write down what is not a request of a device; the clock goes on."""
        self.clock.advance(seconds)
        self.steps.append({"meanwhile": what})

    def follow(self) -> None:
        """Let the log follow what was written."""
        found = [change for change in self._changes.take() if change.entity in ("customer", "contact")]
        append(self.world.sync, found)

    def forget_log(self) -> None:
        """Forget the segments, as their time to live does."""
        store = self.world.sync.system_access(TENANT, "transcript")[1]
        log = self.world.sync.system_workspace(TENANT, "transcript").log
        rows = LookupTable(store, LOG_TABLE)
        for segment in log.segments(1, most=100):
            rows.delete(("log", str(segment.bucket)), f"{segment.first:012d}")

    def _readable(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {each: self._readable(member, each) for each, member in value.items()}
        if isinstance(value, list):
            return [self._readable(member) for member in value]
        if name == "cursor" and isinstance(value, str):
            return self.cursors.setdefault(value, f"cursor-{len(self.cursors) + 1}")
        if name == "hlc":
            return f"{value[:-_NODE_LENGTH]}a1b2c3"
        return value


def _first_sync(session: Session) -> None:
    phone = session.device()
    session.ask(phone, "GET", "/v1/sync/status")
    session.push(
        phone,
        session.mutation(
            "m-1", "customer", ACME, "create", None, {"companyName": "Acme", "industry": "retail"}
        ),
        session.mutation(
            "m-2", "contact", CONTACT, "create", None, {"customerId": ACME, "lastName": "Moreau"}
        ),
    )
    session.follow()
    session.meanwhile("The log has followed; the same person signs in on a tablet.")
    known = {"customer": 1, "contact": 1}
    cursor = None
    while True:
        page = session.pull(phone, cursor, entities=known, maxBytes=1)
        cursor = page["cursor"]
        if not page["more"]:
            break
    head = session.ask(phone, "GET", "/v1/sync/head")
    tag = {"if-none-match": head.headers["etag"]}
    session.ask(phone, "GET", "/v1/sync/head", headers=tag)
    session.web.patch(f"/v1/customers/{ACME}", {"tier": "enterprise"}, if_match='"1"')
    session.follow()
    session.meanwhile("Somebody in the web application sets the tier of the customer.")
    session.ask(phone, "GET", "/v1/sync/head", headers=tag)
    cursor = session.pull_all(phone, cursor, entities=known)
    session.web.delete(f"/v1/customers/{ACME}", if_match='"2"')
    session.follow()
    session.meanwhile("Somebody deletes the customer; its contact goes later.")
    session.pull(phone, cursor, entities=known)


def _edits_that_meet(session: Session) -> None:
    phone = session.device()
    create = session.mutation(
        "m-1",
        "customer",
        ACME,
        "create",
        None,
        {"companyName": "Acme", "industry": "retail", "tags": ["fair"]},
    )
    session.push(phone, create)
    session.follow()
    cursor = session.pull_all(phone, None, entities={"customer": 1})
    session.meanwhile("The phone's network is gone; its user edits the customer.")
    mine = session.mutation(
        "m-2", "customer", ACME, "update", 1, {"industry": "medical", "tags": {"add": ["visited"]}}
    )
    changes = {"companyName": "Acme Ltd", "industry": "finance"}
    session.clock.advance(60)
    session.web.patch(f"/v1/customers/{ACME}", changes, if_match='"1"')
    session.follow()
    session.meanwhile("A minute later somebody in the web application changes name and industry.")
    session.push(phone, mine)
    session.meanwhile("The answer is lost; the phone sends the same again and is told the same.")
    session.push(phone, mine)
    session.follow()
    session.pull(phone, cursor, entities={"customer": 1})
    session.ask(phone, "GET", "/v1/sync/conflicts", query={"state": "settled"})


def _a_decision(session: Session) -> None:
    phone = session.device()
    session.push(phone, session.mutation("m-1", "customer", ACME, "create", None, {"companyName": "Acme"}))
    session.web.patch(f"/v1/customers/{ACME}", {"companyName": "Acme Ltd"}, if_match='"1"')
    session.meanwhile("The tenant decides conflicts of customers by hand; somebody has changed the name.")
    pushed = session.push(
        phone,
        session.mutation(
            "m-2", "customer", ACME, "update", 1, {"companyName": "Acme Inc", "industry": "retail"}
        ),
    )
    where = f"/v1/sync/conflicts/{pushed['outcomes'][0]['conflictId']}"
    session.ask(phone, "GET", where)
    session.ask(phone, "POST", f"{where}:resolve", {"fields": {"industry": "device"}})
    session.ask(phone, "POST", f"{where}:resolve", {"fields": {"companyName": "device"}})
    session.ask(phone, "POST", f"{where}:resolve", {"fields": {"companyName": "server"}})


def _refusals(session: Session) -> None:
    phone = session.device()
    create = session.mutation("m-1", "customer", ACME, "create", None, {"companyName": "Acme"})
    session.push(
        phone,
        create,
        session.mutation("m-2", "customer", ACME, "update", 1, {"nosuch": 1}),
        session.mutation("m-3", "customer", ACME, "update", None, {"industry": "retail"}),
        session.mutation(
            "m-4", "contact", CONTACT, "create", None, {"customerId": BRIGHT, "lastName": "Nobody"}
        ),
        session.mutation("m-5", "user", BRIGHT, "update", 1, {"name": "Ada"}),
        session.mutation("m-6", "customer", ACME, "update", 1, {"industry": "retail"}),
    )
    session.push(phone, {**create, "changes": {"companyName": "Another"}})
    session.push(phone, {**create, "baseVersion": 0})
    session.pull(phone, "AAAA")


def _starting_anew(session: Session) -> None:
    rep = session.device("rosa", roles=("sales-rep",))
    known = {"customer": 1}
    north = {"companyName": "North", "ownerId": "rosa", "teamId": "north"}
    session.web.post("/v1/customers", north, idempotency_key="north")
    session.follow()
    cursor = session.pull_all(rep, None, entities=known)
    session.meanwhile("The client is updated, and knows contacts.")
    known["contact"] = 1
    session.pull(rep, cursor, entities=known)
    cursor = session.pull_all(rep, None, entities=known)
    moved = session.device("rosa", roles=("sales-rep",), team="south")
    session.meanwhile("Rosa moves to another team.")
    session.pull(moved, cursor, entities=known)
    cursor = session.pull_all(moved, None, entities=known)
    south = {"companyName": "South", "ownerId": "rosa", "teamId": "south"}
    session.web.post("/v1/customers", south, idempotency_key="south")
    session.follow()
    session.forget_log()
    session.meanwhile("There is a change, and a hundred days later the log has forgotten it.")
    session.pull(moved, cursor, entities=known)
    log = session.world.sync.system_workspace(TENANT, "transcript").log
    append_states(log, [State("user", "rosa", 3, False, None, None, '{"status":"deactivated"}')])
    session.meanwhile("Rosa is deactivated.")
    session.pull(moved, None, entities=known)


_SESSIONS: Final[tuple[tuple[str, str, Callable[[Session], None], Mapping[str, Any]], ...]] = (
    (
        "first sync, changes, and a removal",
        "What was made offline is sent, a full sync comes in small pages, then a delta; the head is asked by its tag.",
        _first_sync,
        {},
    ),
    (
        "edits that meet, and an answer that is lost",
        "Of one field the later edit stays, tags of both sides are there; the push that comes again changes nothing.",
        _edits_that_meet,
        {},
    ),
    (
        "a conflict that waits for a decision",
        "The strategy is manual: what did not conflict is written, the rest waits.",
        _a_decision,
        {"syncStrategies": {"customer": "manual"}},
    ),
    (
        "refusals",
        "One mutation that is refused stops no other; an id is for one mutation; a malformed push does nothing.",
        _refusals,
        {},
    ),
    (
        "starting anew, and a wipe",
        "An entity that the client learns, another team, a log that was trimmed; and somebody who is deactivated.",
        _starting_anew,
        {},
    ),
)


def transcripts() -> dict[str, Any]:
    """Carry out every session, and return the file's content."""
    cases: list[dict[str, Any]] = []
    for name, about, play, settings in _SESSIONS:
        clock = FixedClock(BEGIN)
        with sync_world("test", clock) as world:
            world.register(Tenant(id=TENANT, name="Aurora", isolation="pool", settings=dict(settings)))
            session = Session(world, clock)
            play(session)
            cases.append({"name": name, "why": about, "settings": dict(settings), "steps": session.steps})
            empty_tables()
    return {"$schema": "schema.json", "format": 1, "kind": "transcript", "cases": cases}


def readable(value: Any, indent: int = 0) -> str:
    """Return JSON for people: what fits in a line is on one."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [
            f"{pad}{json.dumps(name)}: {readable(member, indent + 2).lstrip()}"
            for name, member in value.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    parts = [pad + readable(member, indent + 2) for member in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * indent + "]"


if __name__ == "__main__":
    FILE.write_text(readable(transcripts()) + "\n", encoding="utf-8")
