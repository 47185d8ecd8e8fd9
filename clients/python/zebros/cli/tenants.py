"""`zebros tenants ...`, for whoever administers the platform."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from zebros.cli.exit_codes import ExitCode
from zebros.cli.options import (
    Clear,
    Everything,
    Limit,
    Version,
    examples,
    merge_changes,
    named_values,
    one_of,
    taken,
)
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    mark,
    moment,
    note,
    print_json,
    print_record,
    print_table,
    spinner,
)
from zebros.cli.runtime import connect
from zebros.errors import ConflictError, OperationFailedError, OperationTimeoutError

if TYPE_CHECKING:
    from zebros.calls.tenants import FirstAdmin, TenantStatus
    from zebros.client import Client
    from zebros.models import StoreCounts, Tenant

app = typer.Typer(help="Companies on this platform, for its administrators.", no_args_is_help=True)

_ENDS: Mapping[str, TenantStatus] = {"onboarding": "active", "offboarding": "offboarded"}
"""The status in which a kind of operation ends; the others leave it as it was."""
MODELS = ("pool", "bridge", "silo")
STATUSES = ("onboarding", "active", "suspended", "offboarding", "offboarded", "failed")

TenantId = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id.", show_default=False)]
NoWait = Annotated[bool, typer.Option("--no-wait", help="End as soon as it has begun.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="NAME=VALUE",
        help="As in JSON: currency=EUR, syncStrategies.opportunity=manual; several times.",
    ),
]


@app.command("list", epilog=examples("zebros tenants list --status failed"))
def list_(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help=f"{', '.join(STATUSES)}.")] = None,
    isolation: Annotated[str | None, typer.Option(help=f"{', '.join(MODELS)}.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List tenants."""
    ctx.meta["zebros.json"] = json
    one_of(status, STATUSES, "--status")
    one_of(isolation, MODELS, "--isolation")
    with connect(ctx, profile) as client:
        listing = client.tenants.list(
            status=status,  # pyright: ignore[reportArgumentType]
            isolation=isolation,  # pyright: ignore[reportArgumentType]
            page_size=200 if everything else min(limit, 200),
        )
        found = list(taken(listing, limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (each.id, each.name or "", each.isolation or "", each.tier or "", each.status or "") for each in found
    ]
    empty = (
        "No tenant matches these filters."
        if status or isolation
        else "No tenants yet. Begin with: zebros tenants onboard ID --name NAME --admin-email EMAIL"
    )
    print_table(("id", "name", "isolation", "tier", "status"), rows, empty=empty)


@app.command()
def show(ctx: typer.Context, tenant: TenantId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show one tenant, with how far what is under way with it is."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.tenants.get(tenant), json)


@app.command(
    epilog=examples(
        "zebros tenants onboard cumulus --name 'Cumulus Cycles' --isolation silo"
        " --admin-email ada.admin@cumulus.example --admin-name 'Ada Admin' --setting currency=EUR",
    )
)
def onboard(
    ctx: typer.Context,
    tenant: Annotated[
        str,
        typer.Argument(
            metavar="TENANT",
            help="Its id: 4 to 24 small letters and digits. It never changes.",
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option(help="The company's name.", show_default=False)],
    admin_email: Annotated[
        str, typer.Option(help="Who administers it; is invited by mail.", show_default=False)
    ],
    admin_name: Annotated[str, typer.Option(help="First and last name.", show_default=False)],
    isolation: Annotated[
        str, typer.Option(help="How its data is kept apart: pool, bridge or silo.")
    ] = "pool",
    tier: Annotated[str | None, typer.Option(help="standard or premium.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the administrator's mails: en or de.")] = None,
    setting: Settings = None,
    no_wait: NoWait = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Onboard a tenant, and wait until its first administrator can sign in."""
    ctx.meta["zebros.json"] = json
    one_of(isolation, MODELS, "--isolation")
    settings = _settings(setting)
    admin: FirstAdmin = {"email": admin_email, "name": admin_name}
    if language is not None:
        admin["language"] = language
    with connect(ctx, profile) as client:
        made = client.tenants.onboard(
            tenant,
            name=name,
            isolation=isolation,  # pyright: ignore[reportArgumentType]
            tier=tier,
            settings=settings or None,
            admin=admin,
        )
        _end(client, made, "active", f"Onboarding {made.id}", no_wait=no_wait, json=json)


@app.command(
    "set",
    epilog=examples(
        "zebros tenants set cumulus --tier premium",
        "zebros tenants set cumulus --setting requestsPerSecond=500",
        "zebros tenants set cumulus --setting syncStrategies.opportunity=manual",
        "zebros tenants set cumulus --clear settings.syncStrategies.opportunity",
    ),
)
def set_(
    ctx: typer.Context,
    tenant: TenantId,
    name: Annotated[str | None, typer.Option(help="The company's name.")] = None,
    tier: Annotated[str | None, typer.Option(help="standard or premium.")] = None,
    setting: Settings = None,
    admin_email: Annotated[
        str | None, typer.Option(help="Another first administrator, after an onboarding that failed.")
    ] = None,
    admin_name: Annotated[str | None, typer.Option(help="Their name.")] = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change a tenant's name, tier or settings. It counts everywhere within 30 seconds."""
    ctx.meta["zebros.json"] = json
    admin = {"email": admin_email, "name": admin_name}
    changes = merge_changes(
        {
            "name": name,
            "tier": tier,
            "settings": _settings(setting),
            "admin": {member: value for member, value in admin.items() if value is not None},
        },
        clear,
    )
    with connect(ctx, profile) as client:
        _show_one(client.tenants.patch(tenant, changes, version=version), json)


@app.command(epilog=examples("zebros tenants suspend cumulus --reason 'Unpaid since March'"))
def suspend(
    ctx: typer.Context,
    tenant: TenantId,
    reason: Annotated[
        str, typer.Option(help="Why; shown to administrators of the platform.", show_default=False)
    ],
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Serve a tenant no longer: everybody of it is refused within 30 seconds. Its data stays."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changed = client.tenants.suspend(tenant, reason=reason)
    if json:
        print_json(changed.to_json())
    else:
        note(f"Tenant {tenant} is {changed.status}. To undo: zebros tenants activate {tenant}")


@app.command()
def activate(
    ctx: typer.Context, tenant: TenantId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Serve a suspended tenant again."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changed = client.tenants.activate(tenant)
    if json:
        print_json(changed.to_json())
    else:
        note(f"Tenant {tenant} is {changed.status}.")


@app.command()
def resume(
    ctx: typer.Context,
    tenant: TenantId,
    no_wait: NoWait = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Go on with an onboarding, offboarding or provisioning that stopped, from the step where it did."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        begun = client.tenants.resume(tenant)
        kind = begun.operation.kind if begun.operation is not None else "onboarding"
        _end(client, begun, _ENDS.get(kind), f"{kind.capitalize()} {tenant}", no_wait=no_wait, json=json)


@app.command(epilog=examples("zebros tenants provision cumulus", "zebros tenants provision --all"))
def provision(
    ctx: typer.Context,
    tenant: Annotated[
        str | None, typer.Argument(metavar="[TENANT]", help="The tenant's id.", show_default=False)
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every tenant with tables of its own, one after another.")
    ] = False,
    no_wait: NoWait = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Make the tables that a tenant lacks, of services that were deployed after it came. What it has stays."""
    ctx.meta["zebros.json"] = json
    if (tenant is None) == (not every):
        raise typer.BadParameter("give a tenant's id, or --all", param_hint="TENANT")
    with connect(ctx, profile) as client:
        if tenant is not None:
            begun = client.tenants.provision(tenant)
            _end(client, begun, None, f"Provisioning {tenant}", no_wait=no_wait, json=json)
            return
        done, stopped = _provision_every(client, no_wait=no_wait, json=json)
    if json:
        print_json([each.to_json() for each in done])
    else:
        rows = [(each.id, *_made(each)) for each in done]
        print_table(("id", "state", "made"), rows, empty="No tenant has tables of its own: nothing to make.")
    if stopped:
        raise typer.Exit(ExitCode.PARTIAL)


def _provision_every(client: Client, *, no_wait: bool, json: bool) -> tuple[list[Tenant], bool]:
    """Return what became of each, and whether any stopped or was refused: that holds up no other."""
    done: list[Tenant] = []
    stopped = False
    for found in client.tenants.list(isolation="silo", page_size=200):
        if found.status not in {"active", "suspended"}:
            if found.status != "offboarded":
                note(f"Left out: {found.id}, which is {found.status}.")
            continue
        try:
            seen = client.tenants.provision(found.id)
            if not no_wait:
                with _progress(seen, f"Provisioning {found.id}", quiet=json) as look:
                    seen = client.tenants.wait_until_done(found.id, on_progress=look)
        except (ConflictError, OperationFailedError, OperationTimeoutError) as error:
            note(f"{found.id}: {error}")
            stopped = True
            seen = client.tenants.get(found.id)
        done.append(seen)
    return done, stopped


def _made(tenant: Tenant) -> tuple[str, str]:
    operation = tenant.operation
    return (operation.state, ", ".join(operation.made)) if operation is not None else ("", "")


@app.command(
    epilog=examples(
        "zebros tenants offboard cumulus", "zebros tenants offboard cumulus --yes --no-wait --json"
    )
)
def offboard(
    ctx: typer.Context,
    tenant: TenantId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the id again; for scripts.")] = False,
    no_wait: NoWait = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Export what a tenant has, then erase it everywhere, people included. It cannot be undone."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.tenants.get(tenant)
        if not yes:
            _ask_for_the_id(found)
        begun = client.tenants.offboard(found.id, version=found.version)
        _end(client, begun, "offboarded", f"Offboarding {found.id}", no_wait=no_wait, json=json)


def _ask_for_the_id(tenant: Tenant) -> None:
    note(f"Everything of {tenant.name} ({tenant.isolation}) will be exported and erased, for ever.")
    typer.echo("Type the tenant's id to go on: ", err=True, nl=False)
    typed = sys.stdin.readline()  # a prompt of Typer's would put a space into the data on standard output
    if not typed:
        note("")
    if typed.strip() != tenant.id:
        raise typer.BadParameter(
            "not confirmed, nothing was changed; in a script give --yes", param_hint="TENANT"
        )


def _end(
    client: Client, begun: Tenant, status: TenantStatus | None, doing: str, *, no_wait: bool, json: bool
) -> None:
    """Follow what has begun until the tenant has the status, with None until it is done, unless told not to; show what
    it came to.
    """
    if no_wait:
        if json:
            print_json(begun.to_json())
        else:
            note(f"{doing} has begun. Look with: zebros tenants show {begun.id}")
        return
    with _progress(begun, doing, quiet=json) as look:
        if status is None:
            done = client.tenants.wait_until_done(begun.id, on_progress=look)
        else:
            done = client.tenants.wait_until(begun.id, status, on_progress=look)
    _show_one(done, json)


@contextmanager
def _progress(tenant: Tenant, doing: str, *, quiet: bool) -> Generator[Any]:
    """What to call with the tenant at each look: says each step once, when it has ended."""
    if quiet:
        yield None
        return
    told: set[str] = set()
    note(f"{doing}:")

    def look(seen: Tenant) -> None:
        for step in seen.operation.steps if seen.operation is not None else ():
            if step.state in {"done", "failed"} and step.name not in told:
                told.add(step.name)
                note(f"  {mark(step.state == 'done')} {step.name}{f': {step.detail}' if step.detail else ''}")
            elif step.state == "running":
                show_step(f"{doing}: {step.name} ...")

    try:
        with spinner(doing) as show_step:
            yield look
    except KeyboardInterrupt:
        note(f"It goes on without you. Look with: zebros tenants show {tenant.id}")
        raise


def _show_one(tenant: Tenant, json: bool) -> None:
    if json:
        print_json(tenant.to_json())
        return
    operation, report = tenant.operation, tenant.report
    pairs: list[tuple[str, Any]] = [
        ("id", tenant.id),
        ("name", tenant.name),
        ("isolation", tenant.isolation),
        ("tier", tenant.tier),
        ("status", tenant.status),
        ("reason", tenant.reason),
        ("first admin", tenant.admin.email if tenant.admin is not None else None),
        *_members("settings", tenant.settings),
    ]
    if operation is not None:
        pairs += [
            (operation.kind, operation.state),
            *((f"  {step.name}", _of_step(step.state, step.detail)) for step in operation.steps),
        ]
        if operation.made:
            pairs.append(("tables made", ", ".join(operation.made)))
        if operation.error is not None:
            pairs.append(("error", f"{operation.error.step}: {operation.error.detail}"))
    if report is not None:
        pairs += [
            ("export", report.export),
            *((f"erased in {name}", _counts(counts)) for name, counts in sorted(report.services.items())),
            ("tables removed", report.removed_tables),
            ("people removed", report.people),
            ("clients removed", report.clients),
        ]
    print_record([*pairs, ("version", tenant.version), ("created", moment(tenant.created_at))])


def _settings(pairs: list[str] | None) -> dict[str, Any]:
    """Return the settings of `--setting` options; `outer.inner=VALUE` is a value in a setting that has several."""
    settings: dict[str, Any] = {}
    for path, value in named_values(pairs, "--setting").items():
        *parents, last = path.split(".")
        inner = settings
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return settings


def _members(path: str, value: Any) -> list[tuple[str, Any]]:
    """Return what is set, each value by its path."""
    if not isinstance(value, dict):
        return [(path, value)]
    members = sorted(cast("dict[str, Any]", value).items())
    return [row for name, member in members for row in _members(f"{path}.{name}", member)]


def _of_step(state: str, detail: str | None) -> str:
    return f"{state} ({detail})" if detail else state


def _counts(counts: StoreCounts) -> str:
    tables = [f"{number:,} of {name}" for name, number in sorted(counts.tables.items())]
    return ", ".join([*tables, f"{counts.objects:,} objects"])
