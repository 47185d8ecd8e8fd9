"""What a device sends and what becomes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from zebros_core.http.problems import is_passing
from zebros_sync.domain.log import Key

__all__ = ["MAX_MUTATIONS", "KeptOutcome", "Mutation", "OutcomeKind", "PushOutcome", "corrected"]

MAX_MUTATIONS: Final = 200
"""Of one push: a gateway's thirty seconds are enough for so many."""


class OutcomeKind(StrEnum):
    """What became of a mutation.

    - `applied`: the record is as the device wants it.
    - `merged`: applied beside or over what others wrote meanwhile; what lost, if anything, is in a conflict.
    - `conflict`: somebody has to decide; what did not conflict is applied.
    - `rejected`: nothing is applied; the problem says why. It is tried anew when it is sent again.
    """

    APPLIED = "applied"
    MERGED = "merged"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One wish of a device about one record.

    `base_version` is the version that its user saw, never rebased. `changes` is a merge patch of what the user changed;
    `tags` in it may say `{"add": […], "remove": […]}`. `base` may give values as the user saw them: what the server has
    unchanged since then cannot conflict. `changed_at` is the device's own clock's.
    """

    mutation_id: str
    entity: str
    id: str
    operation: str
    base_version: int | None
    changes: Mapping[str, Any]
    changed_at: datetime
    base: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def key(self) -> Key:
        """Entity and id of the record."""
        return self.entity, self.id

    def fingerprint(self) -> str:
        """Return what tells this mutation from another one under the same id."""
        content = [self.entity, self.id, self.operation, self.base_version, self.changes, self.base]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of one mutation. `lost` names the fields of the device that were overridden."""

    mutation_id: str
    kind: OutcomeKind
    id: str
    version: int | None = None
    lost: tuple[str, ...] = ()
    conflict_id: str | None = None
    problem: Mapping[str, Any] | None = None

    @property
    def is_passing(self) -> bool:
        """Whether it was refused for what passes: the same mutation is to be sent again."""
        return self.problem is not None and is_passing(self.problem)


@dataclass(frozen=True, slots=True)
class KeptOutcome:
    """What is remembered of a mutation: its fingerprint and outcome or, before that, what is being tried for it.

    `attempt` is the owner's mutation that was, perhaps, sent; it has values and is gone once there is an outcome.
    """

    fingerprint: str
    outcome: PushOutcome | None = None
    attempt: Mapping[str, Any] | None = None
    planned: Mapping[str, Any] | None = None


def corrected(changed_at: datetime, sent_at: datetime, received_at: datetime) -> datetime:
    """Return when a device's user made a change, by our clock: as long before the receipt as before the sending.

    However wrong the device's clock is, it is the same for both. A change that claims to be later than its sending was
    made at the receipt; one from before the log's memory counts as that old.
    """
    ago = max(timedelta(0), sent_at - changed_at)
    return received_at - min(ago, _OLDEST)


_OLDEST: Final = timedelta(days=365)
