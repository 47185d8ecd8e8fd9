"""`zebros me ...`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.options import examples, one_of
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    moment,
    note,
    print_json,
    print_record,
    print_table,
)
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Channels, Preferences

app = typer.Typer(help="Yourself: what you may do, what you prefer, your devices.")
devices = typer.Typer(help="Devices that get your push notifications.", no_args_is_help=True)
app.add_typer(devices, name="devices")

WAYS = ("push", "email")


@app.callback(invoke_without_command=True, epilog=examples("zebros me", "zebros me permissions --denied"))
def me(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Yourself as the service knows you, with role, team, tenant and preferences."""
    if ctx.invoked_subcommand is not None:
        return
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.me.get()
    if json:
        print_json(found.to_json())
        return
    tenant = found.tenant
    print_record(
        [
            ("id", found.id),
            ("name", found.name),
            ("email", found.email),
            ("role", found.role),
            ("team", found.team_id),
            ("status", found.status),
            (
                "tenant",
                " ".join(part for part in (tenant.id, f"({tenant.name})") if part) if tenant else None,
            ),
            *(_preference_pairs(found.preferences) if found.preferences is not None else ()),
        ]
    )


@app.command(epilog=examples("zebros me permissions --entity customer"))
def permissions(
    ctx: typer.Context,
    entity: Annotated[str | None, typer.Option(help="Only of this kind of record.")] = None,
    denied: Annotated[bool, typer.Option("--denied", help="Only what is not allowed.")] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """What you may do, to whose records, and why."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        everything = client.me.permissions()
    found = [each for each in everything if entity in {None, each.entity} and not (denied and each.allowed)]
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (each.entity, each.action, (each.visibility or "yes") if each.allowed else "no", each.reason)
        for each in found
    ]
    known = ", ".join(sorted({each.entity for each in everything}))
    print_table(("entity", "action", "allowed", "why"), rows, empty=f"Nothing matches. Known are: {known}")


@app.command(
    epilog=examples(
        "zebros me preferences",
        "zebros me preferences --time-zone Europe/Berlin --quiet-hours 22:00-07:00",
        "zebros me preferences --channel customer.assigned:email=off",
    )
)
def preferences(
    ctx: typer.Context,
    language: Annotated[str | None, typer.Option(help="en or de.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Such as Europe/Berlin.")] = None,
    quiet_hours: Annotated[
        str | None, typer.Option(metavar="FROM-TO", help="22:00-07:00, or none; in your time zone.")
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:WAY=on|off", help="Ways are push and email; may be given several times."),
    ] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show what you prefer, or change what is given."""
    ctx.meta["zebros.json"] = json
    fields: dict[str, Any] = {}
    if language is not None:
        fields["language"] = language
    if time_zone is not None:
        fields["time_zone"] = time_zone
    if quiet_hours is not None:
        fields["quiet_hours"] = _hours(quiet_hours)
    if channel:
        fields["channels"] = _channels(channel)
    with connect(ctx, profile) as client:
        found = client.me.preferences.update(**fields) if fields else client.me.preferences.get()
    if json:
        print_json(found.to_json())
    else:
        print_record(_preference_pairs(found))


@devices.command("list")
def list_devices(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """List your devices."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(client.me.devices.list())
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (each.id, each.platform, each.name, "yes" if each.push else "no", moment(each.updated_at))
        for each in found
    ]
    empty = "No devices. The app registers its own; by hand: zebros me devices add apns TOKEN"
    print_table(("id", "platform", "name", "push", "last seen"), rows, empty=empty)


@devices.command("add")
def add_device(
    ctx: typer.Context,
    platform: Annotated[str, typer.Argument(help="apns or fcm.", show_default=False)],
    token: Annotated[str, typer.Argument(help="What its system gave the app.", show_default=False)],
    name: Annotated[str, typer.Option(help="What you call it.")] = "zebros",
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Register a device. The same token is the same device."""
    ctx.meta["zebros.json"] = json
    one_of(platform, ("apns", "fcm"), "PLATFORM")
    with connect(ctx, profile) as client:
        added = client.me.devices.add(
            platform=platform,  # pyright: ignore[reportArgumentType]
            token=token,
            name=name,
        )
    if json:
        print_json(added.to_json())
    else:
        note(f"Added device {added.id}.")


@devices.command("remove")
def remove_device(
    ctx: typer.Context,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="The device's id.", show_default=False)],
    profile: ProfileName = None,
) -> None:
    """Send no more to a device."""
    with connect(ctx, profile) as client:
        client.me.devices.remove(device)
    note(f"Removed device {device}.")


def _hours(text: str) -> tuple[str, str] | None:
    if text == "none":
        return None
    start, dash, end = text.partition("-")
    if not (start.strip() and dash and end.strip()):
        raise typer.BadParameter("as in 22:00-07:00, or none", param_hint="--quiet-hours")
    return start.strip(), end.strip()


def _channels(texts: list[str]) -> dict[str, dict[str, bool]]:
    chosen: dict[str, dict[str, bool]] = {}
    for text in texts:
        kind, _, choice = text.partition(":")
        way, _, value = choice.partition("=")
        if not kind or way not in WAYS or value not in {"on", "off"}:
            raise typer.BadParameter(
                f"{text!r} is not as in customer.assigned:email=off", param_hint="--channel"
            )
        chosen.setdefault(kind, {})[way] = value == "on"
    return chosen


def _preference_pairs(preferences: Preferences) -> list[tuple[str, Any]]:
    hours = preferences.quiet_hours
    return [
        ("language", preferences.language),
        ("time zone", preferences.time_zone),
        ("quiet hours", f"{hours.from_[:5]}-{hours.to[:5]}" if hours is not None else "none"),
        *((kind, _ways(chosen)) for kind, chosen in sorted(preferences.channels.items())),
    ]


def _ways(chosen: Channels) -> str:
    return f"push {'on' if chosen.push else 'off'}, email {'on' if chosen.email else 'off'}"
