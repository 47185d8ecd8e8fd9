"""The work of jobs of kind privacy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from zebros_core.dynamodb.codec import instant_text
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.privacy import FOLDER, PrivacyKind, PrivacyParameters
from zebros_jobs.domain.work import JobResult, Plan
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.privacy.audit import say_ended
from zebros_jobs.use_cases.privacy.certificate import issue_certificate
from zebros_jobs.use_cases.privacy.collection import Collection, DrawLetter
from zebros_jobs.use_cases.privacy.erasure import Erasure
from zebros_jobs.use_cases.privacy.own_files import PURPOSES
from zebros_jobs.use_cases.privacy.state import CollectionState, ErasureState, load
from zebros_jobs.use_cases.run_job import JobRun, Work

__all__ = ["ARCHIVE_LIFE", "PrivacyWork"]

ARCHIVE_LIFE: Final = timedelta(days=30)
"""How long the archive of a person can be downloaded."""

_LARGE_BYTES: Final = 512 * 1024**2
"""Of files to be looked through; more is for a task, which has all the time."""

_UNBEGUN: Final = frozenset({"identify", "documents", "ledger"})


class PrivacyWork(Work):
    """Access, portability and erasure."""

    def __init__(self, draw: DrawLetter, print_pdf: Callable[[Mapping[str, Any]], bytes]) -> None:
        """`draw` draws a letter into a file, `print_pdf` makes a certificate one that can be read."""
        self._draw = draw
        self._print = print_pdf

    def prepare(self, run: JobRun) -> Plan:
        """See `Work`."""
        if PrivateRequests(run.workspace.lookup).find(run.job_id) is None and run.checkpoint is None:
            raise JobInputError("Whom this request is about is not known any more; ask anew.")
        return Plan(total=None, unit="records", large=_bytes_of(run) > _LARGE_BYTES)

    def carry_out(self, run: JobRun) -> None:
        """See `Work`."""
        if _is_erasure(run):
            Erasure(run).carry_out()
        else:
            Collection(run, self._draw).carry_out()

    def finalize(self, run: JobRun) -> JobResult:
        """See `Work`."""
        result = self._erased(run) if _is_erasure(run) else _collected(run)
        state = _state(run)
        say_ended(run, result.summary["outcome"], state.ended_at or run.clock.now())
        if "availableUntil" in result.summary:
            # The archive's time ends: somebody has to look.
            due = run.workspace.due_retention()
            due.ensure(run.workspace.context.tenant_id, run.clock.now() + timedelta(days=1))
        return result

    def notify(self, run: JobRun) -> None:
        """Clear away what was written down by the way, and the row of a request that never began."""
        state = _state(run)
        versions = run.workspace.versions("transfers")
        for name in ("kept", "files"):
            versions.erase_folder(f"{FOLDER}/{run.job_id}/{name}/")
        if run.job.has_ended and state.phase in _UNBEGUN:
            PrivateRequests(run.workspace.lookup).erase(run.job_id)

    def _erased(self, run: JobRun) -> JobResult:
        state = load(run, ErasureState, "identify")
        ended = state.phase == "end"
        files = tuple(issue_certificate(run, state, self._print)) if ended else ()
        summary = {
            **_summary(run, state),
            "holds": [hold.model_dump(mode="json", by_alias=True) for hold in state.holds],
        }
        return JobResult(summary, files)


def _collected(run: JobRun) -> JobResult:
    state = load(run, CollectionState, "identify")
    files = tuple(
        JobFile(
            name=made.name,
            purpose="transfers",
            key=made.key,
            content_type=made.content_type,
            size_bytes=made.size_bytes,
        )
        for made in (state.made if state.phase == "end" else ())
    )
    summary = _summary(run, state)
    if files and state.ended_at is not None:
        summary["availableUntil"] = instant_text(state.ended_at + ARCHIVE_LIFE)
    return JobResult(summary, files)


def _summary(run: JobRun, state: ErasureState | CollectionState) -> dict[str, Any]:
    stores: dict[str, int] = {}
    for counts in state.counts.values():
        for store, number in counts.items():
            stores[store] = stores.get(store, 0) + number
    return {
        "request": _parameters(run).request.value,
        "outcome": state.outcome or "stopped",
        "counts": dict(sorted(stores.items())),
        "endedAt": None if state.ended_at is None else instant_text(state.ended_at),
    }


def _state(run: JobRun) -> ErasureState | CollectionState:
    return load(run, ErasureState if _is_erasure(run) else CollectionState, "identify")


def _is_erasure(run: JobRun) -> bool:
    return _parameters(run).request is PrivacyKind.ERASURE


def _parameters(run: JobRun) -> PrivacyParameters:
    return PrivacyParameters.model_validate_json(run.job.parameters)


def _bytes_of(run: JobRun) -> int:
    total = 0
    for purpose in PURPOSES:
        for folder in ("imports", "exports", "privacy") if purpose == "transfers" else ("reports",):
            prefix = run.objects(purpose).key(folder)
            total += sum(size for _, size in run.streams(purpose).keys(f"{prefix}/"))
    return total
