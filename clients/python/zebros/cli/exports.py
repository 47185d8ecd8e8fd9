"""`zebros export ...`: all records of a kind, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zebros.cli.jobs import Detach, finish, save_files, tell_job, watch_job
from zebros.cli.options import named_values, one_of
from zebros.cli.output import JsonFlag, ProfileName, print_json
from zebros.cli.runtime import connect

ENTITIES = ("customer", "contact", "document", "lead", "product", "opportunity", "activity", "user")
FORMATS = ("csv", "xlsx", "jsonl")


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
            "--where", metavar="FIELD=VALUE", help="Only those that have it; FIELD=FROM..TO for a range."
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
    one_of(kind, FORMATS, "--format")
    with connect(ctx, profile) as client:
        started = client.exports.create(
            entity, format=kind, filters=_filters(where), fields=fields.split(",") if fields else None
        )
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
    finish(ended, as_json=json)


def _filters(where: list[str] | None) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    for name, value in named_values(where, "--where").items():
        if isinstance(value, str) and ".." in value:
            first, _, last = value.partition("..")
            filters[name] = {side: end for side, end in (("from", first), ("to", last)) if end}
        else:
            filters[name] = value
    return filters
