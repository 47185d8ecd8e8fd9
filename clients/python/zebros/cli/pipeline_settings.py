"""`zebros pipeline stages ...` and `zebros pipeline currencies ...`"""

from __future__ import annotations

import json as json_text
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.options import Version, amount, examples, one_of
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from zebros.models import Currencies, Stages

stages = typer.Typer(help="The stages that opportunities go through.")
currencies = typer.Typer(help="The currency that you count in, and the rates of others.")

KINDS = ("open", "won", "lost")
CATEGORIES = ("pipeline", "bestCase", "commit", "closed", "omitted")
_KEY = re.compile(r"[a-z][a-z0-9-]{0,31}")


@stages.callback(invoke_without_command=True)
def show_stages(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """The stages that opportunities go through; without a command they are shown."""
    if ctx.invoked_subcommand is not None:
        return
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _print_stages(client.pipeline.stages.get(), json)


@stages.command(
    "set",
    epilog=examples(
        "zebros pipeline stages set --open prospecting:10 --open 'talks=In talks:50' --won won --lost lost",
        "zebros pipeline stages --json > stages.json; zebros pipeline stages set stages.json",
    ),
)
def set_stages(
    ctx: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="JSON as `zebros pipeline stages --json` prints it, or -.")
    ] = None,
    open_: Annotated[
        list[str] | None,
        typer.Option(
            "--open", metavar="KEY[=NAME]:PERCENT[:CATEGORY]", help="A stage of open ones; in order."
        ),
    ] = None,
    won: Annotated[
        list[str] | None, typer.Option("--won", metavar="KEY[=NAME]", help="A stage of won ones.")
    ] = None,
    lost: Annotated[
        list[str] | None, typer.Option("--lost", metavar="KEY[=NAME]", help="A stage of lost ones.")
    ] = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Set all stages, in their order. One in which opportunities are cannot go, nor change its kind."""
    ctx.meta["zebros.json"] = json
    options = [
        *(_stage(text, "open") for text in open_ or ()),
        *(_stage(text, "won") for text in won or ()),
        *(_stage(text, "lost") for text in lost or ()),
    ]
    if bool(options) == (file is not None):
        raise typer.BadParameter("give either a file, or --open, --won and --lost", param_hint="FILE")
    wanted = _stages_in(file) if file is not None else options
    with connect(ctx, profile) as client:
        current = version or client.pipeline.stages.get().version
        _print_stages(client.pipeline.stages.replace(wanted, version=current), json)


@stages.command(
    "edit", epilog=examples("zebros pipeline stages edit proposal --probability 60 --category commit")
)
def edit_stage(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="The stage's key.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="What people read.")] = None,
    probability: Annotated[int | None, typer.Option(min=0, max=100, help="In percent.")] = None,
    category: Annotated[str | None, typer.Option(help=f"For the forecast: {', '.join(CATEGORIES)}.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change one stage; what is not named stays."""
    ctx.meta["zebros.json"] = json
    one_of(category, CATEGORIES, "--category")
    if name is None and probability is None and category is None:
        raise typer.BadParameter("nothing to change: give at least one option")
    with connect(ctx, profile) as client:
        current = client.pipeline.stages.get()
        stage = next((each for each in current.stages if each.key == key), None)
        if stage is None:
            known = ", ".join(each.key for each in current.stages)
            raise typer.BadParameter(f"there is no stage {key!r} (there are: {known})", param_hint="KEY")
        stage.name = name or stage.name
        stage.probability = stage.probability if probability is None else probability
        stage.forecast_category = category or stage.forecast_category
        _print_stages(client.pipeline.stages.replace(current.stages, version=current.version), json)


