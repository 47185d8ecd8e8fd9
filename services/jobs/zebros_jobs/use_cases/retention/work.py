"""The daily look after what is past its time.

============= ======================================================================================================
phase         what is done, from one checkpoint to the next
============= ======================================================================================================
files         archives of persons after thirty days, and files of jobs that are older than the rules say
leads         unqualified and converted leads that are past the rules become requests of erasure
contacts      contacts that nobody changed or contacted for long are candidates, so many a day
opportunities those of them with an open deal are none; and deals that need not be kept are deleted
activities    those with an activity since are none; and activities that need not be kept are deleted
people        the rest become requests of erasure, which are jobs of their own
============= ======================================================================================================

Nothing is touched that a legal hold keeps. A preview goes the same way and only counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_core.privacy.subject import Subject
from zebros_core.values import Value
from zebros_jobs.domain.certificates import KEY_FILE, PRINTED_FILE, SIGNED_FILE, STATEMENT_FILE
from zebros_jobs.domain.job import Job, JobFile, JobKind
from zebros_jobs.domain.privacy import LegalHold, PrivacyKind, PrivateRequest
from zebros_jobs.domain.retention import (
    RetentionParameters,
    RetentionPolicy,
    is_idle_contact,
    is_old_activity,
    is_old_lead,
    is_old_opportunity,
    months_before,
)
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.repositories.retention import RetentionPolicies
from zebros_jobs.use_cases.passes import Pass, Place, read_page
from zebros_jobs.use_cases.privacy.person import holds_in_force
from zebros_jobs.use_cases.privacy.request_privacy import start_request
from zebros_jobs.use_cases.privacy.work import ARCHIVE_LIFE
from zebros_jobs.use_cases.retention.start_due import DAILY
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["MOST_PEOPLE", "RetentionWork"]

MOST_PEOPLE: Final = 200
"""People that are erased on a day: each request looks through everything that the tenant has."""

_PEOPLE_A_REQUEST: Final = 5
_PAGE: Final = 200
_CERTIFICATE: Final = frozenset({SIGNED_FILE, STATEMENT_FILE, PRINTED_FILE, KEY_FILE})
_FOLDERS: Final[Mapping[JobKind, tuple[str, str]]] = {
    JobKind.IMPORT: ("transfers", "imports"),
    JobKind.EXPORT: ("transfers", "exports"),
    JobKind.REPORT: ("reports", "reports"),
}


class RetentionState(Value):
    """Where the work is.

    `people` are leads and contacts, by entity and id, that are to be erased; `pending` the jobs whose files, or the
    records, that go next: of files they are counted before, of records when they went, which is told again for the
    same mutation.
    """

    phase: str = "files"
    cursor: str | None = None
    place: dict[str, Any] | None = None
    people: tuple[tuple[str, str], ...] = ()
    pending: tuple[str, ...] = ()
    counts: dict[str, int] = {}  # noqa: RUF012 - pydantic copies defaults
    requests: tuple[str, ...] = ()

    def counted(self, name: str, number: int) -> dict[str, int]:
        """Return the counts with so many more of something."""
        return {**self.counts, name: self.counts.get(name, 0) + number} if number else self.counts


class RetentionWork(Work):
    """Finds and erases what is past its time."""

    def prepare(self, run: JobRun) -> Plan:
        """See `Work`."""
        return Plan(total=None, unit="records")

    def carry_out(self, run: JobRun) -> None:
        """See `Work`."""
        _Retention(run).carry_out()

    def finalize(self, run: JobRun) -> JobResult:
        """See `Work`. The tenant is looked after again as long as there may be something to do."""
        state = RetentionState.model_validate(dict(run.checkpoint or {}))
        tenant_id, due = run.workspace.context.tenant_id, run.workspace.due_retention()
        if RetentionPolicies(run.workspace.lookup).get().asks_for_something or state.counts.get("archives"):
            due.ensure(tenant_id, run.clock.now() + DAILY)
        elif not _parameters(run).preview:
            due.remove(tenant_id)
        counts = {name: number for name, number in state.counts.items() if name != "archives"}
        summary = {"preview": _parameters(run).preview, "counts": counts, "requests": list(state.requests)}
        return JobResult(summary)


@dataclass
class _Found:
    """What a page held: people past the rules, and business records."""

    people: list[tuple[str, str]]
    records: list[tuple[str, str]]


class _Retention:
    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._state = RetentionState.model_validate(dict(run.checkpoint or {}))
        self._policy: RetentionPolicy = RetentionPolicies(run.workspace.lookup).get()
        self._preview = _parameters(run).preview
        self._now = run.job.created_at

    def carry_out(self) -> None:
        phases = {
            "files": self._files,
            "leads": self._leads,
            "contacts": self._contacts,
            "opportunities": self._opportunities,
            "activities": self._activities,
            "people": self._people,
        }
        while self._state.phase in phases:
            phases[self._state.phase]()

    def _save(self, **changes: Any) -> None:
        self._state = self._state.model_copy(update=changes)
        counters = {name: number for name, number in self._state.counts.items() if name != "archives"}
        self._run.save(
            self._state.model_dump(mode="json", by_alias=True),
            done=sum(counters.values()),
            counters=counters,
            note=self._state.phase,
        )

    def _next(self, phase: str, **changes: Any) -> None:
        self._save(phase=phase, cursor=None, place=None, **changes)

    # -- files -------------------------------------------------------------------------------------------------

    def _files(self) -> None:
        held = self._held("job")
        everything_held = any(hold.all for hold in self._holds())
        while True:
            self._erase_pending()
            page = self._run.workspace.jobs.page_by_creation(limit=100, cursor=self._state.cursor)
            counts, pending = self._state.counts, list[str]()
            archives = counts.get("archives", 0)
            for job in page.items:
                if job.id in held or everything_held or not job.has_ended:
                    continue
                gone = self._past(job)
                if gone:
                    counts = {**counts, "files": counts.get("files", 0) + gone}
                    pending += [] if self._preview else [job.id]
                elif _archive_of(job):
                    archives += 1
            if pending:
                self._save(counts=counts, pending=tuple(pending))
                self._erase_pending()
            # What stays is counted once, when the page is done.
            self._save(cursor=page.next_cursor, counts={**counts, "archives": archives})
            if page.next_cursor is None:
                break
        self._next("leads")

    def _past(self, job: Job) -> int:
        """Return how many files of a job are past their time."""
        ended = job.finished_at or job.created_at
        if job.kind is JobKind.PRIVACY:
            return len(_archive_of(job)) if self._now - ended >= ARCHIVE_LIFE else 0
        days, place = self._policy.job_file_days, _FOLDERS.get(job.kind)
        if days is None or place is None or self._now - ended < timedelta(days=days):
            return 0
        page = self._run.workspace.versions(place[0]).page(f"{place[1]}/{job.id}/")
        return sum(found.is_present for found in page.keys)

    def _erase_pending(self) -> None:
        """Delete the files of the jobs that are written down, with all their versions."""
        if not self._state.pending:
            return
        for job_id in self._state.pending:
            job = self._run.workspace.jobs.get(job_id)
            if job.kind is JobKind.PRIVACY:
                files = _archive_of(job)
                for file in files:
                    self._run.workspace.versions(file.purpose).erase(file.key)
                self._drop(job, {file.key for file in files})
            else:
                purpose, folder = _FOLDERS[job.kind]
                self._run.workspace.versions(purpose).erase_folder(f"{folder}/{job.id}/")
                self._drop(job, {file.key for file in job.files})
        self._save(pending=())

    def _drop(self, job: Job, keys: set[str]) -> None:
        jobs = self._run.workspace.jobs
        present = jobs.get(job.id)
        left = tuple(file for file in present.files if file.key not in keys)
        if left != present.files:
            jobs.save(present.model_copy(update={"files": left}), previous=present)

    # -- records -----------------------------------------------------------------------------------------------

    def _leads(self) -> None:
        policy = self._policy
        if policy.lost_lead_months is None and policy.converted_lead_months is None:
            self._next("contacts")
            return

        def look(lead: Mapping[str, Any]) -> bool:
            return is_old_lead(lead, policy, self._now)

        self._read_people("pipeline", "lead", look, "contacts")

    def _contacts(self) -> None:
        policy = self._policy
        if policy.inactive_contact_months is None:
            self._next("opportunities")
            return

        def look(contact: Mapping[str, Any]) -> bool:
            return is_idle_contact(contact, policy, self._now)

        self._read_people("customers", "contact", look, "opportunities")

    def _read_people(self, service: str, entity: str, look: Any, then: str) -> None:
        """Note the people of an entity that are past the rules, so many as are erased on a day."""
        holds = self._holds()
        for page in self._pages(service, entity):
            found = [
                (entity, str(record[f"{entity}Id"]))
                for record in page
                if look(record) and not _is_held(holds, entity, record)
            ]
            room = MOST_PEOPLE - len(self._state.people)
            self._save_place(people=(*self._state.people, *found[: max(0, room)]))
        self._next(then)

    def _opportunities(self) -> None:
        """Delete deals that need not be kept; whoever has an open one is no candidate."""
        has_contacts = any(entity == "contact" for entity, _ in self._state.people)
        if has_contacts or self._policy.erase_business_records:
            today = self._now.date()
            self._read_business(
                "pipeline",
                "opportunity",
                lambda deal: is_old_opportunity(deal, self._policy, today),
                lambda deal: [deal.get("contactId")] if deal["outcome"] == "open" else [],
            )
        self._next("activities")

    def _activities(self) -> None:
        """Delete activities that need not be kept; whoever had one lately is no candidate."""
        has_contacts = any(entity == "contact" for entity, _ in self._state.people)
        if has_contacts or self._policy.erase_business_records:
            months = self._policy.inactive_contact_months
            since = months_before(self._now, months) if months is not None else self._now
            self._read_business(
                "activities",
                "activity",
                lambda activity: is_old_activity(activity, self._policy, self._now),
                lambda activity: _people_of(activity) if _is_lively(activity, since) else [],
            )
        self._next("people")

    def _read_business(self, service: str, entity: str, is_old: Any, active: Any) -> None:
        holds = self._holds()
        self._delete_pending(service, entity)
        for page in self._pages(service, entity):
            alive = {("contact", id) for record in page for id in active(record) if id}
            old = [
                str(record[f"{entity}Id"])
                for record in page
                if is_old(record) and not _is_held(holds, entity, record)
            ]
            if old and not self._preview:
                self._save(pending=tuple(old))
                self._delete_pending(service, entity)
            counts = self._state.counted(_plural(entity), len(old)) if self._preview else self._state.counts
            people = tuple(each for each in self._state.people if each not in alive)
            self._save_place(people=people, counts=counts)

    def _delete_pending(self, service: str, entity: str) -> None:
        """Move the records that are written down to the trash, where they end by themselves."""
        if not self._state.pending:
            return
        mutations = [
            {"mutationId": f"{self._run.job_id}:{id}", "entity": entity, "operation": "delete", "id": id}
            for id in self._state.pending
        ]
        outcomes = decided(self._run.system_door(service).apply(mutations))
        deleted = sum(outcome["outcome"] == "deleted" for outcome in outcomes)
        self._save(pending=(), counts=self._state.counted(_plural(entity), deleted))

    def _pages(self, service: str, entity: str) -> Iterable[list[dict[str, Any]]]:
        """Give the pages of an entity from the checkpoint on; whoever asks saves the place before the next."""
        state = self._state.place
        self._place = Place.first(self._now) if state is None else Place.of(state)
        while self._place.at is not Pass.OVER:
            yield read_page(
                self._run.system_door(service), entity, self._place, limit=_PAGE, now=self._run.clock.now()
            )

    def _save_place(self, **changes: Any) -> None:
        self._save(place=self._place.state, **changes)

    # -- people ------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        counts = self._state.counts
        for entity in ("lead", "contact"):
            number = sum(each == entity for each, _ in self._state.people)
            counts = {**counts, _plural(entity): number} if number else counts
        if self._preview:
            self._next("end", counts=counts)
            return
        people = self._state.people
        begun = len(self._state.requests)
        for start in range(begun * _PEOPLE_A_REQUEST, len(people), _PEOPLE_A_REQUEST):
            batch = people[start : start + _PEOPLE_A_REQUEST]
            request = self._request(batch, start // _PEOPLE_A_REQUEST)
            self._save(requests=(*self._state.requests, request))
        self._next("end", counts=counts)

    def _request(self, batch: Iterable[tuple[str, str]], number: int) -> str:
        by_entity: dict[str, list[str]] = {"lead": [], "contact": []}
        for entity, id in batch:
            by_entity[entity].append(id)
        asked = Subject(contact_ids=tuple(by_entity["contact"]), lead_ids=tuple(by_entity["lead"]))
        job = start_request(
            self._run.workspace,
            PrivacyKind.ERASURE,
            PrivateRequest(asked=asked),
            repeat=_Repeat(f"{self._run.job_id}:{number}"),
            parent_id=self._run.job_id,
            retention=True,
            begin=False,
        )
        return job.id

    def _holds(self) -> list[LegalHold]:
        return list(holds_in_force(self._run))

    def _held(self, entity: str) -> set[str]:
        records = [hold.record for hold in self._holds() if hold.record is not None]
        return {record.id for record in records if record.entity == entity}


@dataclass(frozen=True, slots=True)
class _Repeat:
    """What makes a request of this job the same when it is asked for again."""

    key: str
    fingerprint: str = "retention"


def _archive_of(job: Job) -> list[JobFile]:
    """Return the files of a request that hold the person's data."""
    if job.kind is not JobKind.PRIVACY:
        return []
    return [file for file in job.files if file.name not in _CERTIFICATE]


