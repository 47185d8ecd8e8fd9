"""`zebros offline conflicts` and `resolve`: edits that met, and what becomes of them."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

from zebros.cli.options import Everything, Limit, examples, named_values, one_of, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_table
from zebros.cli.runtime import connect

__all__ = ["app", "short"]

app = typer.Typer()


@app.command(epilog=examples("zebros offline conflicts --state open"))
def conflicts(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="open or settled; both if not given.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List edits that met: what was overridden, and what waits for a decision. Needs a network."""
    ctx.meta["zebros.json"] = json
    one_of(state, ("open", "settled"), "--state")
    with connect(ctx, profile) as client:
        found = list(taken(client.sync.conflicts.list(state=state), limit, everything))
    if json:
        print_json([conflict.to_json() for conflict in found])
        return
    rows = [
        (
            each.id,
            f"{each.entity} {each.record_id}",
            name,
            short(field.device),
            short(field.server),
            field.kept or "?",
        )
        for each in found
        for name, field in each.fields.items()
    ]
    columns = ("conflict", "record", "field", "device", "server", "kept")
    print_table(columns, rows, empty="Nothing was edited on two sides.")


@app.command(epilog=examples("zebros offline resolve CONFLICT --keep companyName=device"))
def resolve(
    ctx: typer.Context,
    conflict: Annotated[str, typer.Argument(help="The conflict's id.", show_default=False)],
    keep: Annotated[
        list[str],
        typer.Option("--keep", metavar="FIELD=device|server", help="Whose value stays, for each field."),
    ],
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Decide an open conflict. Needs a network."""
    ctx.meta["zebros.json"] = json
    sides = {str(name): str(side) for name, side in named_values(keep, "--keep").items()}
    for side in sides.values():
        one_of(side, ("device", "server"), "--keep")
    with connect(ctx, profile) as client:
        settled = client.sync.conflicts.resolve(conflict, sides)
    if json:
        print_json(settled.to_json())
    else:
        note(f"Settled {moment(settled.resolved_at)}.")


def short(value: Any) -> str:
    """A value as a cell shows it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json_module.dumps(value, ensure_ascii=False)
