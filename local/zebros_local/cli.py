"""``python -m zebros_local``: the laptop stack from the command line; the Makefile's targets call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from zebros_local import bring_up, demo, deploy, items, mailbox, suites
from zebros_local.errors import LocalStackError
from zebros_local.identity import LocalIdentity, Realm
from zebros_local.image import ecr_client, task_image
from zebros_local.parts import address
from zebros_local.progress import Progress
from zebros_local.settings import STAGE, LocalSettings
from zebros_local.stack import Stack
from zebros_local.state import StackState

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
out = Console(highlight=False)

Parts = Annotated[
    list[str] | None, typer.Argument(help="emulator, cache, mail, identity or tasks; all when left out")
]
ServiceOption = Annotated[str | None, typer.Option("--service", help="One service; every one when left out")]
StageOption = Annotated[str, typer.Option("--stage", help="local, or an AWS stage")]


@app.callback()
def choose_stack(
    context: typer.Context,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="The stack's folder (default: $ZEBROS_LOCAL_DIR or .local)")
    ] = None,
) -> None:
    context.obj = Stack(LocalSettings.from_environ(os.environ, directory), Progress())


@app.command()
def up(context: typer.Context) -> None:
    """Start the stack, deploy what changed, make the demo tenants."""
    stack: Stack = context.obj
    state = bring_up.bring_up(stack, Progress())
    _print_addresses(state)


@app.command()
def down(context: typer.Context) -> None:
    """Stop the stack; its data stays."""
    stack: Stack = context.obj
    if not stack.down():
        out.print("Nothing was running.")


@app.command()
def restart(context: typer.Context, parts: Parts = None) -> None:
    """Restart the stack's processes, or those named."""
    stack: Stack = context.obj
    stack.restart(parts or ())


@app.command()
def status(context: typer.Context) -> None:
    """Show each part; exit status 1 when one is not healthy."""
    stack: Stack = context.obj
    found = stack.status()
    for part in found:
        mark = "✓" if part.healthy else "✗"
        where = ", ".join(filter(None, (address(part.port), f"pid {part.pid}" if part.pid else "")))
        out.print(f"{mark} {part.title:<42} {part.description:<10} {where}", markup=False, soft_wrap=True)
    for part in found:
        if not part.healthy:
            out.print(
                f"\n{part.title} {part.description}. The end of its log:\n\n{part.log_tail}", markup=False
            )
    if not all(part.healthy for part in found):
        raise typer.Exit(1)
    _print_addresses(stack.state)


@app.command()
def logs(
    context: typer.Context,
    parts: Parts = None,
    follow: Annotated[bool, typer.Option(help="Go on as lines are written")] = True,
) -> None:
    """Show the logs of the parts."""
    stack: Stack = context.obj
    files = list(stack.log_files(parts or ()).values())
    command = ["tail", "-n", "50", *(["-F"] if follow else []), *files]
    try:
        raise typer.Exit(subprocess.run(command, check=False).returncode)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def token(
    context: typer.Context,
    tenant: Annotated[str, typer.Option(help="aurora, borealis, or platform for who runs it")] = "aurora",
    user: Annotated[
        str | None, typer.Option(help="A person's e-mail or its first part; the admin by default")
    ] = None,
) -> None:
    """Print an access token of a demo person, as a sign-in would give it."""
    stack: Stack = context.obj
    identity = LocalIdentity.of(stack.require_running())
    person = Realm.load().person("" if tenant == "platform" else tenant, user)
    sys.stdout.write(identity.person_token(person) + "\n")


@app.command()
def approve_device(
    context: typer.Context,
    verification_uri: Annotated[str, typer.Argument(help="The complete address that the device shows")],
    user: Annotated[str, typer.Option(help="E-mail address of a demo person")],
) -> None:
    """Approve a device code as a demo person would in a browser."""
    stack: Stack = context.obj
    identity = LocalIdentity.of(stack.require_running())
    identity.approve_device(verification_uri, user, Realm.load().password)
    out.print(f"Approved as {user}.")


