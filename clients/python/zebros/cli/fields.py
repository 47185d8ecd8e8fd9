"""`zebros fields ...`"""

from __future__ import annotations

from typing import Annotated

import typer

from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table
from zebros.cli.runtime import connect

app = typer.Typer(help="Fields that your company added to its records.", no_args_is_help=True)

ENTITIES = ("customer", "contact", "lead", "opportunity", "product", "activity")
TYPES = ("text", "number", "boolean", "date", "choice")


@app.command("list")
def list_(
    ctx: typer.Context,
    entity: Annotated[str | None, typer.Option(help=f"{', '.join(ENTITIES)}.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List custom fields."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(client.fields.list(entity=entity))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [(each.id, each.entity, each.name, each.type, ", ".join(each.choices or ())) for each in found]
    empty = "No custom fields. Add one with: zebros fields create customer NAME --type text"
    print_table(("id", "entity", "name", "type", "choices"), rows, empty=empty)


@app.command()
def create(
    ctx: typer.Context,
    entity: Annotated[str, typer.Argument(help=f"{', '.join(ENTITIES)}.", show_default=False)],
    name: Annotated[
        str, typer.Argument(help="As in JSON: letters and digits, first a small one.", show_default=False)
    ],
    type: Annotated[str, typer.Option(help="text, number, boolean, date or choice.")] = "text",
    label: Annotated[str | None, typer.Option(help="What people see.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A value of a choice; several times.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Add a custom field."""
    ctx.meta["zebros.json"] = json
    if type not in TYPES:
        raise typer.BadParameter(f"one of {', '.join(TYPES)}", param_hint="--type")
    if (type == "choice") != bool(choice):
        raise typer.BadParameter("goes with --type choice, which needs it", param_hint="--choice")
    with connect(ctx, profile) as client:
        created = client.fields.create(
            entity=entity,
            name=name,
            type=type,  # pyright: ignore[reportArgumentType]
            label=label,
            choices=choice,
        )
    if json:
        print_json(created.to_json())
    else:
        note(f"Added {created.entity} field custom.{created.name} ({created.type}), id {created.id}.")


@app.command()
def delete(
    ctx: typer.Context,
    field: Annotated[str, typer.Argument(help="The field's id.", show_default=False)],
    profile: ProfileName = None,
) -> None:
    """Remove a custom field; values that records hold stay."""
    with connect(ctx, profile) as client:
        client.fields.delete(field)
    note(f"Removed field {field}.")
