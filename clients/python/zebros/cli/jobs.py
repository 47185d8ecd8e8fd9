"""`zebros jobs ...`: what was started, how far it is, what it came to."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.options import Everything, Limit, examples, one_of, taken
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    moment,
    note,
    print_json,
    print_record,
    print_table,
    progress,
    report_error,
)
from zebros.cli.runtime import connect
from zebros.errors import NotFoundError, TransportError

if TYPE_CHECKING:
    from zebros.client import Client
    from zebros.models import Job

__all__ = ["Detach", "JobId", "app", "finish", "listed_by", "save_files", "tell_job", "watch_job"]

app = typer.Typer(help="Work that takes a while: imports, exports, reports and so on.", no_args_is_help=True)

KINDS = ("import", "undo", "export", "report", "privacy", "backup", "restore", "retention")
STATES = ("awaitingFile", "queued", "running", "succeeded", "failed", "cancelled")

JobId = Annotated[str, typer.Argument(help="The job's id.", show_default=False)]
Detach = Annotated[bool, typer.Option("--detach", help="Start it and do not wait for its end.")]


@app.command("list", epilog=examples("zebros jobs list --kind import --state failed"))
def list_(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Option(help=f"One of: {', '.join(KINDS)}.")] = None,
    state: Annotated[str | None, typer.Option(help=f"One of: {', '.join(STATES)}.")] = None,
    limit: Limit = 20,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List your jobs, newest first; administrators see everybody's."""
    ctx.meta["zebros.json"] = json
    one_of(kind, KINDS, "--kind")
    one_of(state, STATES, "--state")
    with connect(ctx, profile) as client:
        found = list(taken(client.jobs.list(kind=kind, state=state), limit, everything))
    if json:
        print_json([job.to_json() for job in found])
        return
    rows = [(job.id, job.kind, job.title, job.state, _how_far(job), moment(job.created_at)) for job in found]
    empty = (
        "There are no such jobs. All are listed by: zebros jobs list"
        if kind or state
        else "No jobs yet. Start one with: zebros customers import FILE"
    )
    print_table(("id", "kind", "of", "state", "done", "started"), rows, empty=empty)


@app.command(epilog=examples("zebros jobs show JOB"))
def show(ctx: typer.Context, job: JobId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show a job: how far it is, or how it ended."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros jobs list"), connect(ctx, profile) as client:
        found = client.jobs.get(job)
    tell_job(found, as_json=json)


@app.command(epilog=examples("zebros jobs watch JOB"))
def watch(ctx: typer.Context, job: JobId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Watch a job to its end, with a bar. Ctrl+C stops the watching, not the job."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros jobs list"), connect(ctx, profile) as client:
        found = client.jobs.get(job)
        if found.state == "awaitingFile":
            note("It waits for its file, and begins when that is there and the import is started.")
            note(f"Import the file anew, and end this one with: zebros jobs cancel {job}")
        else:
            found = found if found.has_ended else watch_job(client, job)
    finish(found, as_json=json)


@app.command(epilog=examples("zebros jobs cancel JOB"))
def cancel(ctx: typer.Context, job: JobId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Stop a job. What it did until then stays done, and its end says how much that is."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros jobs list"), connect(ctx, profile) as client:
        found = client.jobs.cancel(job)
    if json:
        print_json(found.to_json())
    else:
        later = f"It stops at its next checkpoint. See it end with: zebros jobs watch {job}"
        note("Cancelled." if found.has_ended else later)


@app.command(epilog=examples("zebros jobs download JOB --to reports/"))
def download(
    ctx: typer.Context,
    job: JobId,
    to: Annotated[Path, typer.Option(file_okay=False, help="Into this folder.")] = Path(),
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Get the files that a job made."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros jobs list"), connect(ctx, profile) as client:
        saved = save_files(client, job, to)
        ended = bool(saved) or client.jobs.get(job).has_ended
    if json:
        print_json([str(path) for path in saved])
    elif not saved:
        note(
            "This job made no files." if ended else f"There are none yet; wait with: zebros jobs watch {job}"
        )


