"""Collected records, in parts by the store that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from zebros_jobs.domain.privacy import FOLDER
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.privacy.state import CollectionState
from zebros_jobs.use_cases.privacy.written import written_lines
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["DATA", "StoreName", "parts_of", "stores_of"]

DATA: Final = "data"
"""What the folders of the parts begin with, below the job's."""

_UNSAFE: Final = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True, order=True)
class StoreName:
    """A store of a service."""

    service: str
    store: str

    @property
    def key(self) -> str:
        """The store in one word, as files are called."""
        return f"{self.service}.{_UNSAFE.sub('-', self.store.lower())}"


def parts_of(run: JobRun, name: StoreName, state: Mapping[str, Any] | None) -> Parts:
    """Return the parts of a store."""
    return Parts(run, "transfers", FOLDER, name=f"{DATA}.{name.key}", state=state)


def stores_of(run: JobRun, state: CollectionState) -> Iterator[tuple[StoreName, Iterator[dict[str, Any]]]]:
    """Give each store with its records, in the order of their names."""
    names = sorted(StoreName(service, store) for service, stores in state.counts.items() for store in stores)
    for name in names:
        if name.key in state.parts:
            yield name, written_lines(parts_of(run, name, state.parts[name.key]))
