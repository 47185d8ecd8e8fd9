"""Collect everything on a person: for them to read (access), or to take elsewhere (portability).

======== ===========================================================================================================
phase    what is done, from one checkpoint to the next
======== ===========================================================================================================
identify who it is, by everything that services know
services each service tells what it holds, page by page; each store's records go into parts of its own
jobs     our own jobs that name the person, and our files that do: what they are, not what they say of others
archive  the parts and the documents become one ZIP
letter   (access) the same becomes a letter
end      the parts go, and the person's values are forgotten
======== ===========================================================================================================
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Final

from zebros_core.privacy.calls import CollectedItem
from zebros_core.privacy.redaction import classification_of, data_of
from zebros_core.privacy.subject import Subject
from zebros_jobs.domain.job import Job
from zebros_jobs.domain.letters import Letter
from zebros_jobs.domain.privacy import FOLDER, PrivacyKind, PrivacyParameters
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.privacy.archive import make_archive
from zebros_jobs.use_cases.privacy.audit import say_begun
from zebros_jobs.use_cases.privacy.erasure import own_files
from zebros_jobs.use_cases.privacy.letter import letter_of
from zebros_jobs.use_cases.privacy.own_files import FilePlace, FoundFile, names_person
from zebros_jobs.use_cases.privacy.own_jobs import OwnJobs
from zebros_jobs.use_cases.privacy.person import SERVICES, identified, wire
from zebros_jobs.use_cases.privacy.state import ArchivedFile, CollectionState, load
from zebros_jobs.use_cases.privacy.stores import DATA, StoreName, parts_of
from zebros_jobs.use_cases.privacy.written import lines_of
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Collection", "DrawLetter"]

DrawLetter = Callable[[Letter, IO[bytes]], None]
"""Draws a letter into a file."""

_JOBS: Final = "jobs"
_BATCH_SECONDS: Final = 10.0
_BATCH_FILES: Final = 100


class Collection:
    """One stretch of work on an access or a portability request."""

    def __init__(self, run: JobRun, draw: DrawLetter) -> None:
        self._run = run
        self._draw = draw
        self._state = load(run, CollectionState, "identify")

    def carry_out(self) -> None:
        """Go on from the checkpoint to the end. Raises JobInputError, JobStop."""
        if self._state.phase == "identify":
            say_begun(self._run)
            identified(self._run)
            self._save(self._state.at("services"))
        phases: Mapping[str, Callable[[Subject], None]] = {
            "services": self._ask_services,
            "jobs": self._look_at_jobs,
            "files": self._look_at_files,
            "archive": self._archive,
            "letter": self._write_letter,
        }
        while self._state.phase in phases:
            subject = identified(self._run).subject
            assert subject is not None  # noqa: S101 - it was identified
            phases[self._state.phase](subject)
        self._remove_parts()
        PrivateRequests(self._run.workspace.lookup).erase(self._run.job_id)

    def _remove_parts(self) -> None:
        """Delete the parts with all their versions: they say what the archive says."""
        versions = self._run.workspace.versions("transfers")
        after: str | None = None
        while True:
            page = versions.page(f"{FOLDER}/{self._run.job_id}/{DATA}.", after=after)
            for found in page.keys:
                versions.erase(found.key)
            after = page.after
            if after is None:
                return

    def _save(self, state: CollectionState) -> None:
        self._state = state
        state.save(self._run)

    def _ask_services(self, subject: Subject) -> None:
        while self._state.service < len(SERVICES):
            service = SERVICES[self._state.service]
            page = self._run.system_door(service).call(
                "collect", subject=wire(subject), cursor=self._state.cursor
            )
            at_end = page["nextCursor"] is None
            self._keep(
                service,
                page["items"],
                cursor=page["nextCursor"],
                service=self._state.service + (1 if at_end else 0),
            )
        self._save(self._state.at("jobs", cursor=None))

    def _keep(self, by: str, items: Iterable[Mapping[str, Any]], **changes: Any) -> None:
        """Put items into the parts of their stores, and save where to go on."""
        state = self._state
        parts = dict(state.parts)
        by_store: dict[str, list[Mapping[str, Any]]] = {}
        for item in items:
            by_store.setdefault(item["store"], []).append(item)
        for store, group in by_store.items():
            name = StoreName(by, store)
            writer = parts_of(self._run, name, parts.get(name.key))
            writer.add(lines_of(group))
            parts[name.key] = writer.state
            state = state.model_copy(update={"counts": state.added(by, store, len(group))})
        self._save(state.model_copy(update={"parts": parts, **changes}))

    def _look_at_jobs(self, subject: Subject) -> None:
        jobs = OwnJobs(self._run.workspace, subject)
        while True:
            page = jobs.page(self._state.cursor)
            theirs = [job for job in page.jobs if job.id != self._run.job_id]
            self._keep(_JOBS, map(_told, theirs), cursor=page.cursor)
            if page.cursor is None:
                break
        self._save(self._state.at("files", place=FilePlace()))

    def _look_at_files(self, subject: Subject) -> None:
        files = own_files(self._run, subject, but={self._run.job_id})
        while self._state.place is not None:
            place: FilePlace | None = self._state.place
            found: list[FoundFile] = []
            ends_at = time.monotonic() + _BATCH_SECONDS
            for step in files.walk(self._state.place):
                place = step.place
                found += filter(names_person, step.found)
                if place is None or len(found) >= _BATCH_FILES or time.monotonic() >= ends_at:
                    break
            self._keep(_JOBS, map(_file_told, found), place=place)
        self._save(self._state.at("archive"))

    def _archive(self, subject: Subject) -> None:
        del subject
        if not self._state.total:
            self._end()
            return
        made = make_archive(self._run, self._state)
        is_access = _request(self._run) is PrivacyKind.ACCESS
        if is_access:
            self._save(self._state.at("letter", made=(made,)))
        else:
            self._end(made)

    def _write_letter(self, subject: Subject) -> None:
        del subject
        archive = self._state.made[0]
        letter = letter_of(self._run, self._state, archive.name)
        self._end(archive, _drawn(self._run, self._draw, letter))

    def _end(self, *made: ArchivedFile) -> None:
        outcome = "done" if self._state.total else "nobodyFound"
        self._save(self._state.at("end", made=made, outcome=outcome, ended_at=self._run.clock.now()))


def _request(run: JobRun) -> PrivacyKind:
    return PrivacyParameters.model_validate_json(run.job.parameters).request


def _told(job: Job) -> dict[str, Any]:
    data, classification = data_of(job)
    return CollectedItem(
        store="jobs",
        entity="job",
        id=job.id,
        state="live",
        data=dict(data),
        classification=dict(classification) or classification_of(Job),
    ).model_dump(mode="json", by_alias=True)


def _file_told(file: FoundFile) -> dict[str, Any]:
    data = {"jobId": file.job_id, "folder": file.folder, "name": file.name}
    return CollectedItem(
        store=f"objects:{file.purpose}",
        entity="file",
        id=file.path,
        data=data,
        classification={"jobId": "system", "folder": "system", "name": "personal"},
    ).model_dump(mode="json", by_alias=True)


def _drawn(run: JobRun, draw: DrawLetter, letter: Letter) -> ArchivedFile:
    key = run.objects("transfers").key(FOLDER, run.job_id, "letter.pdf")
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024) as file:
        draw(letter, file)
        size = file.tell()
        file.seek(0)
        with run.streams("transfers").create(key, content_type="application/pdf") as out:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
                out.write(chunk)
    return ArchivedFile(
        name="letter.pdf",
        key=key,
        content_type="application/pdf",
        size_bytes=size,
        sha256=digest.hexdigest(),
    )
