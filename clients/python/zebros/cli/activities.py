"""`zebros activities ...` and `zebros timeline`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.options import (
    USER,
    Clear,
    Everything,
    Limit,
    Tags,
    UserFields,
    Version,
    custom_values,
    examples,
    given,
    instant,
    one_of,
    patch_of,
    taken,
    user_id,
)
from zebros.cli.output import JsonFlag, ProfileName, moment
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Activity, Delivery

app = typer.Typer(help="Calls, meetings, tasks, notes and e-mails.", no_args_is_help=True)

TYPES = ("call", "meeting", "task", "note", "email")
ENTITIES = ("customer", "contact", "lead", "opportunity")
STATUSES = ("open", "completed", "cancelled")
SORTS = ("scheduledAt", "-scheduledAt", "createdAt", "-createdAt")
PRIORITIES = ("low", "normal", "high")

ActivityId = Annotated[str, typer.Argument(metavar="ACTIVITY", help="The activity's id.", show_default=False)]
Owner = Annotated[str | None, typer.Option(help=f"Of this user. {USER}")]
Mine = Annotated[str | None, typer.Option(help=f"You, if not given. {USER}")]
Team = Annotated[str | None, typer.Option(help="Of this team.")]
Zone = Annotated[
    str | None,
    typer.Option(
        "--time-zone", metavar="ZONE", help="In which times without a zone are meant, such as Europe/Berlin."
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", help="When it is due, such as 2026-12-01T10:00; UTC if not said otherwise."),
]
Ends = Annotated[str | None, typer.Option("--ends", help="When it is over.")]
Priority = Annotated[str | None, typer.Option(help=f"{', '.join(PRIORITIES)}.")]
Reminder = Annotated[
    int | None, typer.Option("--remind", min=0, max=40_320, help="Minutes before it that its owner is told.")
]


@app.command(
    "list", epilog=examples("zebros activities list --type meeting --from 2026-12-01 --to 2026-12-31")
)
def list_(
    ctx: typer.Context,
    owner: Owner = None,
    team: Team = None,
    type: Annotated[str | None, typer.Option(help=f"{', '.join(TYPES)}.")] = None,
    related: Annotated[str | None, typer.Option(help="Id of the record that they are about.")] = None,
    customer: Annotated[str | None, typer.Option(help="Id of the customer.")] = None,
    status: Annotated[str | None, typer.Option(help=f"{', '.join(STATUSES)}.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Due on this day or at this instant, or later.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Due before.")] = None,
    sort: Annotated[str | None, typer.Option(help=f"{', '.join(SORTS)}.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List activities."""
    ctx.meta["zebros.json"] = json
    one_of(type, TYPES, "--type")
    one_of(status, STATUSES, "--status")
    one_of(sort, SORTS, "--sort")
    first, last = instant(from_, "--from"), instant(to, "--to")
    with connect(ctx, profile) as client:
        found = client.activities.list(
            owner=user_id(client, owner) if owner else None,
            team=team,
            type=type,  # pyright: ignore[reportArgumentType]
            related=related,
            customer=customer,
            status=status,  # pyright: ignore[reportArgumentType]
            from_=first,
            to=last,
            sort=sort,  # pyright: ignore[reportArgumentType]
            page_size=page_size(limit, everything),
        )
        empty = (
            "No activity matches these filters."
            if any((owner, team, type, related, customer, status, from_, to))
            else "No activities yet. Plan one: zebros activities create call SUBJECT --at 2026-12-01T10:00Z"
        )
        KIND.print_many(taken(found, limit, everything), json, empty)


