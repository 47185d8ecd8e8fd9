"""What people and programs get to read: tables, JSON, messages, progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from zebros.cli.exit_codes import exit_code_of, next_step
from zebros.errors import ApiError, DuplicateError, VersionConflictError, ZebrosError

__all__ = [
    "JsonFlag",
    "ProfileName",
    "bar",
    "mark",
    "moment",
    "money",
    "note",
    "print_json",
    "print_record",
    "print_table",
    "progress",
    "report_error",
    "spinner",
]

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of text for people.")]
ProfileName = Annotated[str | None, typer.Option("--profile", "-p", help="Which sign-in to use.")]


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """A message on standard error, so that standard output stays data."""
    typer.echo("\n".join(_printable(line) for line in text.split("\n")), err=True)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str, numbers: Collection[str] = ()
) -> None:
    """A table, or the sentence that says what to do when there is nothing in it.

    The columns of `numbers` end at the right on a terminal.
    """
    listed = [[_printable(cell) for cell in row] for row in rows]
    if not listed:
        note(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        # A pipe gets whole values: tables fitted to a width would cut ids.
        for row in ([name.upper() for name in columns], *listed):
            typer.echo("\t".join(row))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for at, name in enumerate(columns):
        align = "right" if name in numbers else "left"
        table.add_column(name, no_wrap=at == 0 or name in numbers, overflow="fold", justify=align)
    for row in listed:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def print_record(pairs: Iterable[tuple[str, object]]) -> None:
    """Name and value on a line each, without those that have none."""
    shown = [(name, _text(value)) for name, value in pairs]
    shown = [(name, text) for name, text in shown if text]
    width = max((len(name) for name, _ in shown), default=0)
    for name, text in shown:
        typer.echo(f"{name:<{width}}  {_printable(text)}")


@contextmanager
def progress(label: str, total: int | None) -> Generator[Callable[[int, str], None]]:
    """A progress bar on standard error: call what is yielded with (done so far, text). Silent in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}"),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(label, total=total, text="")
        yield lambda done, text: bar.update(task, completed=done, text=text)


@contextmanager
def spinner(label: str) -> Generator[Callable[[str], None]]:
    """A sign of life on standard error: call what is yielded with what goes on now. Silent in a pipe."""
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console

    with Console(stderr=True).status(label) as status:
        yield status.update


def mark(good: bool) -> str:
    """A tick or a cross, plainer where the terminal cannot show them."""
    sign = "\u2713" if good else "\u2717"
    try:
        sign.encode(sys.stderr.encoding or "ascii")
    except UnicodeEncodeError:
        return "ok" if good else "!!"
    return sign


def moment(value: datetime | None) -> str:
    """An instant to the second, in UTC as the API gives it."""
    return "" if value is None else value.isoformat(timespec="seconds").replace("+00:00", "Z")


def money(amount: Decimal | None, currency: str | None = None) -> str:
    """An amount with its thousands told apart, and its currency; decimals only where it has some."""
    if amount is None:
        return ""
    text = f"{amount:,.2f}" if amount != amount.to_integral_value() else f"{int(amount):,}"
    return f"{text} {currency}" if currency else text


def bar(share: float, width: int = 24) -> str:
    """A bar of that share of the width, from 0 to 1; the least that is not nothing is still seen."""
    filled = min(width, max(1, round(share * width))) if share > 0 else 0
    full = "\u2588"
    try:
        full.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        full = "#"
    return full * filled


def report_error(error: ZebrosError, *, as_json: bool, hint: str | None = None) -> int:
    """Say what went wrong and what to do next, on standard error. Returns the exit code.

    `hint` is for a command that knows better than the table what helps.
    """
    code = exit_code_of(error)
    if as_json:
        note(json.dumps({"error": _error_json(error, int(code))}, ensure_ascii=False, indent=2))
        return int(code)
    note(f"Error: {_printable(str(error))}")
    if isinstance(error, ApiError):
        for fault in error.errors:
            said = fault.field if fault.message == str(error) else f"{fault.field}: {fault.message}"
            note(f"  {_printable(said)}")
    if isinstance(error, DuplicateError):
        for record in error.duplicates:
            note(_printable(f"  {record.entity} {record.id} has the same {record.match}"))
    if isinstance(error, VersionConflictError) and error.current_version is not None:
        note(f"  The record is at version {error.current_version} now.")
    if isinstance(error, ApiError) and error.status >= 500 and error.request_id:
        note(f"  Request id: {error.request_id}")
    following = next_step(error) if hint is None else hint
    if following:
        note(f"{following}.")
    return int(code)


def _error_json(error: ZebrosError, code: int) -> dict[str, Any]:
    body: dict[str, Any] = {"message": str(error), "exitCode": code}
    if isinstance(error, ApiError):
        body |= {
            "status": error.status,
            "code": error.code,
            "errors": [
                {"field": each.field, "code": each.code, "message": each.message} for each in error.errors
            ],
            "requestId": error.request_id,
        }
    if isinstance(error, DuplicateError):
        body["duplicates"] = [
            {"entity": each.entity, "id": each.id, "match": each.match} for each in error.duplicates
        ]
    if isinstance(error, VersionConflictError):
        body["currentVersion"] = error.current_version
    return body


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, set | frozenset | list | tuple):
        return ", ".join(sorted(str(each) for each in value))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, dict):
        return ", ".join(f"{key}={each}" for key, each in value.items())  # pyright: ignore[reportUnknownVariableType]
    return str(value)


def _printable(text: str) -> str:
    """Values come from other people: control characters could drive the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
