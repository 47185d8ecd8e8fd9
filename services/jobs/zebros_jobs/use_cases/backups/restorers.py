"""How a batch of each kind of content is put back: what is to be done is decided first, and then done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_core.values import normalised_email
from zebros_jobs.domain.backups.backups import RestoreMode
from zebros_jobs.domain.backups.contents import Content, ContentKind
from zebros_jobs.domain.backups.manifest import SealedFile
from zebros_jobs.use_cases.backups.files import BackupFiles
from zebros_jobs.use_cases.backups.mails import MailObjects
from zebros_jobs.use_cases.privacy.erasure_ledger import Erased
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["PUT", "Done", "Restorer", "restorer_of"]

PUT: Final = "put"
"""Decided on what is to be put back; anything else is an outcome already."""
KEPT: Final = "kept"
ERASED: Final = "erased"
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one thing: `problem` says why it was refused."""

    outcome: str
    problem: Mapping[str, Any] | None = None


class Restorer(ABC):
    """Puts back the lines of one content, so many at a time."""

    batch: int = 100

    @abstractmethod
    def decide(self, lines: Sequence[Line]) -> list[str]:
        """Return what is to be done with each line."""

    @abstractmethod
    def put(self, lines: Sequence[Line]) -> list[Done]:
        """Put lines back; doing it twice is doing it once. Raises UnavailableError."""


def restorer_of(
    run: JobRun, content: Content, mode: RestoreMode, files: BackupFiles, erased: Erased
) -> Restorer:
    """Return what puts a content back."""
    match content.kind:
        case ContentKind.SETTINGS:
            return _Settings(run, content, mode, erased)
        case ContentKind.FILES:
            return _Files(run, mode, files, erased)
        case ContentKind.MAILS:
            return _Mails(run, mode, erased)
        case _:
            return _Records(run, content, mode, erased)


class _Settings(Restorer):
    """Settings; with the mode `missing` those that there are not."""

    def __init__(self, run: JobRun, content: Content, mode: RestoreMode, erased: Erased) -> None:
        self._door = run.system_door(content.service)
        self._mode = mode
        self._erased = erased

    def decide(self, lines: Sequence[Line]) -> list[str]:
        if self._mode is not RestoreMode.MISSING:
            return [PUT] * len(lines)
        there = {(setting["kind"], setting["id"]) for setting in self._door.settings()}
        return [KEPT if (line["kind"], line["id"]) in there else PUT for line in lines]

    def put(self, lines: Sequence[Line]) -> list[Done]:
        outcomes = decided(self._door.put_settings([self._erased.cleaned_value(line) for line in lines]))
        # A setting that is put twice is found unchanged: which of the three it was is not told.
        return [
            Done("set") if outcome["outcome"] in {"created", "updated", "unchanged"} else _done(outcome)
            for outcome in outcomes
        ]


class _Records(Restorer):
    """Records with what lies beside them; with the mode `missing` those that are not live."""

    def __init__(self, run: JobRun, content: Content, mode: RestoreMode, erased: Erased) -> None:
        self._door = run.system_door(content.service)
        self._job_id = run.job_id
        self._entity = content.entity
        self._content = content
        self._mode = mode
        self._erased = erased

    def decide(self, lines: Sequence[Line]) -> list[str]:
        live: set[str] = set()
        if self._mode is RestoreMode.MISSING:
            found = self._door.read(self._entity, [self._content.id_of(line) for line in lines])
            live = {self._content.id_of(record) for record in found}
        return [
            ERASED if self._erased.has(self._entity, id) else KEPT if id in live else PUT
            for id in map(self._content.id_of, lines)
        ]

    def put(self, lines: Sequence[Line]) -> list[Done]:
        # Somebody may have been erased since it was decided.
        cleaned = [self._erased.cleaned(self._entity, line) for line in lines]
        mutations = [
            {
                "mutationId": f"{self._job_id}:{self._entity}:{self._content.id_of(record)}",
                "entity": self._entity,
                "record": record,
                "skipDuplicates": True,
            }
            for record in cleaned
            if record is not None
        ]
        outcomes = iter(decided(self._door.reinstate(mutations)) if mutations else [])
        return [Done(ERASED) if record is None else _done(next(outcomes)) for record in cleaned]


class _Files(Restorer):
    """The objects of documents; with the mode `missing` those of documents that are not live."""

    batch = 20

    def __init__(self, run: JobRun, mode: RestoreMode, files: BackupFiles, erased: Erased) -> None:
        self._door = run.system_door("customers")
        self._mode = mode
        self._files = files
        self._erased = erased

    def decide(self, lines: Sequence[Line]) -> list[str]:
        live: set[str] = set()
        if self._mode is RestoreMode.MISSING:
            ids = [line["documentId"] for line in lines]
            live = {record["documentId"] for record in self._door.read("document", ids)}
        return [self._decided(SealedFile.model_validate(line), live) for line in lines]

    def _decided(self, kept: SealedFile, live: set[str]) -> str:
        if kept.file is None:
            return "missing"
        if self._erased.has("document", kept.document_id):
            return ERASED
        if kept.document_id in live:
            return KEPT
        return "unchanged" if self._files.is_there(kept) else PUT

    def put(self, lines: Sequence[Line]) -> list[Done]:
        for line in lines:
            self._files.give_back(SealedFile.model_validate(line))
        return [Done("restored")] * len(lines)


class _Mails(Restorer):
    """What e-mails say; with the mode `missing` those that are not kept. Those to erased people are gone for good."""

    batch = 20

    def __init__(self, run: JobRun, mode: RestoreMode, erased: Erased) -> None:
        self._mails = MailObjects(run)
        self._mode = mode
        self._erased = erased

    def decide(self, lines: Sequence[Line]) -> list[str]:
        return [self._decided(line) for line in lines]

    def _decided(self, line: Line) -> str:
        mail = line["mail"]
        contact, address = str(mail.get("contactId")), str(mail.get("to"))
        if (
            self._erased.has("activity", line["activityId"])
            or self._erased.has("contact", contact)
            or self._erased.has("email", normalised_email(address))
        ):
            return ERASED
        present = self._mails.find(line["activityId"])
        if present is not None and self._mode is RestoreMode.MISSING:
            return KEPT
        return "unchanged" if present == self._erased.cleaned_value(mail) else PUT

    def put(self, lines: Sequence[Line]) -> list[Done]:
        for line in lines:
            self._mails.put(line["activityId"], self._erased.cleaned_value(line["mail"]))
        return [Done("restored")] * len(lines)


def _done(outcome: Mapping[str, Any]) -> Done:
    return Done(outcome["outcome"], outcome.get("problem"))
