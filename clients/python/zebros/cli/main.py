"""The root of the command: its groups, its global options, and the one place where errors end."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from zebros._version import __version__
from zebros.cli import (
    activities,
    activity_verbs,
    audit,
    backups,
    contacts,
    customers,
    dashboard,
    deals,
    documents,
    emails,
    exports,
    fields,
    identity_provider,
    importer,
    imports,
    integrations,
    jobs,
    leads,
    login,
    me,
    offline,
    opportunities,
    pipeline,
    privacy,
    products,
    reports,
    sign_in,
    tenants,
    users,
)
from zebros.cli.exit_codes import ExitCode
from zebros.cli.options import examples
from zebros.cli.output import note, report_error
from zebros.cli.runtime import Runtime
from zebros.errors import ZebrosError

__all__ = ["app", "main"]


class _ErrorBoundary(TyperGroup):
    """Turns the SDK's errors into a message and an exit code, whichever command raised them."""

    def invoke(self, ctx: typer.Context) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            return super().invoke(ctx)  # pyright: ignore[reportArgumentType]
        except ZebrosError as error:
            raise typer.Exit(report_error(error, as_json=bool(ctx.meta.get("zebros.json")))) from error
        except KeyboardInterrupt:
            note("Stopped.")
            raise typer.Exit(ExitCode.STOPPED) from None


app = typer.Typer(
    name="zebros",
    cls=_ErrorBoundary,
    help="The Zebros CRM on the command line. Start with: zebros login",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=(
        "Exit codes: 0 done, 1 partly done, 2 usage, 3 not signed in, 4 not found, 5 conflict,"
        " 6 unavailable, 7 invalid input, 8 forbidden, 9 anything else, 130 stopped."
    ),
)
app.command("login", epilog=login.EXAMPLES)(login.login)
app.command("logout")(sign_in.logout)
app.command("whoami")(sign_in.whoami)
app.command("dashboard", epilog=examples("zebros dashboard", "zebros dashboard --view team"))(
    dashboard.dashboard
)
app.command("timeline", epilog=examples("zebros timeline customer CUSTOMER"))(activity_verbs.timeline)
importer.add_import(customers.app, "customer", "customers")
importer.add_import(contacts.app, "contact", "contacts")
importer.add_import(leads.app, "lead", "leads")
importer.add_import(products.app, "product", "products")
importer.add_import(opportunities.app, "opportunity", "opportunities")
importer.add_import(activities.app, "activity", "activities")
importer.add_user_import(users.app, users.ROLES)
app.add_typer(customers.app, name="customers")
app.add_typer(contacts.app, name="contacts")
# Without a name, their commands join those of the group.
opportunities.app.add_typer(deals.app)
activities.app.add_typer(activity_verbs.app)
app.add_typer(leads.app, name="leads")
app.add_typer(opportunities.app, name="opportunities")
app.add_typer(opportunities.app, name="deals", help="Short for: zebros opportunities.")
app.add_typer(products.app, name="products")
app.add_typer(pipeline.app, name="pipeline")
app.add_typer(activities.app, name="activities")
app.add_typer(emails.emails, name="emails")
app.add_typer(emails.templates, name="templates")
app.add_typer(documents.app, name="documents")
app.add_typer(fields.app, name="fields")
app.command(
    "export",
    epilog=exports.EXAMPLES,
)(exports.export)
app.add_typer(reports.app, name="reports")
app.add_typer(privacy.app, name="privacy")
app.add_typer(backups.app, name="backups")
app.add_typer(jobs.app, name="jobs")
app.add_typer(imports.app, name="imports")
app.add_typer(offline.app, name="offline")
app.add_typer(me.app, name="me")
app.add_typer(users.app, name="users")
app.add_typer(users.teams, name="teams")
app.add_typer(integrations.app, name="integrations")
app.add_typer(audit.app, name="audit")
tenants.app.add_typer(identity_provider.app, name="identity-provider")
app.add_typer(tenants.app, name="tenants")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"zebros {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    profile: Annotated[str | None, typer.Option("--profile", "-p", help="Which sign-in to use.")] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    runtime = ctx.find_object(Runtime) or Runtime()
    runtime.profile = profile
    ctx.obj = runtime


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(help="bash, zsh, fish or powershell.", show_default=False)],
) -> None:
    """Print the completion script of a shell, as in: eval "$(zebros completion bash)"."""
    from typer._completion_shared import get_completion_script

    if shell not in {"bash", "zsh", "fish", "powershell"}:
        raise typer.BadParameter("one of bash, zsh, fish, powershell", param_hint="SHELL")
    typer.echo(get_completion_script(prog_name="zebros", complete_var="_ZEBROS_COMPLETE", shell=shell))


def main() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except BrokenPipeError:
        # The reader (`| head`) has enough. Standard error goes too, or Python complains when it flushes.
        sys.stderr.close()
        sys.exit(0)
