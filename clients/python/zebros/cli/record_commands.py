"""What all kinds of records have alike on the command line: lists, one record, show, delete, restore, history."""

# No `from __future__ import annotations` here: the arguments of each command are made from its kind of record.

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import typer

from zebros.cli.options import Limit, Version, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record, print_table
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.client import Client

__all__ = ["RecordKind", "add_record_commands", "common_pairs", "page_size"]

R = TypeVar("R")

Pairs = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class RecordKind(Generic[R]):
    """A kind of record as the command shows it. `group` is its group of commands, `collection` the SDK's."""

    noun: str
    group: str
    collection: "Callable[[Client], Any]"
    columns: Mapping[str, Callable[[R], str | None]]
    pairs: Callable[[R], Pairs]
    numbers: tuple[str, ...] = ()
    """The columns that end at the right."""

    @property
    def argument(self) -> Any:
        """The argument that takes such a record's id."""
        return typer.Argument(metavar=self.noun.upper(), help=f"The {self.noun}'s id.", show_default=False)

    def print_many(self, records: Iterable[R], json: bool, empty: str) -> None:
        """A table, JSON, or the sentence for none at all."""
        if json:
            print_json([record.to_json() for record in records])  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
            return
        rows = ([read(each) or "" for read in self.columns.values()] for each in records)
        print_table(tuple(self.columns), rows, empty=empty, numbers=self.numbers)

    def print_one(self, record: R, json: bool) -> None:
        """Name and value on a line each, or JSON."""
        if json:
            print_json(record.to_json())  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        else:
            print_record(self.pairs(record))


def common_pairs(record: Any) -> Pairs:
    """What every record ends with."""
    return [
        ("owner", record.owner_id),
        ("team", record.team_id),
        ("external id", record.external_id),
        ("tags", record.tags),
        *((f"custom.{name}", value) for name, value in sorted(record.custom.items())),
        ("version", record.version),
        ("updated", moment(record.updated_at)),
    ]


def page_size(limit: int, everything: bool) -> int:
    """How many records to ask for at once; 200 is the most that the API gives."""
    return 200 if everything else min(limit, 200)


def add_record_commands(
    app: typer.Typer, kind: RecordKind[Any], *, show: str | None = "show", external: bool = True
) -> None:
    """Add the commands that take a record's id. `show` is the name of the one that shows it, None: another has it."""
    if show is not None:
        _add_show(app, kind, show, external)

    @app.command(help=f"Move the {kind.noun} to the trash.")
    def delete(
        ctx: typer.Context,
        record: Annotated[str, kind.argument],
        version: Version = None,
        profile: ProfileName = None,
    ) -> None:
        with connect(ctx, profile) as client:
            kind.collection(client).delete(record, version=version)
        note(f"In the trash. To bring it back: zebros {kind.group} restore {record}")

    @app.command(help=f"Bring the {kind.noun} back from the trash.")
    def restore(
        ctx: typer.Context,
        record: Annotated[str, kind.argument],
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        ctx.meta["zebros.json"] = json
        with connect(ctx, profile) as client:
            kind.print_one(kind.collection(client).restore(record), json)

    @app.command()
    def history(
        ctx: typer.Context,
        record: Annotated[str, kind.argument],
        limit: Limit = 50,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        """Show who changed what, and when."""
        ctx.meta["zebros.json"] = json
        with connect(ctx, profile) as client:
            entries = list(taken(kind.collection(client).history(record), limit, False))
        if json:
            print_json([entry.to_json() for entry in entries])
            return
        rows = [
            (
                str(entry.version),
                moment(entry.at),
                entry.operation,
                entry.actor or "",
                ", ".join(sorted(entry.changes)),
            )
            for entry in entries
        ]
        print_table(("version", "when", "what", "who", "fields"), rows, empty="No changes are recorded.")


def _add_show(app: typer.Typer, kind: RecordKind[Any], name: str, external: bool) -> None:
    description = f"Show one {kind.noun}."
    if not external:

        @app.command(name, help=description)
        def show(
            ctx: typer.Context,
            record: Annotated[str, kind.argument],
            profile: ProfileName = None,
            json: JsonFlag = False,
        ) -> None:
            ctx.meta["zebros.json"] = json
            with connect(ctx, profile) as client:
                kind.print_one(kind.collection(client).get(record), json)

        return

    @app.command(name, help=description)
    def show_either(
        ctx: typer.Context,
        record: Annotated[str, kind.argument],
        external: Annotated[bool, typer.Option("--external-id", help="The id is another system's.")] = False,
        profile: ProfileName = None,
        json: JsonFlag = False,
    ) -> None:
        ctx.meta["zebros.json"] = json
        with connect(ctx, profile) as client:
            collection = kind.collection(client)
            found = collection.get_by_external_id(record) if external else collection.get(record)
            kind.print_one(found, json)
