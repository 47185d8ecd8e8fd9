"""`zebros tenants identity-provider ...`, for whoever administers the platform."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from zebros.cli.options import examples
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_record
from zebros.cli.runtime import connect

app = typer.Typer(help="A tenant's own OpenID Connect provider.", no_args_is_help=True)

TenantId = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id.", show_default=False)]


@app.command(
    "set",
    epilog=examples(
        'printf %s "$SECRET" | zebros tenants identity-provider set cumulus --name "Cumulus Cycles" '
        "--issuer https://login.cumulus.example --authorization-url https://login.cumulus.example/authorize "
        "--token-url https://login.cumulus.example/token --jwks-url https://login.cumulus.example/keys "
        "--client-id zebros --domain cumulus.example"
    ),
)
def set_(
    ctx: typer.Context,
    tenant: TenantId,
    name: Annotated[str, typer.Option(help="What people see it called.", show_default=False)],
    issuer: Annotated[str, typer.Option(help="As its tokens name it.", show_default=False)],
    authorization_url: Annotated[str, typer.Option(help="Where people sign in.", show_default=False)],
    token_url: Annotated[str, typer.Option(help="Where tokens are fetched.", show_default=False)],
    jwks_url: Annotated[str, typer.Option(help="Where its keys are.", show_default=False)],
    client_id: Annotated[str, typer.Option(help="What the platform is called there.", show_default=False)],
    domain: Annotated[
        list[str],
        typer.Option(
            help="Whose addresses are sent there, proved to be the company's; may be given several times.",
            show_default=False,
        ),
    ],
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Let a tenant's people sign in through its own provider. The client's secret is read from standard input."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        provider = client.tenants.set_identity_provider(
            tenant,
            display_name=name,
            issuer=issuer,
            authorization_url=authorization_url,
            token_url=token_url,
            jwks_url=jwks_url,
            client_id=client_id,
            client_secret=_secret(),
            domains=domain,
        )
    if json:
        print_json(provider.to_json())
        return
    print_record(
        [
            ("name", provider.display_name),
            ("issuer", provider.issuer),
            ("authorization url", provider.authorization_url),
            ("token url", provider.token_url),
            ("jwks url", provider.jwks_url),
            ("client id", provider.client_id),
            ("domains", ", ".join(provider.domains)),
        ]
    )


@app.command()
def remove(ctx: typer.Context, tenant: TenantId, profile: ProfileName = None) -> None:
    """Take a tenant's own provider away: its people sign in with a password."""
    with connect(ctx, profile) as client:
        client.tenants.remove_identity_provider(tenant)
    note(f"Tenant {tenant} has no provider of its own.")


def _secret() -> str:
    if sys.stdin.isatty():
        # Not echoed; asked on standard error, so that the data on standard output stays as it is.
        return str(typer.prompt("Client secret", hide_input=True, err=True))
    secret = sys.stdin.readline().strip()
    if not secret:
        raise typer.BadParameter("it is empty; it takes the client's secret", param_hint="standard input")
    return secret
