"""`zebros export ...`: all records of a kind, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zebros.cli.jobs import Detach, finish, save_files, tell_job, watch_job
from zebros.cli.options import examples, named_values, one_of
from zebros.cli.output import JsonFlag, ProfileName, note, print_json
from zebros.cli.runtime import connect

ENTITIES = ("customer", "contact", "document", "lead", "product", "opportunity", "activity", "user")
FORMATS = ("csv", "xlsx", "jsonl")
EXAMPLES = examples(
    "zebros export customer --to customers.xlsx",
    "zebros export lead --where status=new --where status=working",
    "zebros export opportunity --where closeDate=2026-01-01..2026-03-31 --fields title,value,closeDate",
)


def export(
    ctx: typer.Context,
    entity: Annotated[str, typer.Argument(help=f"One of: {', '.join(ENTITIES)}.", show_default=False)],
    to: Annotated[
        Path | None, typer.Option("--to", dir_okay=False, help="The file; ENTITY.FORMAT here if not given.")
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", help="csv, xlsx or jsonl; by the name of the file if not given.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="FIELD=VALUE",
            help="Only those that have it; FIELD=FROM..TO for a range. Given again for the same field: any of the"
            " values; of tags, all.",
        ),
    ] = None,
    fields: Annotated[str | None, typer.Option(help="These fields in this order, with commas.")] = None,
    detach: Detach = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Write all records of a kind that you may export to a file, however many there are."""
    ctx.meta["zebros.json"] = json
    one_of(entity, ENTITIES, "ENTITY")
    kind = format or (to.suffix.lstrip(".") if to is not None and to.suffix else "csv")
    one_of(kind, FORMATS, "--format" if format else "the ending of --to (or say --format)")
    filters = _filters(where)
    with connect(ctx, profile) as client:
        started = client.exports.create(entity, format=kind, filters=filters, fields=_names(fields))
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
        if ended.state == "succeeded":
            target = to or Path(f"{entity}.{kind}")
            saved = save_files(client, ended.id, target.parent, named=target.name)
            if json:
                print_json({**ended.to_json(), "saved": [str(path) for path in saved]})
                return
            if not (ended.result or {}).get("records"):
                note("Nothing that you may export is like that: the file has no records.")
    finish(ended, as_json=json, saved=True)


def _names(fields: str | None) -> list[str] | None:
    return None if fields is None else [name.strip() for name in fields.split(",") if name.strip()]


def _filters(where: list[str] | None) -> dict[str, Any]:
    """What records have to have; a field that is named again gets a list, and two halves of a range are one."""
    told: dict[str, list[str]] = {}
    for pair in where or ():
        (name,) = named_values([pair], "--where")
        told.setdefault(name, []).append(pair.partition("=")[2])
    return {name: _filter(name, list(dict.fromkeys(texts))) for name, texts in told.items()}


def _filter(name: str, texts: list[str]) -> Any:
    ranges = [text.partition("..")[::2] for text in texts if ".." in text]
    if not ranges:
        return texts if len(texts) > 1 else named_values([f"{name}={texts[0]}"], "--where")[name]
    sides = [(side, end) for each in ranges for side, end in zip(("from", "to"), each, strict=True) if end]
    if len(ranges) < len(texts) or len(dict(sides)) < len(sides) or not sides:
        raise typer.BadParameter(
            f"{name} takes one range FROM..TO, or values without '..'", param_hint="--where"
        )
    return dict(sides)
