"""`zebros privacy ...`: requests of persons, legal holds, how long what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.jobs import Detach, JobId, finish, listed_by, save_files, tell_job, watch_job
from zebros.cli.options import Everything, Limit, Yes, examples, given, named_values, one_of, taken
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record, print_table
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Job

app = typer.Typer(help="Requests of persons, legal holds, retention.", no_args_is_help=True)
holds = typer.Typer(help="What may not be erased.", no_args_is_help=True)
app.add_typer(holds, name="holds")

Contact = Annotated[str | None, typer.Option("--contact", help="Id of a contact.")]
Lead = Annotated[str | None, typer.Option("--lead", help="Id of a lead.")]
User = Annotated[str | None, typer.Option("--user", help="Id of a user.")]
Email = Annotated[str | None, typer.Option("--email", help="Everybody with this address.")]
Reason = Annotated[str | None, typer.Option(help="Why; kept with the request.")]


def _subject(contact: str | None, lead: str | None, user: str | None, email: str | None) -> dict[str, str]:
    found = given({"contactId": contact, "leadId": lead, "userId": user, "email": email})
    if len(found) != 1:
        raise typer.BadParameter("say of whom, by one of --contact, --lead, --user, --email")
    return found


@app.command(epilog=examples("zebros privacy export --email jo@example.com --to archive/"))
def export(
    ctx: typer.Context,
    contact: Contact = None,
    lead: Lead = None,
    user: User = None,
    email: Email = None,
    letter: Annotated[
        bool, typer.Option("--letter", help="A letter to read (PDF) instead of an archive.")
    ] = False,
    to: Annotated[Path, typer.Option(file_okay=False, help="Save into this folder.")] = Path(),
    reason: Reason = None,
    detach: Detach = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Collect everything on a person, in all services: an archive to take elsewhere, or a letter to read."""
    ctx.meta["zebros.json"] = json
    subject = _subject(contact, lead, user, email)
    with connect(ctx, profile) as client:
        started = client.privacy.request("access" if letter else "portability", subject, reason=reason)
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
        if ended.state == "succeeded":
            save_files(client, ended.id, to)
    _end(ended, as_json=json)


