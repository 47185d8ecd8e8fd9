"""Options that several commands have, and how their values become the API's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

if TYPE_CHECKING:
    from zebros.client import Client

__all__ = [
    "USER",
    "Clear",
    "Everything",
    "Limit",
    "Tags",
    "UserFields",
    "Version",
    "Yes",
    "amount",
    "custom_values",
    "examples",
    "given",
    "instant",
    "merge_changes",
    "named_values",
    "one_of",
    "patch_of",
    "product_lines",
    "taken",
    "user_id",
]

T = TypeVar("T")

USER = "Id or e-mail address."

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")]
Everything = Annotated[bool, typer.Option("--all", help="All of them, however many.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="Only if the record is still at this version.")
]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", help="May be given several times.", show_default=False)
]
UserFields = Annotated[
    list[str] | None,
    typer.Option("--custom", metavar="NAME=VALUE", help="A custom field; may be given several times."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Clear = Annotated[
    list[str] | None,
    typer.Option("--clear", metavar="FIELD", help="Empty this field, named as in JSON (industry)."),
]


def taken(items: Iterable[T], limit: int, everything: bool) -> Iterable[T]:
    """The items that were asked for; no page is fetched beyond them."""
    return items if everything else islice(items, limit)


def examples(*commands: str) -> str:
    """The text under a command's help that shows how it is used."""
    return "\n\n".join(["Examples:", *commands])


def user_id(client: Client, user: str) -> str:
    """The id of whoever has this address; an id is taken as it is."""
    from zebros.errors import NotFoundError, Problem

    if "@" not in user:
        return user
    for found in client.users.list(email=user).first(1):
        return found.id
    raise NotFoundError(Problem(404, "not-found", "Not found", f"nobody here has the address {user}"))


def one_of(value: str | None, allowed: Sequence[str], option: str) -> None:
    """Refuse a value that is none of these, before anything is sent."""
    if value is not None and value not in allowed:
        raise typer.BadParameter(f"one of {', '.join(allowed)}", param_hint=option)


def instant(text: str | None, option: str, time_zone: str | None = None) -> datetime | None:
    """A day or an instant as ISO 8601 writes it; where it names no zone, in `time_zone`, else UTC."""
    if text is None:
        return None
    try:
        zone = ZoneInfo(time_zone) if time_zone else UTC
    except (ValueError, ZoneInfoNotFoundError):
        raise typer.BadParameter(
            f"{time_zone!r} is not a time zone such as Europe/Berlin", param_hint="--time-zone"
        ) from None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a day such as 2026-11-01 or an instant such as 2026-11-01T08:00:00Z",
            param_hint=option,
        ) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=zone)


def named_values(pairs: Sequence[str] | None, option: str, *, lists: bool = False) -> dict[str, Any]:
    """`NAME=VALUE` options; numbers, true and false as such, `lists` in JSON if wanted, everything else as text."""
    values: dict[str, Any] = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
        try:
            read = json.loads(text)
        except ValueError:
            read = text
        kept = isinstance(read, bool | int | float) or (lists and isinstance(read, list))
        values[name] = read if kept else text
    return values


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value not in (None, {}, [])}


def amount(text: str | None, option: str) -> Decimal | None:
    """A number such as 1234.50, exact."""
    if text is None:
        return None
    try:
        read = Decimal(text)
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise typer.BadParameter(f"{text!r} is not a number such as 1234.50", param_hint=option)
    return read


def product_lines(client: Client, lines: Sequence[str] | None) -> list[dict[str, Any]]:
    """`PRODUCT:QUANTITY:PRICE` options as lines; products by id or name, which are read once."""
    from zebros.cli.product_names import ProductNames

    if not lines:
        return []
    products = ProductNames(client)
    read: list[dict[str, Any]] = []
    for line in lines:
        name, *numbers = line.split(":")
        if len(numbers) > 2:
            raise typer.BadParameter(f"{line!r} is not PRODUCT[:QUANTITY[:PRICE]]", param_hint="--line")
        quantity, price = [*(amount(each, "--line") for each in numbers), None, None][:2]
        try:
            product_id = products.id_of(name.strip())
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--line") from error
        read.append(given({"product_id": product_id, "quantity": quantity, "unit_price": price}))
    return read


def custom_values(client: Client, entity: str, pairs: Sequence[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` options as values of the types that the tenant defined."""
    from zebros.cli.custom_values import convert_custom

    if not pairs:
        return {}
    definitions = {each.name: each for each in client.fields.list(entity=entity) if each.entity == entity}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        definition = definitions.get(name)
        if not equals or definition is None:
            known = ", ".join(sorted(definitions)) or "none yet; see: zebros fields create"
            raise typer.BadParameter(
                f"{pair!r} is not NAME=VALUE of a custom field ({known})", param_hint="--custom"
            )
        try:
            values[name] = convert_custom(definition, text)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--custom") from error
    return values


def merge_changes(values: dict[str, Any], clear: Sequence[str] | None) -> dict[str, Any]:
    """A merge patch of the given options; `--clear contactInfo.phone` becomes a null in its place."""
    changes = given(values)
    for field in clear or ():
        inner = changes
        *parents, last = field.split(".")
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = None
    if not changes:
        raise typer.BadParameter("nothing to change: give at least one option")
    return changes


def patch_of(values: dict[str, Any], clear: Sequence[str] | None) -> dict[str, Any]:
    """As `merge_changes`, of options that are named as in the SDK."""
    from zebros.calls.call import to_api_names

    return merge_changes(to_api_names(given(values)), clear)