def _parameters(run: JobRun) -> RetentionParameters:
    return RetentionParameters.model_validate_json(run.job.parameters)


def _is_held(holds: Iterable[LegalHold], entity: str, record: Mapping[str, Any]) -> bool:
    """Tell whether a hold keeps a record: all of the tenant's, this one, or everything on its person."""
    id = str(record[f"{entity}Id"])
    person: Subject | None = None
    if entity in {"contact", "lead"}:
        emails = (record["email"],) if record.get("email") else ()
        person = Subject(**{f"{entity}_ids": (id,)}, emails=emails)
    return any(
        hold.all
        or (hold.record is not None and (hold.record.entity, hold.record.id) == (entity, id))
        or (person is not None and hold.holds(person))
        for hold in holds
    )


def _people_of(activity: Mapping[str, Any]) -> list[str]:
    participants: Mapping[str, Any] = activity.get("participants") or {}
    related = [activity["relatedId"]] if activity.get("relatedType") == "contact" else []
    return [*related, *(participants.get("contactIds") or ())]


def _is_lively(activity: Mapping[str, Any], since: datetime) -> bool:
    """Tell whether an activity is planned, or took place or was changed since an instant."""
    times = [activity.get(name) for name in ("scheduledAt", "completedAt", "updatedAt")]
    return activity["status"] == "open" or any(
        datetime.fromisoformat(time) >= since for time in times if time
    )


def _plural(entity: str) -> str:
    return {"activity": "activities", "opportunity": "opportunities"}.get(entity, f"{entity}s")
