"""What the functions that remind are told by their environment; empty text means "not set"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """The queue of due reminders, and what brings one there at its time."""

    due_queue_arn: str = ""
    due_dead_letters_arn: str = ""
    schedule_group: str = ""
    schedule_role_arn: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ReminderSettings:
        """Read the environment; nothing here is required, since most functions make no schedules."""

        def text(name: str) -> str:
            return environ.get(name, "").strip()

        return cls(
            due_queue_arn=text("DUE_QUEUE_ARN"),
            due_dead_letters_arn=text("DUE_DEAD_LETTERS_ARN"),
            schedule_group=text("SCHEDULE_GROUP"),
            schedule_role_arn=text("SCHEDULE_ROLE_ARN"),
        )
