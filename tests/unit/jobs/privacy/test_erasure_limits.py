"""What a certificate promises of stores that end by themselves is what the templates set."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from zebros_jobs.domain.erasure_limits import UNREACHED, last_day

INFRASTRUCTURE = Path(__file__).parents[4] / "infrastructure"
DAYS = {each.store: each.days for each in UNREACHED}


def number(file: str, pattern: str) -> list[int]:
    text = (INFRASTRUCTURE / file).read_text(encoding="utf-8")
    return [int(found) for found in re.findall(pattern, text)]


def test_the_limits_are_those_of_the_templates() -> None:
    assert number("fragments/consumers.js", r"RETENTION_SECONDS = (\d+) \* 24 \* 3600") == [
        DAYS["queues and dead letters"]
    ]
    assert max(number("stages.yml", r"eventArchiveDays: (\d+)")) == DAYS["event archive"]
    assert max(number("stages.yml", r"logRetentionDays: (\d+)")) == DAYS["logs"]
    assert number("resources/buckets.js", r"ABANDONED_UPLOAD_DAYS = (\d+)") == [DAYS["unfinished uploads"]]
    assert number("resources/buckets.js", r"SYSTEM_LOG_DAYS = (\d+)") == [DAYS["failed invocations"]]
    assert number("resources/buckets.js", r"SEVEN_YEARS_IN_DAYS = (\d+)") == [DAYS["cold backups"]]
    # AWS's own: continuous backups of tables, and records of their streams.
    assert (DAYS["continuous backups"], DAYS["table streams"]) == (35, 1)


def test_the_last_day_is_never_too_early() -> None:
    late = datetime(2026, 1, 1, 23, 59, tzinfo=UTC)
    assert last_day(late, 1).isoformat() == "2026-01-03"
