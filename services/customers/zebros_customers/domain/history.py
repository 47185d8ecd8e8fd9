"""The history of a record: one entry a version, kept from the events of its table."""

from datetime import datetime
from typing import Any

from zebros_core.values import Value


class FieldChange(Value):
    """A field before and after; null where the field had no value."""

    before: Any = None
    after: Any = None


class HistoryEntry(Value):
    """What one version changed, by whom, when, and in which job where one did it."""

    version: int
    operation: str
    at: datetime
    actor: str
    job: str | None = None
    changes: dict[str, FieldChange]
