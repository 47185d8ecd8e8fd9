"""The letter of an access request: what is held on a person, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zebros_jobs.domain.letters import (
    Letter,
    LetterEntry,
    LetterSection,
    day_in_words,
    facts_in_words,
    label_of,
)
from zebros_jobs.use_cases.privacy.state import CollectionState
from zebros_jobs.use_cases.privacy.stores import StoreName, stores_of
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["MOST_ENTRIES", "letter_of"]

MOST_ENTRIES: Final = 1500
"""Records that a letter tells: some hundred pages. All are in the archive beside it."""

_SECTIONS: Final = {
    ("auth", "users"): "Your account",
    ("customers", "contacts"): "You as a contact",
    ("customers", "customers"): "Companies whose records name you",
    ("customers", "documents"): "Documents",
    ("pipeline", "leads"): "You as a lead",
    ("pipeline", "opportunities"): "Opportunities that name you",
    ("pipeline", "products"): "Products that name you",
    ("activities", "activities"): "Calls, meetings, mails and notes",
    ("jobs", "jobs"): "Imports, exports and reports that name you",
    ("sync", "sync-states"): "Copies of these records for devices",
    ("sync", "sync-log"): "Edits by devices that met others, or wait",
}
_SERVICES: Final = {
    "auth": "accounts",
    "customers": "customers and contacts",
    "pipeline": "leads and sales",
    "activities": "activities",
    "jobs": "imports, exports and reports",
    "sync": "devices",
}


def letter_of(run: JobRun, state: CollectionState, archive: str) -> Letter:
    """Return the letter of what was collected; its sections are read from the parts when they are asked for."""
    tenant = run.tenant
    zone = _zone(tenant.settings.get("timeZone"))
    on = day_in_words(state.begun_at.astimezone(zone).date())
    total = state.total
    return Letter(
        title="What we hold on you",
        sender=tenant.name,
        on=on,
        reference=f"Request {run.job_id}, {on}",
        paragraphs=(
            f"You asked what personal data is held on you. On {on} every part of the customer management system was"
            f" asked; {total} {'entry' if total == 1 else 'entries'} about you or naming you were found. They follow,"
            " each with its values.",
            f"The same, complete and in a form that other systems can read, is in the file {archive}, with the"
            " documents that belong to you.",
            "The data is used to keep the business relation with you, or with the company that you work for. You may"
            " ask for wrong data to be corrected and, as far as no law demands that it is kept, for your data to be"
            " erased.",
        ),
        sections=_sections(run, state, zone),
    )


def _sections(run: JobRun, state: CollectionState, zone: ZoneInfo) -> Iterator[LetterSection]:
    left = MOST_ENTRIES
    stores = sorted(stores_of(run, state), key=lambda each: _rank(each[0]))
    for name, records in stores:
        entries: list[LetterEntry] = []
        more = 0
        for record in records:
            if len(entries) < left:
                entries.append(_entry(record, zone))
            else:
                more += 1
        left -= len(entries)
        text = f"{more} more entries are in the archive." if more else ""
        yield LetterSection(_title(name), text, entries)


def _rank(name: StoreName) -> tuple[int, StoreName]:
    places = list(_SECTIONS)
    place = (name.service, name.store)
    return (places.index(place) if place in places else len(places), name)


def _title(name: StoreName) -> str:
    known = _SECTIONS.get((name.service, name.store))
    if known is not None:
        return known
    what = _SERVICES.get(name.service, name.service)
    if name.store.endswith("-lookup"):
        return f"History and lists of {what}"
    if name.store.startswith("objects:"):
        return f"Files of {what}"
    return f"{label_of(name.store)} ({what})"


def _entry(record: Mapping[str, Any], zone: ZoneInfo) -> LetterEntry:
    title = label_of(str(record["entity"]))
    if record.get("state") == "trash":
        title += ", deleted, in the trash"
    facts = facts_in_words(record["data"], record.get("classification", {}), zone)
    facts += [("File", str(file["name"])) for file in record.get("files", ())]
    return LetterEntry(f"{title} {record['id']}", facts)


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
