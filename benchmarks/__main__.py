"""`python -m benchmarks`: measure, print the table, write `results/latest.json`.

--check makes a missed limit exit status 1; --only takes groups (warm, cold, library, auth, flat, sales, totals,
imports, reports, sync, offline) and replaces their rows in results of the same engine and machine; --readme prints the
last results as markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

from benchmarks import (
    auth,
    cold,
    flat,
    import_files,
    import_jobs,
    imports,
    library,
    offline,
    reports,
    sales,
    sync,
    totals,
    warm,
)
from benchmarks.engines import EngineError, engines
from benchmarks.rows import RESULTS, Row, markdown, show, write
from benchmarks.world import CREDENTIALS, World

GROUPS = (
    "warm",
    "cold",
    "library",
    "auth",
    "flat",
    "sales",
    "totals",
    "imports",
    "reports",
    "sync",
    "offline",
)


def main() -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a limit is missed")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="groups to measure")
    parser.add_argument("--readme", action="store_true", help="print the last results as markdown")
    options = parser.parse_args()
    if options.readme:
        print(markdown(json.loads(RESULTS.read_text(encoding="utf-8"))))
        return 0
    os.environ.update(CREDENTIALS)
    os.environ.pop("AWS_PROFILE", None)
    try:
        rows, engine = _measured(options.only)
    except EngineError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    show(rows, engine)
    if not write(rows, engine, complete=set(options.only) == set(GROUPS)):
        print("not written: the results are of another engine or machine", file=sys.stderr)
    return 1 if options.check and not all(row.holds for row in rows) else 0


def _measured(groups: list[str]) -> tuple[list[Row], str]:
    rows: list[Row] = []
    with engines(os.environ.get("BENCH_ENGINE", "ministack")) as running:
        world = World(running)
        measured = {
            "warm": lambda: warm.rows(world),
            "cold": cold.rows,
            "library": library.rows,
            "auth": auth.rows,
            "flat": lambda: flat.rows(world, _say),
            "sales": lambda: sales.rows(world, _say),
            "totals": lambda: totals.rows(world, _say),
            "imports": lambda: [
                *imports.rows(world, _say),
                *import_jobs.rows(world, _say),
                *import_files.rows(_say),
            ],
            "reports": lambda: reports.rows(_say),
            "sync": lambda: sync.rows(world, _say),
            "offline": lambda: offline.rows(_say),
        }
        # The service writes its metrics to standard output, a line a request; here they go nowhere.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            for name in GROUPS:
                if name in groups:
                    _say(f"measuring: {name}")
                    rows += measured[name]()
        return rows, running.title


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
