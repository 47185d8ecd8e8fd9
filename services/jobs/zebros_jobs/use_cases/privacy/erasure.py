"""Erase a person: from every service, from our own files and rows, and look whether anything is left.

========= ==========================================================================================================
phase     what is done, from one checkpoint to the next
========= ==========================================================================================================
identify  who it is, by everything that services know; and whether a legal hold keeps all of it
documents which documents are theirs, while that can be told
ledger    the person is entered: from here on no restore brings them back
owners    each service erases in its turn, call by call, with the waits that it asks for
settle    jobs that ran meanwhile end: what they have read before, they may still write into a file
files     our files, round by round until one finds nothing
rows      our rows, likewise
verify    each service is asked what it holds; if anything is left, the owners erase again
end       the person's values are forgotten
========= ==========================================================================================================

Whoever takes over after a kill does again what was done since the checkpoint, to the same end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from zebros_core.errors import ConflictError
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import Sought
from zebros_jobs.domain.errors import PausedError
from zebros_jobs.domain.job import JobKind, JobState
from zebros_jobs.domain.privacy import FOLDER, LegalHold, PrivacyKind, PrivacyParameters, PrivateRequest
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.privacy.audit import say_begun
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.privacy.file_search import FileSearch
from zebros_jobs.use_cases.privacy.leftovers import is_left
from zebros_jobs.use_cases.privacy.own_files import FilePlace, FoundFile, OwnFiles, names_person
from zebros_jobs.use_cases.privacy.own_jobs import OwnJobs
from zebros_jobs.use_cases.privacy.person import holds_in_force, identified, wire
from zebros_jobs.use_cases.privacy.state import FORMER, ErasureState, HoldInForce, load
from zebros_jobs.use_cases.privacy.written import lines_of, written_lines
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["ORDER", "Erasure", "NotErasedError", "files_of", "kept_of"]

ORDER: Final = ("pipeline", "customers", "activities", "auth", "sync")
"""The pipeline first: it waits for a lead that is just being converted. Then the contacts, and nothing new is written
about them from then on. Sync last: its copies become what the owners have by then."""

_DOCUMENTS_OWNER: Final = "customers"
MOST_ROUNDS: Final = 4
_SETTLE_SECONDS: Final = 30
_BATCH_FILES: Final = 50
_BATCH_SECONDS: Final = 10.0
_JOBS: Final = "jobs"


class NotErasedError(ConflictError):
    """Something keeps naming the person: the request fails, and no certificate says otherwise."""

    code = "not-erased"


class Erasure:
    """One stretch of work on an erasure."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._state = load(run, ErasureState, "identify")
        self._lookup = run.workspace.lookup

    def carry_out(self) -> None:
        """Go on from the checkpoint to the end. Raises JobInputError, NotErasedError, JobStop."""
        phases: Mapping[str, Callable[[PrivateRequest, Subject], None]] = {
            "documents": self._note_documents,
            "ledger": self._enter,
            "owners": self._ask_owners,
            "settle": self._settle,
            "files": self._erase_files,
            "rows": self._erase_rows,
            "verify": self._verify,
        }
        if self._state.phase == "identify":
            self._identify()
        while self._state.phase in phases:
            request = identified(self._run)
            assert request.subject is not None  # noqa: S101 - it was identified
            phases[self._state.phase](request, request.subject)
        if self._state.outcome not in {"held", "partly"}:
            PrivateRequests(self._lookup).erase(self._run.job_id)

    def _save(self, state: ErasureState) -> None:
        self._state = state
        state.save(self._run)

    # -- phases ------------------------------------------------------------------------------------------------

    def _identify(self) -> None:
        say_begun(self._run)
        request = identified(self._run)
        assert request.subject is not None  # noqa: S101 - it was identified
        if self._holds_all(request.subject):
            self._end("held")
        else:
            self._save(self._state.at("documents"))

    def _note_documents(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        while True:
            page = self._run.system_door(_DOCUMENTS_OWNER).call(
                "collect", subject=wire(subject), cursor=self._state.cursor
            )
            found = [item["id"] for item in page["items"] if item["entity"] == "document"]
            documents = dict.fromkeys((*self._state.documents, *found))
            noted = self._state.model_copy(
                update={"documents": tuple(documents), "cursor": page["nextCursor"]}
            )
            if page["nextCursor"] is None:
                self._save(noted.at("ledger"))
                return
            self._save(noted)

    def _enter(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        hashes = ErasureLedger(self._lookup).enter(
            subject, self._run.job_id, self._run.clock.now(), self._state.documents
        )
        self._save(self._state.at("owners", hashes=tuple(hashes)))

    def _ask_owners(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        while self._state.service < len(ORDER):
            if self._holds_all(subject):
                self._end("partly" if self._state.total else "held")
                return
            self._ask(ORDER[self._state.service], subject)
        self._save(self._state.at("settle", waits_for=None))

    def _ask(self, service: str, subject: Subject) -> None:
        state = self._state
        fields: dict[str, Any] = {"subject": wire(subject), "requestId": self._run.job_id}
        held = self._held_records()
        fields |= {"held": held} if held else {}
        answer = self._run.system_door(service).call("erase", **fields, resume=state.resume)
        kept = self._parts("kept", state.kept)
        if answer["kept"]:
            kept.add(lines_of({"service": service, **item} for item in answer["kept"]))
        changes: dict[str, Any] = {"kept": kept.state, "resume": answer["resume"]}
        counts = {store: number for store, number in answer["counts"].items() if number}
        before = state.counts.get(f"{service}.{state.round}", {})
        if counts != before:
            changes["counts"] = state.counted(f"{service}.{state.round}", counts)
        if answer["done"]:
            changes |= {"service": state.service + 1, "resume": None}
        self._save(state.model_copy(update=changes))
        if answer["waitSeconds"]:
            self._run.wait(int(answer["waitSeconds"]))

    def _settle(self, request: PrivateRequest, subject: Subject) -> None:
        del request, subject
        jobs = self._run.workspace.jobs
        waits_for = self._state.waits_for
        if waits_for is None:
            waits_for = tuple(self._running())
        left = tuple(id for id in waits_for if (job := jobs.find(id)) is not None and not job.has_ended)
        if left:
            self._save(self._state.model_copy(update={"waits_for": left}))
            self._run.wait(_SETTLE_SECONDS)
        self._save(self._state.at("files", waits_for=(), place=FilePlace(), found=0))

    def _running(self) -> Iterator[str]:
        """Give the jobs that may have read the person before they were erased; not other erasures, which wait too."""
        cursor: str | None = None
        while True:
            page = self._run.workspace.jobs.page_open(state=JobState.RUNNING, limit=100, cursor=cursor)
            for job in page.items:
                if job.id != self._run.job_id and not _erases(job.kind, job.parameters):
                    yield job.id
            cursor = page.next_cursor
            if cursor is None:
                return

    def _erase_files(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        files = own_files(self._run, subject, but=self._kept_jobs())
        self._erase_pending(files, subject)
        while self._state.place is not None:
            self._write_down(files, subject)
            self._erase_pending(files, subject)
        state = self._state
        if not state.found:
            self._save(state.at("rows", round=state.round, cursor=None))
            return
        self._next_round("files", place=FilePlace(), unsearched=0)

    def _write_down(self, files: OwnFiles, subject: Subject) -> None:
        """Look through some files, and write down which of them are to go."""
        place, found, unsearched = self._state.place, list[FoundFile](), 0
        ends_at = time.monotonic() + _BATCH_SECONDS
        assert place is not None  # noqa: S101 - else there is nothing to look through
        for step in files.walk(place):
            place = step.place
            found += step.found
            unsearched += len(step.unsearched)
            if place is None or len(found) >= _BATCH_FILES or time.monotonic() >= ends_at:
                break
        listed = self._parts("files", self._state.files)
        counts = self._state.counts
        if found:
            sought = Sought(subject.emails, subject.names)
            listed.add(lines_of(_listed(file, sought) for file in found))
            for file in found:
                store = f"objects:{file.purpose}"
                store = store if names_person(file) else f"{FORMER}{store}"
                counts = self._state.model_copy(update={"counts": counts}).added(_JOBS, store, 1)
        self._save(
            self._state.model_copy(
                update={
                    "place": place,
                    "files": listed.state,
                    "pending": tuple(found),
                    "counts": counts,
                    "found": self._state.found + sum(map(names_person, found)),
                    "unsearched": self._state.unsearched + unsearched,
                }
            )
        )

    def _erase_pending(self, files: OwnFiles, subject: Subject) -> None:
        if not self._state.pending:
            return
        jobs = OwnJobs(self._run.workspace.erasing(), subject)
        gone: dict[str, list[str]] = {}
        for file in self._state.pending:
            files.erase(file)
            if names_person(file):
                key = f"{self._run.workspace.context.tenant_id}/{file.path}"
                gone.setdefault(file.job_id, []).append(key)
        for job_id, keys in gone.items():
            jobs.drop_files(job_id, keys)
        self._save(self._state.model_copy(update={"pending": ()}))

    def _erase_rows(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        jobs = OwnJobs(self._run.workspace.erasing(), subject)
        while True:
            page = jobs.page(self._state.cursor)
            for job in page.jobs:
                if job.id not in self._kept_jobs():
                    jobs.redact(job)
            state = self._state
            kept = sum(job.id in self._kept_jobs() for job in page.jobs)
            rows = max(0, page.rows - kept)
            if page.cursor is None:
                rows += jobs.redact_holds() + jobs.redact_schedules()
                rows += sum(map(jobs.forget_private_row, jobs.private_rows(self._run.job_id)))
            counts = state.added(_JOBS, _JOBS, rows) if rows else state.counts
            found = state.found + rows
            self._save(state.model_copy(update={"cursor": page.cursor, "counts": counts, "found": found}))
            if page.cursor is None:
                break
        if self._state.found:
            self._next_round("rows", cursor=None)
        else:
            self._save(self._state.at("verify", service=0, cursor=None, left=0))

    def _next_round(self, phase: str, **changes: Any) -> None:
        """Look once more: what a round has found may not have been all."""
        state = self._state
        if state.round >= MOST_ROUNDS * 3:
            raise NotErasedError(
                "Our own files or rows keep naming the person; tell whoever runs the platform."
            )
        self._save(state.at(phase, round=state.round + 1, found=0, **changes))

    def _verify(self, request: PrivateRequest, subject: Subject) -> None:
        del request
        kept = {
            (item["service"], item["store"], item["entity"], item["id"])
            for item in kept_of(self._run, self._state)
        }
        sought = Sought(subject.emails, subject.names)
        while self._state.service < len(ORDER):
            service = ORDER[self._state.service]
            page = self._run.system_door(service).call(
                "collect", subject=wire(subject), cursor=self._state.cursor
            )
            left = [
                item
                for item in page["items"]
                if (service, item["store"], item["entity"], item["id"]) not in kept
                and is_left(item, subject, sought)
            ]
            for item in left:
                extra = {"service": service, "entity": item["entity"], "record": item["id"]}
                self._run.logger.warning("not erased yet", extra=extra)
            at_end = page["nextCursor"] is None
            self._save(
                self._state.model_copy(
                    update={
                        "cursor": page["nextCursor"],
                        "service": self._state.service + (1 if at_end else 0),
                        "left": self._state.left + len(left),
                    }
                )
            )
        self._end_or_again()

    def _end_or_again(self) -> None:
        state = self._state
        if not state.left:
            held = self._held_records() or self._kept_jobs() - {self._run.job_id}
            self._end("partly" if held else None)
        elif state.round >= MOST_ROUNDS:
            raise NotErasedError(
                f"{state.left} records keep naming the person after several rounds; the worker's log names them."
            )
        else:
            self._save(state.at("owners", round=state.round + 1, service=0, resume=None, cursor=None, left=0))

    def _end(self, outcome: str | None) -> None:
        # One that is carried on may find that the former one had come to the end of it.
        somebody = self._state.total or _parameters(self._run).again
        ended = outcome or ("done" if somebody else "nobodyFound")
        holds = self._holds_that_kept() if ended in {"held", "partly"} else ()
        self._save(self._state.at("end", outcome=ended, ended_at=self._run.clock.now(), holds=tuple(holds)))

    def _holds_that_kept(self) -> list[HoldInForce]:
        subject = identified(self._run).subject
        return [
            HoldInForce(id=hold.id, scope=hold.scope, until=hold.until)
            for hold in holds_in_force(self._run)
            if hold.record is not None or (subject is not None and hold.holds(subject))
        ]

    # -- holds -------------------------------------------------------------------------------------------------

    def _holds_all(self, subject: Subject) -> bool:
        return any(hold.holds(subject) for hold in holds_in_force(self._run))

    def _held(self) -> list[LegalHold]:
        return [hold for hold in holds_in_force(self._run) if hold.record is not None]

    def _held_records(self) -> list[list[str]]:
        records = [hold.record for hold in self._held() if hold.record is not None]
        return [[record.entity, record.id] for record in records if record.entity != "job"]

    def _kept_jobs(self) -> set[str]:
        """Return the jobs whose files and rows are left: those under a hold, and this one."""
        records = [hold.record for hold in self._held() if hold.record is not None]
        return {self._run.job_id, *(record.id for record in records if record.entity == "job")}

    def _parts(self, name: str, state: Mapping[str, Any] | None) -> Parts:
        return Parts(self._run, "transfers", FOLDER, name=name, state=state)


def own_files(run: JobRun, subject: Subject, *, but: set[str]) -> OwnFiles:
    """Return our files, to be looked through for a person."""

    def goes_on() -> None:
        if run.is_over:
            raise PausedError

    return OwnFiles(
        run.workspace.versions,
        run.workspace.streams,
        lambda ids: FileSearch(subject, ids=ids, goes_on=goes_on),
        subject.ids,
        but=but,
    )


def kept_of(run: JobRun, state: ErasureState) -> Iterator[dict[str, Any]]:
    """Give what services lawfully kept, as they said it; the same may come more than once."""
    return written_lines(Parts(run, "transfers", FOLDER, name="kept", state=state.kept))


def files_of(run: JobRun, state: ErasureState) -> Iterator[dict[str, Any]]:
    """Give the files of ours that were erased."""
    return written_lines(Parts(run, "transfers", FOLDER, name="files", state=state.files))


def _parameters(run: JobRun) -> PrivacyParameters:
    return PrivacyParameters.model_validate_json(run.job.parameters)


def _listed(file: FoundFile, sought: Sought) -> dict[str, Any]:
    """Return what is written down of a file: its name may name the person, too."""
    facts = file.model_dump(mode="json", by_alias=True)
    readable = file.name.replace("_", " ").replace("-", " ").replace(".", " ")
    named = sought.found_in(file.name) or sought.found_in(readable)
    return {**facts, "name": "[erased]" if named else file.name}


def _erases(kind: JobKind, parameters: str) -> bool:
    if kind is JobKind.RETENTION:
        return True
    return (
        kind is JobKind.PRIVACY
        and PrivacyParameters.model_validate_json(parameters).request is PrivacyKind.ERASURE
    )