@app.command(epilog=examples("zebros privacy erase --contact CONTACT --reason 'asked by mail'"))
def erase(
    ctx: typer.Context,
    contact: Contact = None,
    lead: Lead = None,
    user: User = None,
    email: Email = None,
    reason: Reason = None,
    yes: Yes = False,
    to: Annotated[
        Path, typer.Option(file_okay=False, help="Save the certificate into this folder.")
    ] = Path(),
    detach: Detach = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Erase a person everywhere. It cannot be taken back, and ends with a signed certificate."""
    ctx.meta["zebros.json"] = json
    subject = _subject(contact, lead, user, email)
    if not yes:
        typer.confirm("Erase this person everywhere? Nobody can take it back.", abort=True, err=True)
    with connect(ctx, profile) as client:
        started = client.privacy.request("erasure", subject, reason=reason, confirm=True)
        if detach:
            tell_job(started, as_json=json)
            return
        ended = watch_job(client, started.id)
        if ended.files:
            save_files(client, ended.id, to)
    _end(ended, as_json=json)


@app.command("list", epilog=examples("zebros privacy list --all --json"))
def list_(
    ctx: typer.Context,
    limit: Limit = 20,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List the requests."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(taken(client.privacy.requests(), limit, everything))
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (
            each.id,
            str(_more(each, "request")),
            _whom(_more(each, "subject")),
            each.state,
            str(_more(each, "outcome")),
            moment(each.created_at),
        )
        for each in found
    ]
    print_table(
        ("id", "kind", "of", "state", "outcome", "asked"), rows, empty="Nobody has asked for anything."
    )


@app.command(epilog=examples("zebros privacy again REQUEST"))
def again(ctx: typer.Context, request: JobId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Go on with an erasure that a legal hold kept from being whole."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros privacy list"), connect(ctx, profile) as client:
        ended = watch_job(client, client.privacy.again(request).id)
    _end(ended, as_json=json)


@app.command(epilog=examples("zebros privacy certificate REQUEST --json"))
def certificate(
    ctx: typer.Context, request: JobId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Show what an erasure did: what went, what expires when, what was lawfully kept."""
    ctx.meta["zebros.json"] = json
    with listed_by(ctx, "zebros privacy list"), connect(ctx, profile) as client:
        found = client.privacy.certificate(request)
    print_json(found.to_json() if json else found.certificate)
    if not json:
        note("Signed; with --json the signature and the key are shown as well.")


@holds.command("list", epilog=examples("zebros privacy holds list"))
def list_holds(ctx: typer.Context, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """List the legal holds."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.privacy.holds()
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [
        (each.id, _held(each.subject, each.record), each.reason, each.until or "", _force(each.in_force))
        for each in found
    ]
    print_table(("id", "what", "why", "until", ""), rows, empty="Nothing is held.")


@holds.command(
    epilog=examples(
        "zebros privacy holds create --email jo@example.com --reason 'claim 17' --until 2027-12-31",
        "zebros privacy holds create --all --reason 'audit of the year'",
    )
)
def create(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option(help="Why it has to be kept.")],
    contact: Contact = None,
    lead: Lead = None,
    user: User = None,
    email: Email = None,
    everything: Annotated[bool, typer.Option("--all", help="All of the company's data.")] = False,
    until: Annotated[
        str | None, typer.Option(help="A date; for as long as it is not ended if not given.")
    ] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Keep a person's data, or everything, from being erased."""
    ctx.meta["zebros.json"] = json
    body: dict[str, Any] = given({"reason": reason, "until": until})
    if everything and any((contact, lead, user, email)):
        raise typer.BadParameter("--all holds everything: say it, or of whom, not both", param_hint="--all")
    body |= {"all": True} if everything else {"subject": _subject(contact, lead, user, email)}
    with connect(ctx, profile) as client:
        made = client.privacy.hold(body)
    if json:
        print_json(made.to_json())
    else:
        note(f"Held: {made.id}.")


@holds.command(epilog=examples("zebros privacy holds end HOLD"))
def end(
    ctx: typer.Context,
    hold: Annotated[str, typer.Argument(show_default=False)],
    profile: ProfileName = None,
) -> None:
    """End a legal hold; erasures that it stopped can then be run again."""
    with listed_by(ctx, "zebros privacy holds list"), connect(ctx, profile) as client:
        client.privacy.end_hold(hold)
    note("Ended.")


@app.command(
    epilog=examples("zebros privacy retention", "zebros privacy retention --set inactiveContactMonths=36")
)
def retention(
    ctx: typer.Context,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="RULE=NUMBER", help="Change a rule, or end it by never; repeatable."),
    ] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show how long what is kept, or change it."""
    ctx.meta["zebros.json"] = json
    asked = named_values(values, "--set")
    for name in asked:
        one_of(name, sorted(_RULES), "--set")
    with connect(ctx, profile) as client:
        found = client.privacy.retention()
        if asked:
            kept = {name: value for name, value in found.to_json().items() if name in _RULES}
            changed = {name: None if value == "never" else value for name, value in asked.items()}
            found = client.privacy.set_retention({**kept, **changed})
    if json:
        print_json(found.to_json())
        return
    print_record([(name, value) for name, value in found.to_json().items() if value is not None])
    if found.preview_job_id:
        note(f"What that would erase is being counted: zebros jobs watch {found.preview_job_id}")


_RULES = frozenset(
    {
        "businessYears",
        "eraseBusinessRecords",
        "inactiveContactMonths",
        "lostLeadMonths",
        "convertedLeadMonths",
        "jobFileDays",
    }
)


def _end(job: Job, *, as_json: bool) -> None:
    """Show how a request ended, and what its outcome means; its files are saved."""
    outcome = (job.result or {}).get("outcome")
    if not as_json and outcome == "nobodyFound":
        note("Nobody was found by that: nothing is kept on this person under it.")
    if not as_json and outcome in ("partly", "held"):
        note(f"Not all of it went. What stayed and why: zebros privacy certificate {job.id}")
        note(f"When the legal hold is ended: zebros privacy again {job.id}")
    finish(job, as_json=as_json, saved=True)


def _whom(subject: object) -> str:
    """The ids or addresses of a request; once it is done, addresses are kept as hashes only, which say nothing."""
    lists = subject if isinstance(subject, dict) else {}
    return ", ".join(str(each) for name in _NAMES for each in lists.get(name, ()))  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportUnknownArgumentType]


_NAMES = ("emails", "contactIds", "leadIds", "userIds")


def _more(job: Job, name: str) -> Any:
    return (job.model_extra or {}).get(name) or ""


def _held(subject: dict[str, Any] | None, record: dict[str, Any] | None) -> str:
    named = subject or record
    return " ".join(str(value) for value in named.values() if value) if named else "everything"


def _force(in_force: bool) -> str:
    return "in force" if in_force else "ended"
