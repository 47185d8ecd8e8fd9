"""Operations of long-running work: jobs, imports, exports, reports, privacy, backups."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Literal

from zebros._replies import Reply
from zebros.calls.call import Call, pages_of, path, post_headers, query_of, read_model, read_nothing
from zebros.calls.records import if_match
from zebros.models import (
    Certificate,
    ImportPreview,
    ImportRow,
    Job,
    LegalHold,
    LinkedFile,
    NewImport,
    Page,
    Report,
    ReportSchedule,
    Retention,
    Upload,
)

__all__ = ["OnProgress", "RestoreMode"]

OnProgress = Callable[[Job], None]
"""Called with the job each time that it was looked at."""
RestoreMode = Literal["missing", "replace", "exact"]

_SHORTEST_WAIT = 0.3
_LONGEST_WAIT = 5.0
_GROWTH = 1.3

JOBS = "/v1/jobs"
IMPORTS = "/v1/imports"
SCHEDULES = "/v1/report-schedules"
REQUESTS = "/v1/privacy-requests"
HOLDS = "/v1/legal-holds"
RETENTION = "/v1/retention"
BACKUPS = "/v1/backups"


def _started(target: str, body: Mapping[str, Any] | None, key: str | None) -> Call[Job]:
    return Call(
        "POST",
        target,
        read_model(Job),
        json=None if body is None else dict(body),
        headers=post_headers(key),
    )


# -- jobs ------------------------------------------------------------------------------------------------------


def list_(kind: str | None, state: str | None, limit: int) -> Callable[[str | None], Call[Page[Job]]]:
    return pages_of(Job.model_validate, JOBS, query_of(kind=kind, state=state, limit=limit))


def get(job_id: str) -> Call[Job]:
    return Call("GET", path(f"{JOBS}/{{}}", job_id), read_model(Job))


def cancel(job_id: str) -> Call[Job]:
    return Call("POST", path(f"{JOBS}/{{}}:cancel", job_id), read_model(Job), safe=True)


def files(job_id: str) -> Call[list[LinkedFile]]:
    return Call("GET", path(f"{JOBS}/{{}}/files", job_id), _linked)


def _linked(reply: Reply) -> list[LinkedFile]:
    return [LinkedFile.model_validate(each) for each in reply.items("items")]


def watching(job_id: str, on_progress: OnProgress | None) -> Generator[Call[Job] | float, Any, Job]:
    """Look at a job until it has ended, with pauses that grow while nothing happens; returns it."""
    wait, known = _SHORTEST_WAIT, ("", 0, "")
    while True:
        job: Job = yield get(job_id)
        if on_progress is not None:
            on_progress(job)
        if job.has_ended:
            return job
        seen = (job.state, job.progress.done, job.progress.note)
        wait = _SHORTEST_WAIT if seen != known else min(_LONGEST_WAIT, wait * _GROWTH)
        known = seen
        yield wait


# -- imports ---------------------------------------------------------------------------------------------------


def create_import(
    entity: str | None,
    file_name: str | None,
    size_bytes: int | None,
    from_job_id: str | None,
    key: str | None,
) -> Call[NewImport]:
    body = {"entity": entity, "fileName": file_name, "sizeBytes": size_bytes, "fromJobId": from_job_id}
    told = {name: value for name, value in body.items() if value is not None}
    return Call("POST", IMPORTS, read_model(NewImport), json=told, headers=post_headers(key))


def import_upload(job_id: str) -> Call[Upload]:
    return Call("GET", path(f"{IMPORTS}/{{}}/upload", job_id), read_model(Upload))


def sign_import_parts(job_id: str, numbers: Sequence[int]) -> Call[dict[int, str]]:
    target = path(f"{IMPORTS}/{{}}/upload/parts", job_id)

    def read(reply: Reply) -> dict[int, str]:
        return {int(each["partNumber"]): str(each["url"]) for each in reply.json_object()["urls"]}

    return Call("POST", target, read, json={"partNumbers": list(numbers)}, safe=True)


def import_parts(job_id: str) -> Call[frozenset[int]]:
    target = path(f"{IMPORTS}/{{}}/upload/parts", job_id)
    return Call(
        "GET", target, lambda reply: frozenset(int(each["partNumber"]) for each in reply.items("items"))
    )


def preview_import(
    job_id: str, options: Mapping[str, Any], mapping: Sequence[Mapping[str, Any]] | None
) -> Call[ImportPreview]:
    body: dict[str, Any] = {"options": dict(options)}
    if mapping is not None:
        body["mapping"] = [dict(each) for each in mapping]
    return Call(
        "POST", path(f"{IMPORTS}/{{}}:preview", job_id), read_model(ImportPreview), json=body, safe=True
    )


def start_import(
    job_id: str, mapping: Sequence[Mapping[str, Any]] | None, options: Mapping[str, Any], dry_run: bool
) -> Call[Job]:
    body: dict[str, Any] = {"options": dict(options), "dryRun": dry_run}
    if mapping is not None:
        body["mapping"] = [dict(each) for each in mapping]
    target = path(f"{IMPORTS}/{{}}:start", job_id)
    return Call("POST", target, read_model(Job), json=body, headers=post_headers(None))


def import_rows(
    job_id: str, outcome: str | None, limit: int
) -> Callable[[str | None], Call[Page[ImportRow]]]:
    target = path(f"{IMPORTS}/{{}}/rows", job_id)
    return pages_of(ImportRow.model_validate, target, query_of(outcome=outcome, limit=limit))


def undo_import(job_id: str, key: str | None) -> Call[Job]:
    return _started(path(f"{IMPORTS}/{{}}:undo", job_id), None, key)


# -- exports and reports ---------------------------------------------------------------------------------------


def create_export(body: Mapping[str, Any], key: str | None) -> Call[Job]:
    return _started("/v1/exports", body, key)


def create_report(report: str, period: str, options: Mapping[str, Any], key: str | None) -> Call[Job]:
    asked = {name: value for name, value in options.items() if value is not None}
    return _started("/v1/reports", {"report": report, "period": period, **asked}, key)


def report(job_id: str) -> Call[Report]:
    return Call("GET", path("/v1/reports/{}", job_id), read_model(Report))


def report_files(job_id: str) -> Call[list[LinkedFile]]:
    return Call("GET", path("/v1/reports/{}/files", job_id), _linked)


def schedules(limit: int) -> Callable[[str | None], Call[Page[ReportSchedule]]]:
    return pages_of(ReportSchedule.model_validate, SCHEDULES, query_of(limit=limit))


def create_schedule(body: Mapping[str, Any], key: str | None) -> Call[ReportSchedule]:
    return Call("POST", SCHEDULES, read_model(ReportSchedule), json=dict(body), headers=post_headers(key))


def schedule(schedule_id: str) -> Call[ReportSchedule]:
    return Call("GET", path(f"{SCHEDULES}/{{}}", schedule_id), read_model(ReportSchedule))


def change_schedule(
    schedule_id: str, changes: Mapping[str, Any], version: int | None
) -> Call[ReportSchedule]:
    headers = None if version is None else if_match(version)
    target = path(f"{SCHEDULES}/{{}}", schedule_id)
    return Call("PATCH", target, read_model(ReportSchedule), json=dict(changes), headers=headers)


def delete_schedule(schedule_id: str) -> Call[None]:
    return Call("DELETE", path(f"{SCHEDULES}/{{}}", schedule_id), read_nothing)


# -- privacy ---------------------------------------------------------------------------------------------------


def create_request(
    kind: str, subject: Mapping[str, str], reason: str | None, confirm: bool, key: str | None
) -> Call[Job]:
    body: dict[str, Any] = {"kind": kind, "subject": dict(subject), "confirm": confirm}
    if reason is not None:
        body["reason"] = reason
    return _started(REQUESTS, body, key)


def requests(limit: int) -> Callable[[str | None], Call[Page[Job]]]:
    return pages_of(Job.model_validate, REQUESTS, query_of(limit=limit))


def request(job_id: str) -> Call[Job]:
    return Call("GET", path(f"{REQUESTS}/{{}}", job_id), read_model(Job))


def request_again(job_id: str, key: str | None) -> Call[Job]:
    return _started(path(f"{REQUESTS}/{{}}:again", job_id), None, key)


def certificate(job_id: str) -> Call[Certificate]:
    return Call("GET", path(f"{REQUESTS}/{{}}/certificate", job_id), read_model(Certificate))


def holds() -> Call[list[LegalHold]]:
    return Call("GET", HOLDS, lambda reply: [LegalHold.model_validate(each) for each in reply.items("items")])


def create_hold(body: Mapping[str, Any], key: str | None) -> Call[LegalHold]:
    return Call("POST", HOLDS, read_model(LegalHold), json=dict(body), headers=post_headers(key))


def end_hold(hold_id: str) -> Call[None]:
    return Call("DELETE", path(f"{HOLDS}/{{}}", hold_id), read_nothing)


def retention() -> Call[Retention]:
    return Call("GET", RETENTION, read_model(Retention))


def set_retention(body: Mapping[str, Any]) -> Call[Retention]:
    return Call("PUT", RETENTION, read_model(Retention), json=dict(body))


# -- backups ---------------------------------------------------------------------------------------------------


def create_backup(key: str | None) -> Call[Job]:
    return _started(BACKUPS, None, key)


def backups(limit: int) -> Callable[[str | None], Call[Page[dict[str, Any]]]]:
    return pages_of(dict, BACKUPS, query_of(limit=limit))


def restore_backup(job_id: str, mode: RestoreMode, key: str | None) -> Call[Job]:
    return _started(path(f"{BACKUPS}/{{}}:restore", job_id), {"mode": mode}, key)
