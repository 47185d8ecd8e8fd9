"""Backups and restores as they are asked for."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from zebros_core.values import Value

__all__ = ["FOLDER", "PURPOSE", "RETENTION_YEARS", "RestoreMode", "RestoreParameters", "expires_on"]

PURPOSE: Final = "backups"
"""The bucket of backups."""
FOLDER: Final = "backups"
"""A backup lies below `{tenant}/backups/{jobId}/` in it."""
RETENTION_YEARS: Final = 7
"""How long a backup is kept; the lifecycle of its bucket says the same."""


class RestoreMode(StrEnum):
    """What a restore does with what is there.

    `missing` puts back what is not there and leaves everything else. `replace` makes what is in the backup as it was.
    `exact` also moves to the trash what the backup does not have.
    """

    MISSING = "missing"
    REPLACE = "replace"
    EXACT = "exact"


class RestoreParameters(Value):
    """How to restore; the backup is the job's parent."""

    mode: RestoreMode = RestoreMode.MISSING


def expires_on(begun_at: datetime) -> date:
    """Return the day on which a backup is deleted."""
    day = begun_at.date()
    try:
        return day.replace(year=day.year + RETENTION_YEARS)
    except ValueError:
        return date(day.year + RETENTION_YEARS, 3, 1)  # of a 29 February