@currencies.callback(invoke_without_command=True)
def show_currencies(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """The currency that you count in, and the rates of others; without a command they are shown."""
    if ctx.invoked_subcommand is not None:
        return
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _print_currencies(client.pipeline.currencies.get(), json)


@currencies.command(
    "set",
    epilog=examples(
        "zebros pipeline currencies set --base EUR --rate USD=0.92 --rate GBP=1.17",
        "zebros pipeline currencies set --rate USD=0.93 --remove GBP",
    ),
)
def set_currencies(
    ctx: typer.Context,
    base: Annotated[str | None, typer.Option(help="The currency that you count in, such as EUR.")] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", metavar="CODE=RATE", help="What one of it is worth in the base; repeatable."),
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Take a rate away.")] = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Set the base currency and rates. Rates that are not named stay, unless the base changes."""
    ctx.meta["zebros.json"] = json
    rates = dict(_rate(text) for text in rate or ())
    if base is None and not rates and not remove:
        raise typer.BadParameter("nothing to change: give at least one option")
    with connect(ctx, profile) as client:
        current = client.pipeline.currencies.get()
        chosen = (base or current.base_currency).upper()
        # Rates in terms of another base would be wrong, not just old.
        kept = current.rates if chosen == current.base_currency else {}
        gone = {code.upper() for code in remove or ()}
        wanted = {code: each for code, each in {**kept, **rates}.items() if code not in gone}
        changed = client.pipeline.currencies.replace(chosen, wanted, version=version or current.version)
        _print_currencies(changed, json)
    if not json and chosen != current.base_currency and current.rates:
        note(f"The rates in {current.base_currency} are gone; give new ones with --rate.")


def _stage(text: str, kind: str) -> dict[str, Any]:
    named, *rest = text.split(":")
    key, _, name = named.partition("=")
    expected = 2 if kind == "open" else 0
    if not _KEY.fullmatch(key) or len(rest) > expected or (kind == "open" and not rest):
        form = "KEY[=NAME]:PERCENT[:CATEGORY]" if kind == "open" else "KEY[=NAME]"
        raise typer.BadParameter(
            f"{text!r} is not {form}, as in {'talks=In talks:50' if kind == 'open' else kind}; a key is of small"
            " letters, digits and dashes",
            param_hint=f"--{kind}",
        )
    percent = {"won": 100, "lost": 0}.get(kind)
    if percent is None:
        if not rest[0].isdigit() or int(rest[0]) > 100:
            raise typer.BadParameter(f"{rest[0]!r} is not a percentage from 0 to 100", param_hint="--open")
        percent = int(rest[0])
    category = rest[1] if len(rest) > 1 else _category(kind, percent)
    one_of(category, CATEGORIES, f"--{kind}")
    return {
        "key": key,
        "name": name or key.replace("-", " ").capitalize(),
        "kind": kind,
        "probability": percent,
        "forecast_category": category,
    }


def _category(kind: str, percent: int) -> str:
    """As the stages that a new tenant has: from 50 percent on the best case, from 75 on a commitment."""
    if kind != "open":
        return "closed" if kind == "won" else "omitted"
    return "commit" if percent >= 75 else "bestCase" if percent >= 50 else "pipeline"


def _stages_in(file: str) -> Sequence[dict[str, Any]]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        read = json_text.loads(text)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file}: not JSON ({error})", param_hint="FILE") from error
    listed = read.get("stages") if isinstance(read, dict) else read
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise typer.BadParameter(
            f"{file}: not a list of stages, nor an object with one in `stages`", param_hint="FILE"
        )
    return listed


def _rate(text: str) -> tuple[str, Decimal]:
    code, equals, number = text.partition("=")
    worth = amount(number, "--rate") if equals else None
    if not code or worth is None or worth <= 0:
        raise typer.BadParameter(f"{text!r} is not CODE=RATE, as in EUR=1.08", param_hint="--rate")
    return code.upper(), worth


def _print_stages(found: Stages, json: bool) -> None:
    if json:
        print_json(found.to_json())
        return
    rows = [
        (each.key, each.name, each.kind, f"{each.probability} %", each.forecast_category or "")
        for each in found.stages
    ]
    print_table(("key", "name", "kind", "probability", "forecast"), rows, empty="No stages.")


def _print_currencies(found: Currencies, json: bool) -> None:
    if json:
        print_json(found.to_json())
        return
    rows = [
        (found.base_currency, "1", "base"),
        *((code, f"{each:f}", "") for code, each in sorted(found.rates.items())),
    ]
    print_table(("currency", f"in {found.base_currency}", ""), rows, empty="")
