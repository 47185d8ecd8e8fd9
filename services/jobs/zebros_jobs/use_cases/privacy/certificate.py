"""The certificate of an erasure: what was erased, what ends when, what was lawfully kept. No value of the person.

Four files: the signed statement (`certificate.jws`), the same to be read (`certificate.json`, `certificate.pdf`), and
the public key (`certificate-key.pem`), by which whoever trusts it checks the first with any JOSE library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from zebros_core.dynamodb.codec import instant_text
from zebros_jobs.domain.certificates import (
    KEY_FILE,
    PRINTED_FILE,
    SIGNED_FILE,
    STATEMENT_FILE,
    canonical_json,
)
from zebros_jobs.domain.erasure_limits import UNREACHED, last_day
from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.privacy import FOLDER, PrivacyParameters
from zebros_jobs.use_cases.backups.list_backups import all_backups
from zebros_jobs.use_cases.privacy.erasure import files_of, kept_of
from zebros_jobs.use_cases.privacy.own_files import FoundFile, names_person
from zebros_jobs.use_cases.privacy.state import FORMER, ErasureState
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Print", "issue_certificate"]

_VERSION: Final = 1
_MOST_LISTED: Final = 1000
"""Records and files that are named one by one; of more only how many."""

Print = Callable[[Mapping[str, Any]], bytes]


def issue_certificate(run: JobRun, state: ErasureState, print_pdf: Print) -> list[JobFile]:
    """Sign and store the certificate of an erasure that ended; return its files. May be repeated."""
    statement = _statement(run, state)
    payload = canonical_json(statement)
    key = run.workspace.signer.public_key()
    signed = run.workspace.signer.sign(payload)
    return [
        _store(run, SIGNED_FILE, signed.encode(), "application/jose"),
        _store(run, STATEMENT_FILE, payload, "application/json"),
        _store(run, PRINTED_FILE, print_pdf({**statement, "keyId": key.key_id}), "application/pdf"),
        _store(run, KEY_FILE, key.pem.encode(), "application/x-pem-file"),
    ]


def _statement(run: JobRun, state: ErasureState) -> dict[str, Any]:
    assert state.ended_at is not None  # noqa: S101 - it ended
    parameters = PrivacyParameters.model_validate_json(run.job.parameters)
    kept, ending = _kept_and_ending(kept_of(run, state))
    ending += _backups(run, state.ended_at)
    ending += [
        {"store": each.store, "what": each.what, "until": last_day(state.ended_at, each.days).isoformat()}
        for each in UNREACHED
    ]
    return {
        "type": "erasure",
        "version": _VERSION,
        "tenantId": run.workspace.context.tenant_id,
        "requestId": run.job_id,
        "againOf": parameters.again,
        "requestedBy": run.job.acting.user_id,
        "requestedAt": instant_text(run.job.created_at),
        "begunAt": instant_text(state.begun_at),
        "endedAt": instant_text(state.ended_at),
        "outcome": state.outcome,
        "subject": parameters.subject.model_dump(mode="json", by_alias=True),
        "ledger": sorted(state.hashes),
        "erased": _erased(state),
        "files": _files(files_of(run, state)),
        "filesNotSearched": state.unsearched,
        "verified": state.outcome != "held",
        "holds": [hold.model_dump(mode="json", by_alias=True) for hold in state.holds],
        "kept": kept,
        "ending": sorted(ending, key=lambda each: (each["until"], each["store"])),
    }


def _backups(run: JobRun, ended_at: datetime) -> list[dict[str, Any]]:
    """Return the tenant's own backups that were begun before the erasure ended."""
    return [
        {
            "store": f"backup {backup.job.id}",
            "what": "the tenant's own backup, encrypted; the ledger is asked before anything of it is restored",
            "until": backup.expires_on.isoformat(),
        }
        for backup in all_backups(run.workspace)
        if (backup.job.started_at or backup.job.created_at) <= ended_at
    ]


def _erased(state: ErasureState) -> list[dict[str, Any]]:
    """Return how much of each store of each service was erased, over all rounds."""
    sums: dict[tuple[str, str], int] = {}
    for key, stores in state.counts.items():
        for store, number in stores.items():
            place = (key.partition(".")[0], store)
            sums[place] = sums.get(place, 0) + number
    return [
        {"service": service, "store": store.removeprefix(FORMER), "count": number, "formerOnly": former}
        for (service, store), number in sorted(sums.items())
        for former in [store.startswith(FORMER)]
    ]


def _files(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the files that named the person, by job; a file that went in two rounds counts once."""
    named = {
        (file.folder, file.job_id, file.name)
        for facts in found
        if names_person(file := FoundFile.model_validate(facts))
    }
    return {
        "total": len(named),
        "items": [
            {"folder": folder, "jobId": job_id, "name": name}
            for folder, job_id, name in sorted(named)[:_MOST_LISTED]
        ],
    }


def _kept_and_ending(kept: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what is kept, each once, and what ends by itself: kinds with a date and no record."""
    records: dict[tuple[str, ...], dict[str, Any]] = {}
    ending: dict[tuple[str, str], dict[str, Any]] = {}
    for item in kept:
        if item["id"] is None and item["until"] is not None:
            key = (f"{item['service']}: {item['store']}", item["why"])
            ending[key] = {"store": key[0], "what": item["why"], "until": item["until"]}
        else:
            records[item["service"], item["store"], item["entity"], str(item["id"] or ""), item["why"]] = {
                name: item[name] for name in ("service", "store", "entity", "id", "why", "until")
            }
    listed = [records[key] for key in sorted(records)]
    return {"total": len(listed), "items": listed[:_MOST_LISTED]}, [ending[key] for key in sorted(ending)]


def _store(run: JobRun, name: str, content: bytes, content_type: str) -> JobFile:
    key = run.objects("transfers").key(FOLDER, run.job_id, name)
    run.objects("transfers").write(key, content, content_type=content_type)
    return JobFile(
        name=name, purpose="transfers", key=key, content_type=content_type, size_bytes=len(content)
    )
