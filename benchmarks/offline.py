"""A device's store: how long a full sync takes to be taken in, what lists and searches take then, and peak memory.

The device is a process of its own, `python -m benchmarks.offline FOLDER`, with the client's own engine and store; its
server is a folder of pages as a pull answers them, of the default size.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.measuring import peak_megabytes
from benchmarks.rows import Row
from zebros.offline import LocalRecords, OfflineStore, SyncEngine

FIRST = 30_000
"""Records of the full sync."""
ALL = 100_000
"""Records on the device in the end."""
SECONDS = 15.0
MILLISECONDS = 5.0
"""Of a page of a list."""
SEARCH_MILLISECONDS = 50.0
"""Of a search, which looks at every name until it has a page."""
MEGABYTES = 128.0

_ROUNDS = 60
_PAGE = 50
_PULL_BYTES = 1024 * 1024
_DEEP = ALL // 3


def rows(say: Callable[[str], None]) -> list[Row]:
    """Return what the device took, against stated limits."""
    with tempfile.TemporaryDirectory(prefix="offline-") as name:
        folder = Path(name)
        say(f"writing pages of {ALL:,} records")
        write_pages(folder)
        say("taking them into a device's store")
        command = [sys.executable, "-m", "benchmarks.offline", name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken: dict[str, Any] = json.loads(done.stdout)
    limit = "the limit"
    return [
        Row(f"device takes in {FIRST:,} records", taken["seconds"], SECONDS, "s", 1.0, limit),
        *(
            Row(f"device with {ALL:,} records, {look}", milliseconds, _limit_of(look), "ms", 1.0, limit)
            for look, milliseconds in taken["looks"].items()
        ),
        Row(f"device with {ALL:,} records, peak memory", taken["megabytes"], MEGABYTES, "MB", 1.0, limit),
    ]


def _limit_of(look: str) -> float:
    return SEARCH_MILLISECONDS if look.startswith("search") else MILLISECONDS


# -- the server's pages --------------------------------------------------------------------------------------------


def write_pages(folder: Path) -> None:
    """Write the pages of a full sync, and those of the changes after it."""
    from benchmarks.sync import states_of

    states = (
        f'{{"entity":"{state.entity}","id":"{state.id}","version":{state.version},"operation":"upsert",'
        f'"record":{state.document}}}'
        for state in states_of("device", ALL)
    )
    number = _write(folder, 0, islice(states, FIRST))
    (folder / "full").write_text(str(number))
    _write(folder, number, states)


def _write(folder: Path, number: int, changes: Iterator[str]) -> int:
    """Write pages from a number on, and return the number after the last one."""
    page: list[str] = []
    size = 0
    for change in changes:
        page.append(change)
        size += len(change)
        if size >= _PULL_BYTES:
            _page_path(folder, number).write_text(f"[{','.join(page)}]")
            page, size, number = [], 0, number + 1
    if page:
        _page_path(folder, number).write_text(f"[{','.join(page)}]")
        number += 1
    return number


def _page_path(folder: Path, number: int) -> Path:
    return folder / f"page-{number:04}.json"


# -- the device ----------------------------------------------------------------------------------------------------


@dataclass
class _Server:
    """A folder of pages, as the API gives them; up to page `end` for the time being."""

    folder: Path
    end: int
    asked: list[str] = field(default_factory=list[str])

    def pull(self, cursor: str | None, *, entities: Mapping[str, int] | None = None) -> Mapping[str, Any]:
        del entities
        number = int(cursor or 0)
        changes = json.loads(_page_path(self.folder, number).read_bytes()) if number < self.end else []
        return {
            "changes": changes,
            "cursor": str(min(number + 1, self.end)),
            "more": number + 1 < self.end,
            "phase": "full",
            "progress": {"done": number, "total": self.end},
            "resetRequired": None,
            "tooOldFor": {},
        }

    def push(
        self, client_id: str, sent_at: datetime, mutations: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        raise AssertionError("nothing was done on this device")

    def head(self, known: int | None = None) -> int | None:
        return known


def main(folder: Path) -> None:
    """Be the device; print what was taken."""
    server = _Server(folder, int((folder / "full").read_text()))
    with OfflineStore.open(folder / "store", owner="bench/device") as store:
        engine = SyncEngine(store, server)
        started = time.perf_counter()
        report = engine.sync()
        seconds = time.perf_counter() - started
        assert report.pulled == FIRST, report.pulled
        server.end = len(list(folder.glob("page-*.json")))
        engine.sync()
        customers = store.customers
        assert customers.count() + store.opportunities.count() == ALL
        looks = {name: _median(look) for name, look in _looks(customers).items()}
    megabytes = peak_megabytes()
    print(json.dumps({"seconds": seconds, "looks": looks, "megabytes": megabytes}))


def _looks(customers: LocalRecords) -> dict[str, Callable[[], object]]:
    deep = next(islice(customers.all(), _DEEP, None))
    return {
        "first page of a list": lambda: customers.page(limit=_PAGE),
        "page deep in a list": lambda: customers.page(limit=_PAGE, after=deep),
        "search for what many have": lambda: customers.page(limit=_PAGE, search="birchwood"),
        "search for what one has": lambda: customers.page(limit=_PAGE, search="birchwood 050001"),
        "search for what none has": lambda: customers.page(limit=_PAGE, search="nowhere"),
    }


def _median(look: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        look()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