@app.command("demo")
def demo_command(
    context: typer.Context,
    accounts: Annotated[
        Path | None, typer.Option(help="A CSV file with the columns account and sector")
    ] = None,
) -> None:
    """Play the README's tour against the running stack."""
    stack: Stack = context.obj
    demo.play_tour(stack.settings, stack.require_running(), accounts)


@app.command("deploy")
def deploy_command(context: typer.Context, stage: StageOption = STAGE, service: ServiceOption = None) -> None:
    """Deploy to the local stack what changed, or to an AWS stage with your own credentials."""
    stack: Stack = context.obj
    if stage == STAGE:
        bring_up.deploy_local(stack, Progress(), service)
    else:
        deploy.deploy_to_aws(stack.settings, stage, service)


@app.command()
def package(context: typer.Context, stage: StageOption = "prod", service: ServiceOption = None) -> None:
    """Build artefacts and templates without deploying them."""
    stack: Stack = context.obj
    deploy.package(stack.settings, stage, service)


@app.command()
def image(
    context: typer.Context,
    stage: StageOption = "prod",
    service: Annotated[str, typer.Option("--service", help="The service whose tasks it is for")] = "jobs",
    push: Annotated[bool, typer.Option(help="To the stage's repository, with your credentials")] = True,
) -> None:
    """Build the image of a service's tasks from its artefact, and push it: before the service is deployed."""
    stack: Stack = context.obj
    built = task_image(service, stage)
    deploy.package(stack.settings, stage, service)
    out.print(built.push(ecr_client()) if push else built.build())


@app.command("items")
def items_command(
    context: typer.Context,
    table: Annotated[
        str | None, typer.Argument(help="Base name (customers) or full name; lists tables without")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many items")] = 20,
) -> None:
    """Show a table's items for reading (numbers and dates are shown loosely)."""
    stack: Stack = context.obj
    state = stack.require_running()
    if table is None:
        for name in items.table_names(state):
            out.print(name, markup=False)
        return
    for item in items.readable_items(state, table, limit):
        out.print_json(json.dumps(item, default=str))


@app.command("mail")
def mail_command(
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(help="To whom; everybody when left out")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many")] = 10,
) -> None:
    """Show the mails that the stack has sent, the newest last."""
    stack: Stack = context.obj
    for mail in mailbox.mails(stack.require_running(), address)[-limit:]:
        out.print(f"To: {', '.join(mail.to)}\nSubject: {mail.subject}\n", markup=False, soft_wrap=True)
        out.print(mail.text, markup=False, soft_wrap=True)


@app.command("test")
def test_command(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Suites; every one when left out")] = None,
    prove: Annotated[bool, typer.Option("--prove", help="The longer proofs too, with more examples")] = False,
) -> None:
    """Run test suites on a stack of their own."""
    stack: Stack = context.obj
    if not suites.run_suites(stack.settings, names or (), prove=prove, progress=Progress()):
        raise typer.Exit(1)


@app.command()
def reset(context: typer.Context) -> None:
    """Throw away everything in the emulator; the next `up` deploys anew."""
    stack: Stack = context.obj
    stack.reset()


def _print_addresses(state: StackState) -> None:
    realm = Realm.load()
    out.print()
    out.print(f"  API       {state.api_url}/v1/", markup=False, soft_wrap=True)
    out.print(f"  sign-in   {state.issuer}", markup=False, soft_wrap=True)
    out.print(f"  AWS       {state.endpoint}", markup=False, soft_wrap=True)
    out.print(f"  mail      {state.endpoint}/_ministack/ses/messages", markup=False, soft_wrap=True)
    for tenant in realm.tenants:
        person = realm.person(tenant.id)
        out.print(
            f"  {tenant.id:<9} {person.email}, password {realm.password} ({tenant.isolation})", markup=False
        )
    operator = realm.person("")
    out.print(f"  platform  {operator.email}, password {realm.password} (administers tenants)", markup=False)


def main() -> NoReturn:
    """Run a command; a failure of the stack is one message and exit status 1."""
    try:
        app()
    except LocalStackError as error:
        Console(stderr=True, highlight=False).print(f"\n{error}", markup=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0)
