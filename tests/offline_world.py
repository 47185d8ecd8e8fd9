"""A server of sync in memory, as devices meet it: the rules of the service over the in-memory owners and log."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync_in_memory import InMemoryDevices, InMemoryLog, InMemoryOwners

from zebros.errors import ForbiddenError, Problem, TransportError
from zebros_core.auth.permissions import Visibility
from zebros_core.tenancy import TenantContext
from zebros_sync.domain.conflict import Strategy
from zebros_sync.domain.cursor import cursor_of
from zebros_sync.domain.push import Mutation
from zebros_sync.domain.sight import Sight
from zebros_sync.use_cases.append_changes import append_changes
from zebros_sync.use_cases.pull_changes import pull_changes
from zebros_sync.use_cases.push_mutations import PushDesk, push_mutations


@dataclass
class Server:
    """One tenant's server. `before` and `after` of each request may raise what a test wants to go wrong."""

    owners: InMemoryOwners = field(default_factory=InMemoryOwners)
    log: InMemoryLog = field(default_factory=InMemoryLog)
    memory: InMemoryDevices = field(default_factory=InMemoryDevices)
    strategy: Strategy = Strategy.FIELD_MERGE
    published: int = 0

    def deliver(self) -> None:
        append_changes(self.log, self.owners.published[self.published :])
        self.published = len(self.owners.published)


@dataclass
class DeviceApi:
    """The API as one user's device reaches it; `most_bytes` makes pages small."""

    server: Server
    user: str = "ada"
    team: str | None = "north"
    visibility: Visibility = Visibility.ALL
    most_bytes: int = 400
    deactivated: bool = False
    online: bool = True
    before: Callable[[str], None] = lambda what: None
    after: Callable[[str], None] = lambda what: None
    asked: list[str] = field(default_factory=list[str])

    def _request(self, what: str) -> None:
        if not self.online:
            raise TransportError("no network", outcome_unknown=False)
        self.asked.append(what)
        self.before(what)
        if self.deactivated:
            raise ForbiddenError(Problem(403, "user-deactivated", "This account was deactivated"))

    def pull(self, cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        self._request("pull")
        context = TenantContext("aurora", self.user, team_id=self.team)
        sight = Sight(context, {"customer": self.visibility})
        position = None if cursor is None else cursor_of(json.loads(cursor))
        page = pull_changes(self.server.log, sight, position, schema=1, most_bytes=self.most_bytes)
        changes = [
            {
                "entity": state.entity,
                "id": state.id,
                "version": state.version,
                "operation": "upsert",
                "record": state.record(),
            }
            for state in page.records
        ]
        changes += [
            {"entity": key[0], "id": key[1], "version": version, "operation": "remove", "record": None}
            for key, version in page.removed
        ]
        answer = {
            "changes": changes,
            "cursor": None if page.cursor is None else json.dumps(page.cursor.to_json()),
            "more": page.more,
            "phase": "full" if page.is_full else "delta",
            "progress": {"done": page.done, "total": page.total} if page.is_full else None,
            "resetRequired": page.reset.value if page.reset is not None else None,
            "tooOldFor": {},
        }
        self.after("pull")
        return answer

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        self._request("push")
        owners = self.server.owners
        owners.clock.advance(milliseconds=1)
        owners.actor = self.user
        strategies = {"customer": self.server.strategy}
        desk = PushDesk("aurora", self.user, self.server.memory, owners, strategies)
        wishes = [
            Mutation(
                each["mutationId"],
                each["entity"],
                each["id"],
                each["operation"],
                each["baseVersion"],
                each["changes"],
                datetime.fromisoformat(each["changedAt"]),
                each["base"],
            )
            for each in mutations
        ]
        outcomes = push_mutations(desk, client_id, wishes, sent_at=sent_at, received_at=owners.clock.now())
        self.after("push")
        return [
            {
                "mutationId": outcome.mutation_id,
                "outcome": outcome.kind.value,
                "id": outcome.id,
                "version": outcome.version,
                "lost": list(outcome.lost),
                "conflictId": outcome.conflict_id,
                "problem": outcome.problem,
            }
            for outcome in outcomes
        ]

    def head(self, known: int | None = None) -> int | None:
        self._request("head")
        sequence = self.server.log.head().sequence
        return None if sequence == known else sequence