@app.command(epilog=examples("zebros activities today", "zebros activities today --time-zone Asia/Tokyo"))
def today(
    ctx: typer.Context,
    owner: Mine = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Whose day it is; the person's own if not given.")
    ] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """What you, or somebody else, have today."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.activities.today(
            owner=user_id(client, owner) if owner else None,
            time_zone=time_zone,
            page_size=page_size(limit, everything),
        )
        KIND.print_many(taken(found, limit, everything), json, "Nothing is planned for today.")


@app.command(epilog=examples("zebros activities upcoming", "zebros activities upcoming --customer CUSTOMER"))
def upcoming(
    ctx: typer.Context,
    customer: Annotated[str | None, typer.Option(help="With this customer, by its id.")] = None,
    related: Annotated[str | None, typer.Option(help="About this record, by its id.")] = None,
    owner: Owner = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """What is open and still to come: your own, or with a customer, about a record, of somebody else."""
    ctx.meta["zebros.json"] = json
    if sum(each is not None for each in (customer, related, owner)) > 1:
        raise typer.BadParameter("give one of them at most", param_hint="--customer, --related, --owner")
    with connect(ctx, profile) as client:
        found = client.activities.upcoming(
            customer=customer,
            related=related,
            owner=user_id(client, owner) if owner else None,
            page_size=page_size(limit, everything),
        )
        KIND.print_many(taken(found, limit, everything), json, "Nothing is planned.")


@app.command(epilog=examples("zebros activities overdue --team north"))
def overdue(
    ctx: typer.Context,
    owner: Owner = None,
    team: Team = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """What is open although its time has come and gone, oldest first."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.activities.overdue(
            owner=user_id(client, owner) if owner else None,
            team=team,
            page_size=page_size(limit, everything),
        )
        KIND.print_many(taken(found, limit, everything), json, "Nothing is overdue.")


