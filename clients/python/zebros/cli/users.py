"""`zebros users ...` and `zebros teams ...`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.options import (
    Clear,
    Everything,
    Limit,
    Version,
    examples,
    merge_changes,
    one_of,
    taken,
    user_id,
)
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record, print_table
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Team, User

app = typer.Typer(help="People of your company who sign in.", no_args_is_help=True)
teams = typer.Typer(help="Groups of people who see each other's records.", no_args_is_help=True)

ROLES = ("viewer", "sales-rep", "sales-manager", "tenant-admin")
STATUSES = ("invited", "active", "deactivated")

Person = Annotated[
    str, typer.Argument(metavar="USER", help="The user's id or e-mail address.", show_default=False)
]
TeamId = Annotated[str, typer.Argument(metavar="TEAM", help="The team's id.", show_default=False)]
RoleHelp = f"{', '.join(ROLES)}."


@app.command("list", epilog=examples("zebros users list --team north", "zebros users list --status invited"))
def list_(
    ctx: typer.Context,
    role: Annotated[str | None, typer.Option(help=RoleHelp)] = None,
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    status: Annotated[str | None, typer.Option(help=f"{', '.join(STATUSES)}.")] = None,
    email: Annotated[str | None, typer.Option(help="With this address.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List users."""
    ctx.meta["zebros.json"] = json
    one_of(role, ROLES, "--role")
    one_of(status, STATUSES, "--status")
    with connect(ctx, profile) as client:
        listing = client.users.list(
            role=role,  # pyright: ignore[reportArgumentType]
            team=team,
            status=status,  # pyright: ignore[reportArgumentType]
            email=email,
            page_size=200 if everything else min(limit, 200),
        )
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (each.id, each.name or "", each.email or "", each.role or "", each.team_id or "", each.status or "")
        for each in found
    ]
    empty = (
        "Nobody matches these filters."
        if any((role, team, status, email))
        else "Nobody yet. Invite somebody: zebros users invite EMAIL --name NAME --role sales-rep"
    )
    print_table(("id", "name", "email", "role", "team", "status"), rows, empty=empty)


@app.command(epilog=examples("zebros users show nora.north@aurora.example"))
def show(ctx: typer.Context, user: Person, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show one user."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.users.get(user_id(client, user)), json)


@app.command(
    epilog=examples(
        "zebros users invite nora.north@aurora.example --name 'Nora North' --role sales-rep --team north"
    )
)
def invite(
    ctx: typer.Context,
    email: Annotated[str, typer.Argument(show_default=False)],
    name: Annotated[str, typer.Option(help="First and last name.", show_default=False)],
    role: Annotated[str, typer.Option(help=RoleHelp)] = "sales-rep",
    team: Annotated[str | None, typer.Option(help="Id of the team.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the mail: en or de.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Invite somebody: they get a mail with a link under which they choose a password."""
    ctx.meta["zebros.json"] = json
    one_of(role, ROLES, "--role")
    with connect(ctx, profile) as client:
        invited = client.users.invite(
            email=email,
            name=name,
            role=role,  # pyright: ignore[reportArgumentType]
            team_id=team,
            language=language,
        )
    _show_one(invited, json)
    if not json and invited.invited_at is None:
        note("The mail could not be sent yet; it follows as soon as the identity provider answers.")


@app.command("set", epilog=examples("zebros users set nora.north@aurora.example --role sales-manager"))
def set_(
    ctx: typer.Context,
    user: Person,
    name: Annotated[str | None, typer.Option(help="First and last name.")] = None,
    role: Annotated[str | None, typer.Option(help=RoleHelp)] = None,
    team: Annotated[str | None, typer.Option(help="Id of the team; --clear teamId for none.")] = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change somebody's name, role or team. Their tokens show it within 15 minutes."""
    ctx.meta["zebros.json"] = json
    one_of(role, ROLES, "--role")
    changes = merge_changes({"name": name, "role": role, "teamId": team}, clear)
    with connect(ctx, profile) as client:
        _show_one(client.users.patch(user_id(client, user), changes, version=version), json)


@app.command()
def deactivate(ctx: typer.Context, user: Person, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Let somebody sign in no longer; their records stay. Ends their sessions within 15 minutes."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changed = client.users.deactivate(user_id(client, user))
    if json:
        print_json(changed.to_json())
    else:
        note(
            f"{changed.email or changed.id} is {changed.status}. To undo: zebros users activate {changed.id}"
        )


@app.command()
def activate(ctx: typer.Context, user: Person, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Let somebody sign in again."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changed = client.users.activate(user_id(client, user))
    if json:
        print_json(changed.to_json())
    else:
        note(f"{changed.email or changed.id} is {changed.status}.")


@app.command()
def resend(ctx: typer.Context, user: Person, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Send the invitation again, to somebody who has not signed in yet."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        invited = client.users.resend(user_id(client, user))
    if json:
        print_json(invited.to_json())
    else:
        note(f"Sent to {invited.email or invited.id} again; the link is good for three days.")


@teams.command("list")
def list_teams(
    ctx: typer.Context,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List teams."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        listing = client.teams.list(page_size=200 if everything else min(limit, 200))
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    empty = "No teams. Make one with: zebros teams create ID --name NAME"
    print_table(
        ("id", "name", "version"), [(each.id, each.name, str(each.version)) for each in found], empty=empty
    )


@teams.command("show")
def show_team(ctx: typer.Context, team: TeamId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show one team."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_team(client.teams.get(team), json)


@teams.command("create", epilog=examples("zebros teams create north --name 'Sales north'"))
def create_team(
    ctx: typer.Context,
    team: Annotated[
        str,
        typer.Argument(metavar="TEAM", help="Its id: small letters, digits, dashes.", show_default=False),
    ],
    name: Annotated[str, typer.Option(help="What people read.", show_default=False)],
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Make a team. Its id is in tokens and records and never changes."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_team(client.teams.create(team, name=name), json)


@teams.command("set")
def set_team(
    ctx: typer.Context,
    team: TeamId,
    name: Annotated[str, typer.Option(help="What people read.", show_default=False)],
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Rename a team."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_team(client.teams.patch(team, {"name": name}, version=version), json)


@teams.command("delete")
def delete_team(ctx: typer.Context, team: TeamId, profile: ProfileName = None) -> None:
    """Remove a team that has nobody in it. Records keep its id."""
    with connect(ctx, profile) as client:
        client.teams.delete(team)
    note(f"Removed team {team}.")


def _show_one(user: User, json: bool) -> None:
    if json:
        print_json(user.to_json())
        return
    pairs: list[tuple[str, Any]] = [
        ("id", user.id),
        ("name", user.name),
        ("email", user.email),
        ("role", user.role),
        ("team", user.team_id),
        ("status", user.status),
        ("invited", moment(user.invited_at)),
        ("version", user.version),
        ("updated", moment(user.updated_at)),
    ]
    print_record(pairs)


def _show_team(team: Team, json: bool) -> None:
    if json:
        print_json(team.to_json())
    else:
        print_record([("id", team.id), ("name", team.name), ("version", team.version)])
