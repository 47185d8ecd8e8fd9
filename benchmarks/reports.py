"""Sales reports of a million opportunities: how long counting takes, and how much memory, in a process of its own.

The files are what a job has read of the owners' exports, and the engine is the jobs' own with its own limits of memory
and threads. `python -m benchmarks.reports FOLDER BY` is that process.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measuring import peak_megabytes
from benchmarks.rows import Row
from zebros_jobs.adapters.reports.engine import DuckDbEngine
from zebros_jobs.domain.reports.request import ReportParameters
from zebros_jobs.use_cases.reports.compute import counted

DEALS = 1_000_000
LIMIT_SECONDS = 10.0
LIMIT_MEGABYTES = 1024.0

_PART = 20_000
_FIRST = date(2016, 1, 1)
_DAYS = 730
_SPLITS = {"by month": ["month"], "by month and owner": ["month", "owner"], "by product": ["product"]}


def rows(say: Callable[[str], None]) -> list[Row]:
    """Return seconds and megabytes of each way to split the report, against their limits."""
    measured: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="reports-") as folder:
        say(f"writing what a job reads of {DEALS:,} opportunities")
        write_parts(Path(folder), DEALS)
        for name, by in _SPLITS.items():
            say(f"counting {name}")
            taken = _stage(Path(folder), by)
            title = f"sales report of {DEALS:,} opportunities {name}"
            measured += [
                Row(f"{title}, counting", taken["seconds"], LIMIT_SECONDS, "s", 1.0, "the limit"),
                Row(f"{title}, peak memory", taken["megabytes"], LIMIT_MEGABYTES, "MB", 1.0, "the limit"),
            ]
    return measured


def write_parts(folder: Path, deals: int) -> None:
    """Write parts as `use_cases.reports.spool` does: the same ones for the same number."""
    dice = random.Random(20)
    owners = [f"{dice.getrandbits(128):032x}" for _ in range(500)]
    customers = [f"01JC8Z4T5W{dice.getrandbits(64):016X}" for _ in range(50_000)]
    products = [f"01JC8Z4T5X{dice.getrandbits(64):016X}" for _ in range(200)]
    for start in range(0, deals, _PART):
        lines = [
            json.dumps(_deal(dice, number, owners, customers, products), separators=(",", ":")).encode()
            for number in range(start, min(start + _PART, deals))
        ]
        path = folder / f"opportunities-{start // _PART:06}.jsonl.gz"
        path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1))


def _deal(
    dice: random.Random, number: int, owners: list[str], customers: list[str], products: list[str]
) -> dict[str, Any]:
    value = f"{dice.randrange(10_000_000) / 100}"
    deal: dict[str, Any] = {
        "id": f"01JC8Z4T5V{number:016X}",
        "owner": dice.choice(owners),
        "team": f"team-{dice.randrange(30)}",
        "customer": dice.choice(customers),
        "currency": dice.choice(("EUR", "EUR", "USD", "GBP")),
        "outcome": "won" if dice.random() < 0.63 else "lost",
        "value": value,
        "closed_on": (_FIRST + timedelta(days=dice.randrange(_DAYS))).isoformat(),
        "shares": [{"product": dice.choice(products), "value": value}],
    }
    if deal["outcome"] == "won":
        deal["days"] = dice.randrange(200)
    return deal


def _stage(folder: Path, by: list[str]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.reports", str(folder), *by]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken: dict[str, float] = json.loads(done.stdout)
    return taken


def main(folder: Path, by: list[str]) -> None:
    """Count, and print how long that took and how large the process was."""
    asked = ReportParameters.model_validate(
        {"report": "sales", "period": "2017", "by": by, "today": date(2026, 1, 1)}
    )
    parts = sorted(folder.glob("*.jsonl.gz"))
    with tempfile.TemporaryDirectory(prefix="engine-", dir=folder) as work:
        linked = [Path(work) / part.name for part in parts]
        for part, link in zip(parts, linked, strict=True):
            link.hardlink_to(part)
        started = time.perf_counter()
        with DuckDbEngine(Path(work)) as engine:
            many = engine.load("opportunities", linked)
            now, before = asked.days, asked.former_days
            assert before is not None
            counts = [counted(engine, asked, days) for days in (now, before)]
        seconds = time.perf_counter() - started
    closed = sum(facts["won"] + facts["lost"] for each in counts for facts in each.whole)
    assert many == closed == DEALS, (many, closed)
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