@app.command(epilog=examples("zebros activities completed --since 2026-11-01"))
def completed(
    ctx: typer.Context,
    owner: Mine = None,
    since: Annotated[str | None, typer.Option(help="On this day or at this instant, or later.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """What you, or somebody else, have done, latest first."""
    ctx.meta["zebros.json"] = json
    start = instant(since, "--since")
    with connect(ctx, profile) as client:
        found = client.activities.completed(
            owner=user_id(client, owner) if owner else None,
            since=start,
            page_size=page_size(limit, everything),
        )
        KIND.print_many(taken(found, limit, everything), json, "Nothing was completed.")


@app.command(
    epilog=examples(
        "zebros activities create call 'Ask about the offer' --about opportunity:OPPORTUNITY --at 2026-12-01T10:00Z",
        "zebros activities create meeting 'Weekly' --at 2026-12-01T10:00 --time-zone Europe/Berlin"
        " --recurrence 'FREQ=WEEKLY;COUNT=10'",
        "zebros activities create note 'Met at the fair' --about lead:LEAD",
    )
)
def create(
    ctx: typer.Context,
    type: Annotated[str, typer.Argument(metavar="TYPE", help=f"{', '.join(TYPES)}.", show_default=False)],
    subject: Annotated[str, typer.Argument(show_default=False)],
    about: Annotated[
        str | None,
        typer.Option(
            metavar="ENTITY:ID", help=f"The record that it is about: {', '.join(ENTITIES)}, and its id."
        ),
    ] = None,
    at: At = None,
    ends: Ends = None,
    time_zone: Zone = None,
    recurrence: Annotated[
        str | None, typer.Option(metavar="RRULE", help="A series that ends (RFC 5545), by COUNT or UNTIL.")
    ] = None,
    remind: Reminder = None,
    priority: Priority = None,
    location: Annotated[str | None, typer.Option()] = None,
    description: Annotated[str | None, typer.Option()] = None,
    contact: Annotated[
        list[str] | None, typer.Option("--with-contact", help="Id of a contact who takes part; repeatable.")
    ] = None,
    user: Annotated[
        list[str] | None, typer.Option("--with-user", help=f"A user who takes part; repeatable. {USER}")
    ] = None,
    owner: Annotated[str | None, typer.Option(help=f"You, if not given. {USER}")] = None,
    team: Annotated[str | None, typer.Option()] = None,
    external_id: Annotated[str | None, typer.Option(help="Its id in another system.")] = None,
    tag: Tags = None,
    custom: UserFields = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Plan an activity, or log one that was."""
    ctx.meta["zebros.json"] = json
    one_of(type, TYPES, "TYPE")
    one_of(priority, PRIORITIES, "--priority")
    related_type, related_id = related(about)
    scheduled, until = instant(at, "--at", time_zone), instant(ends, "--ends", time_zone)
    with connect(ctx, profile) as client:
        participants = given(
            {"contact_ids": contact, "user_ids": [user_id(client, each) for each in user or ()]}
        )
        fields: dict[str, Any] = {
            "related_type": related_type,
            "related_id": related_id,
            "scheduled_at": scheduled,
            "ends_at": until,
            # The API keeps the zone of a series only; any other instant is one, wherever it is.
            "time_zone": time_zone if recurrence else None,
            "recurrence": recurrence,
            "reminder_minutes": remind,
            "priority": priority,
            "location": location,
            "description": description,
            "participants": participants,
            "owner_id": user_id(client, owner) if owner else None,
            "team_id": team,
            "external_id": external_id,
            "tags": tag,
            "custom": custom_values(client, "activity", custom),
        }
        created = client.activities.create(
            type=type,  # pyright: ignore[reportArgumentType]
            subject=subject,
            **given(fields),
        )
    KIND.print_one(created, json)


@app.command(epilog=examples("zebros activities update ACTIVITY --at 2026-12-02T09:00Z --priority high"))
def update(
    ctx: typer.Context,
    activity: ActivityId,
    subject: Annotated[str | None, typer.Option()] = None,
    at: At = None,
    ends: Ends = None,
    time_zone: Zone = None,
    remind: Reminder = None,
    priority: Priority = None,
    location: Annotated[str | None, typer.Option()] = None,
    description: Annotated[str | None, typer.Option()] = None,
    status: Annotated[str | None, typer.Option(help="open or cancelled.")] = None,
    owner: Annotated[str | None, typer.Option(help=USER)] = None,
    team: Annotated[str | None, typer.Option()] = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of an activity; what is not named stays. Its reminder moves with it."""
    ctx.meta["zebros.json"] = json
    one_of(priority, PRIORITIES, "--priority")
    one_of(status, ("open", "cancelled"), "--status")
    scheduled, until = instant(at, "--at", time_zone), instant(ends, "--ends", time_zone)
    with connect(ctx, profile) as client:
        changes = patch_of(
            {
                "subject": subject,
                "scheduled_at": scheduled,
                "ends_at": until,
                "reminder_minutes": remind,
                "priority": priority,
                "location": location,
                "description": description,
                "status": status,
                "owner_id": user_id(client, owner) if owner else None,
                "team_id": team,
                "tags": tag,
                "custom": custom_values(client, "activity", custom),
            },
            clear,
        )
        KIND.print_one(client.activities.patch(activity, changes, version=version), json)


def related(about: str | None) -> tuple[str | None, str | None]:
    if about is None:
        return None, None
    entity, colon, id = about.partition(":")
    if not colon or not id or entity not in ENTITIES:
        raise typer.BadParameter(
            f"{about!r} is not ENTITY:ID, as in customer:01J...; entities are {', '.join(ENTITIES)}",
            param_hint="--about",
        )
    return entity, id


def _delivered(delivery: Delivery | None) -> str:
    if delivery is None:
        return ""
    to = f" to {delivery.to}" if delivery.to else ""
    why = f" ({delivery.reason})" if delivery.reason else ""
    return f"{delivery.status}{to}{why}"


def _pairs(each: Activity) -> list[tuple[str, object]]:
    cut = " ..." if each.description_truncated else ""
    return [
        ("id", each.id),
        ("type", each.type),
        ("subject", each.subject),
        ("status", each.status),
        ("about", f"{each.related_type}:{each.related_id}" if each.related_id else None),
        ("customer", each.customer_id),
        ("due", moment(each.scheduled_at)),
        ("ends", moment(each.ends_at)),
        ("completed", moment(each.completed_at)),
        ("outcome", each.outcome),
        ("priority", each.priority),
        ("location", each.location),
        ("remind", None if each.reminder_minutes is None else f"{each.reminder_minutes} minutes before"),
        ("reminded", moment(each.reminded_at)),
        ("series", each.series_id and f"{each.series_id}, {each.occurrence} of {each.occurrences}"),
        ("recurrence", each.recurrence),
        ("time zone", each.time_zone),
        ("contacts", each.participants.contact_ids),
        ("users", each.participants.user_ids),
        ("delivery", _delivered(each.delivery)),
        ("description", each.description and f"{each.description}{cut}"),
        *common_pairs(each),
    ]


KIND: RecordKind[Activity] = RecordKind(
    noun="activity",
    group="activities",
    collection=lambda client: client.activities,
    columns={
        "id": lambda each: each.id,
        "due": lambda each: moment(each.scheduled_at),
        "type": lambda each: each.type,
        "subject": lambda each: each.subject,
        "status": lambda each: each.status,
        "about": lambda each: f"{each.related_type}:{each.related_id}" if each.related_id else "",
        "owner": lambda each: each.owner_id,
    },
    pairs=_pairs,
)
add_record_commands(app, KIND)
