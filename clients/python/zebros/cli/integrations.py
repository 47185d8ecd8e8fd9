"""`zebros integrations ...`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.options import Everything, Limit, Yes, examples, one_of, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record, print_table
from zebros.cli.runtime import connect
from zebros.cli.users import ROLES, RoleHelp

if TYPE_CHECKING:
    from zebros.models import Integration

app = typer.Typer(help="Other systems that sign in on their own.", no_args_is_help=True)

SCOPES = ("records:read", "records:write", "records:delete", "records:export")

IntegrationId = Annotated[
    str, typer.Argument(metavar="INTEGRATION", help="The integration's id.", show_default=False)
]


@app.command("list")
def list_(
    ctx: typer.Context,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List integrations. Secrets are not shown again."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        listing = client.integrations.list(page_size=200 if everything else min(limit, 200))
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (
            each.id,
            each.name or "",
            each.client_id,
            each.role or "",
            each.team_id or "",
            ", ".join(each.scopes),
        )
        for each in found
    ]
    empty = (
        "No integrations. Make one with: zebros integrations create NAME --role viewer --scope records:read"
    )
    print_table(("id", "name", "client id", "role", "team", "scopes"), rows, empty=empty)


@app.command()
def show(
    ctx: typer.Context, integration: IntegrationId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Show one integration."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.integrations.get(integration), json)


@app.command(
    epilog=examples(
        "zebros integrations create ERP --role sales-rep --team north --scope records:read --scope records:write",
        "zebros integrations create ERP --role viewer --json | jq -r .clientSecret",
    )
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(show_default=False)],
    role: Annotated[str, typer.Option(help=RoleHelp, show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help=f"{', '.join(SCOPES)}; may be given several times. The first one if not given.",
            show_default=False,
        ),
    ] = None,
    team: Annotated[str | None, typer.Option(help="Id of the team.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Make a client for another system, and show its secret, once."""
    ctx.meta["zebros.json"] = json
    one_of(role, ROLES, "--role")
    scopes = scope or [SCOPES[0]]
    for each in scopes:
        one_of(each, SCOPES, "--scope")
    with connect(ctx, profile) as client:
        made = client.integrations.create(
            name=name,
            role=role,  # pyright: ignore[reportArgumentType]
            scopes=scopes,  # pyright: ignore[reportArgumentType]
            team_id=team,
        )
    _show_one(made, json)


@app.command(epilog=examples("zebros integrations rotate INTEGRATION --json | jq -r .clientSecret"))
def rotate(
    ctx: typer.Context, integration: IntegrationId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Give an integration a new secret, and show it, once. The former one is refused from now on."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.integrations.rotate(integration), json)


@app.command()
def delete(
    ctx: typer.Context, integration: IntegrationId, yes: Yes = False, profile: ProfileName = None
) -> None:
    """Revoke an integration: it can sign in no longer."""
    with connect(ctx, profile) as client:
        if not yes:
            name = client.integrations.get(integration).name or integration
            typer.confirm(f"Revoke {name!r}?", abort=True, err=True)
        client.integrations.delete(integration)
    note(f"Revoked integration {integration}.")


def _show_one(integration: Integration, json: bool) -> None:
    if json:
        print_json(integration.to_json())
        return
    print_record(
        [
            ("id", integration.id),
            ("name", integration.name),
            ("client id", integration.client_id),
            ("client secret", integration.client_secret),
            ("role", integration.role),
            ("team", integration.team_id),
            ("scopes", integration.scopes),
            ("created", moment(integration.created_at)),
            ("rotated", moment(integration.rotated_at)),
        ]
    )
    if integration.client_secret is not None:
        note("This secret is not shown again. Sign in with it:")
        note(
            f'  printf %s "$SECRET" | zebros login --client-id {integration.client_id} --client-secret-stdin'
        )
