"""Compare a tenant as it is with a backup of it: how many there are of each content, and what they say."""

from __future__ import annotations

from typing import Any, Final

from zebros_jobs.domain.backups.contents import RESTORED, ContentKind
from zebros_jobs.domain.backups.sums import Sum
from zebros_jobs.use_cases.backups.reading import ContentPages, Descriptions
from zebros_jobs.use_cases.backups.restore_state import RestoreState
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["COMPARED", "comparison", "read_all"]

COMPARED: Final = tuple(
    content for content in RESTORED if content.kind in {ContentKind.SETTINGS, ContentKind.RECORDS}
)
"""Objects are compared one by one when they are put back."""
_PAGES_BETWEEN_CHECKPOINTS: Final = 20


def read_all(run: JobRun, state: RestoreState) -> None:
    """Count every content of the tenant as it is now. Raises JobStop."""
    descriptions = Descriptions(run)
    while state.at < len(COMPARED):
        content = COMPARED[state.at]
        total = Sum.of(state.found.get(content.name))
        pages = ContentPages(run, content, state.reading)
        number = 0
        while not pages.is_over:
            for line in pages.next():
                descriptions.add(content, line, total)
            number += 1
            state.found[content.name] = total.state
            state.reading = None if pages.is_over else pages.state
            state.at += pages.is_over
            if run.is_over or number % _PAGES_BETWEEN_CHECKPOINTS == 0:
                run.save(state.json(), note=f"comparing: {content.name}")


def comparison(said: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return for each content how many there are in the backup and in the tenant, and whether they say the same."""
    nothing = Sum().state
    return {
        content.name: {
            "backup": said.get(content.name, nothing)["count"],
            "tenant": found.get(content.name, nothing)["count"],
            "equal": said.get(content.name, nothing) == found.get(content.name, nothing),
        }
        for content in COMPARED
    }