def watch_job(client: Client, job_id: str) -> Job:
    """Wait for the end of a job, with a bar. Whoever stops waiting is told that it goes on."""
    try:
        with progress(f"Job {job_id}", 100) as bar:
            return client.jobs.watch(job_id, on_progress=lambda job: bar(_share(job), _bar_text(job)))
    except KeyboardInterrupt:
        note("The job goes on without you.")
        note(f"Watch it again:  zebros jobs watch {job_id}")
        note(f"Stop it:         zebros jobs cancel {job_id}")
        raise typer.Exit(ExitCode.STOPPED) from None
    except TransportError:
        note(f"The job goes on. When there is a network, watch it again: zebros jobs watch {job_id}")
        raise


@contextmanager
def listed_by(ctx: typer.Context, command: str) -> Generator[None]:
    """Where nothing has the id that was given, say by which command the ids are listed."""
    try:
        yield
    except NotFoundError as error:
        as_json = bool(ctx.meta.get("zebros.json"))
        hint = f"Those that you may see are listed by: {command}"
        raise typer.Exit(report_error(error, as_json=as_json, hint=hint)) from error


def save_files(client: Client, job_id: str, folder: Path, *, named: str | None = None) -> list[Path]:
    """Write a job's files into a folder; with a name, the first of them is called so."""
    folder.mkdir(parents=True, exist_ok=True)
    saved: list[Path] = []
    for file in client.jobs.files(job_id):
        target = folder / (named if named and not saved else Path(file.name).name)
        with progress(target.name, file.size_bytes or None) as bar:
            client.jobs.download(file, target, progress=lambda done, total, tell=bar: tell(done, ""))
        saved.append(target)
        note(f"Saved {target}.")
    return saved


def tell_job(job: Job, *, as_json: bool, saved: bool = False) -> None:
    """Show a job, however it ended; where its files are not `saved` yet, say how to get them."""
    if as_json:
        print_json(job.to_json())
        return
    print_record(
        [
            ("id", job.id),
            ("kind", job.kind),
            ("of", job.title),
            ("state", job.state),
            ("done", _how_far(job)),
            ("now", "" if job.has_ended else job.progress.note),
            ("started", moment(job.started_at)),
            ("ended", moment(job.finished_at)),
            *_figures(job.result or {}),
        ]
    )
    if job.state in ("queued", "running"):
        note(f"It goes on; watch it with: zebros jobs watch {job.id}")
    for file in () if saved else job.files:
        note(f"File {file.name} ({file.size_bytes:,} bytes): zebros jobs download {job.id}")
    if job.problem is not None:
        note(job.problem.detail)
        for fault in job.problem.errors:
            note("  " + ": ".join(str(fault[key]) for key in ("field", "message") if fault.get(key)))


def finish(job: Job, *, as_json: bool, saved: bool = False) -> None:
    """Show how a job ended; a failed one ends the command with an error."""
    tell_job(job, as_json=as_json, saved=saved)
    if job.state != "succeeded":
        raise typer.Exit(ExitCode.PARTIAL if job.state == "cancelled" else ExitCode.INVALID)


def _figures(result: Mapping[str, Any]) -> list[tuple[str, object]]:
    """The figures of a result that fit on a line each: what is counted by name, and by kind and name, as well."""
    found: list[tuple[str, object]] = []
    for name, value in result.items():
        match value:
            case bool() | str() | float():
                found.append((name, value))
            case int():
                found.append((name, f"{value:,}"))
            case dict():
                inner = {} if (counted := _counted(value)) else value
                found += [(name, counted), *((kind, _counted(each)) for kind, each in inner.items())]
            case _:
                pass
    return found


def _counted(value: object) -> str:
    """`{"created": 2}` as `2 created`; empty for all else."""
    counts: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if not all(type(count) is int for count in counts.values()):
        return ""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _how_far(job: Job) -> str:
    percent, at = _percent(job), job.progress
    if percent is not None:
        return f"{percent} %"
    return f"{at.done:,} {at.unit}" if at.done else ""


def _percent(job: Job) -> int | None:
    at = job.progress
    return min(100, 100 * at.done // at.total) if at.total else None


def _share(job: Job) -> int:
    """Percent for the bar; of work whose size nobody knew, all or nothing."""
    return 100 if job.state == "succeeded" else _percent(job) or 0


def _bar_text(job: Job) -> str:
    counted = ", ".join(f"{count:,} {name}" for name, count in job.progress.counters.items() if count)
    return " ".join(filter(None, (job.state, _how_far(job), counted, job.progress.note)))
