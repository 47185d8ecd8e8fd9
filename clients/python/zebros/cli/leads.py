"""`zebros leads ...`"""

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
    amount,
    custom_values,
    examples,
    given,
    one_of,
    patch_of,
    taken,
    user_id,
)
from zebros.cli.output import (
    JsonFlag,
    ProfileName,
    moment,
    money,
    note,
    print_json,
    print_record,
    report_error,
)
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect
from zebros.errors import DuplicateError

if TYPE_CHECKING:
    from zebros.models import Lead

app = typer.Typer(help="People and companies who may become customers.", no_args_is_help=True)

STATUSES = ("new", "contacted", "qualified", "unqualified", "converting", "converted")
RATINGS = ("hot", "warm", "cold")

LeadId = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.", show_default=False)]
FirstName = Annotated[str | None, typer.Option()]
Company = Annotated[str | None, typer.Option(help="The company's name.")]
Status = Annotated[str | None, typer.Option(help="new, contacted, qualified or unqualified.")]
Score = Annotated[int | None, typer.Option(min=0, max=100, help="From 0 to 100.")]
Rating = Annotated[str | None, typer.Option(help="hot, warm or cold.")]
Estimated = Annotated[str | None, typer.Option("--estimated-value", help="What it may be worth.")]
Currency = Annotated[str | None, typer.Option(help="Such as EUR.")]
Owner = Annotated[str | None, typer.Option(help=USER)]
Text = Annotated[str | None, typer.Option()]


@app.command(
    "list", epilog=examples("zebros leads list --status qualified", "zebros leads list --source fair")
)
def list_(
    ctx: typer.Context,
    owner: Annotated[str | None, typer.Option(help=f"Of this user. {USER}")] = None,
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    status: Annotated[str | None, typer.Option(help=f"{', '.join(STATUSES)}.")] = None,
    source: Annotated[str | None, typer.Option(help="From this source.")] = None,
    email: Annotated[str | None, typer.Option(help="With this address.")] = None,
    sort: Annotated[str | None, typer.Option(help="createdAt or -createdAt.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List leads."""
    ctx.meta["zebros.json"] = json
    one_of(status, STATUSES, "--status")
    one_of(sort, ("createdAt", "-createdAt"), "--sort")
    with connect(ctx, profile) as client:
        found = client.leads.list(
            owner=user_id(client, owner) if owner else None,
            team=team,
            status=status,
            source=source,
            email=email,
            sort=sort,  # pyright: ignore[reportArgumentType]
            page_size=page_size(limit, everything),
        )
        empty = (
            "No lead matches these filters."
            if any((owner, team, status, source, email))
            else "No leads yet. Add one: zebros leads create LAST_NAME --company NAME"
        )
        KIND.print_many(taken(found, limit, everything), json, empty)


@app.command(
    epilog=examples("zebros leads create Marsh --first-name Mira --company 'Marsh Mills' --source fair")
)
def create(
    ctx: typer.Context,
    last_name: Annotated[str, typer.Argument(show_default=False)],
    first_name: FirstName = None,
    company: Company = None,
    email: Text = None,
    phone: Text = None,
    position: Text = None,
    industry: Text = None,
    source: Annotated[str | None, typer.Option(help="Where it came from, such as fair.")] = None,
    status: Status = None,
    score: Score = None,
    rating: Rating = None,
    estimated_value: Estimated = None,
    currency: Currency = None,
    do_not_contact: Annotated[bool, typer.Option("--do-not-contact")] = False,
    owner: Annotated[str | None, typer.Option(help=f"You, if not given. {USER}")] = None,
    team: Text = None,
    external_id: Annotated[str | None, typer.Option(help="Its id in another system.")] = None,
    tag: Tags = None,
    custom: UserFields = None,
    allow_duplicate: Annotated[
        bool, typer.Option("--allow-duplicate", help="Even if the e-mail is known.")
    ] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create a lead."""
    ctx.meta["zebros.json"] = json
    one_of(status, STATUSES[:4], "--status")
    one_of(rating, RATINGS, "--rating")
    with connect(ctx, profile) as client:
        fields: dict[str, Any] = {
            "first_name": first_name,
            "company_name": company,
            "email": email,
            "phone": phone,
            "position": position,
            "industry": industry,
            "source": source,
            "status": status,
            "score": score,
            "rating": rating,
            "estimated_value": amount(estimated_value, "--estimated-value"),
            "currency": currency,
            "do_not_contact": do_not_contact or None,
            "owner_id": user_id(client, owner) if owner else None,
            "team_id": team,
            "external_id": external_id,
            "tags": tag,
            "custom": custom_values(client, "lead", custom),
        }
        created = client.leads.create(
            last_name=last_name, skip_duplicate_check=allow_duplicate, **given(fields)
        )
        KIND.print_one(created, json)


@app.command(epilog=examples("zebros leads update LEAD --status qualified --score 80"))
def update(
    ctx: typer.Context,
    lead: LeadId,
    last_name: Text = None,
    first_name: FirstName = None,
    company: Company = None,
    email: Text = None,
    phone: Text = None,
    position: Text = None,
    industry: Text = None,
    source: Text = None,
    status: Status = None,
    score: Score = None,
    rating: Rating = None,
    estimated_value: Estimated = None,
    currency: Currency = None,
    owner: Owner = None,
    team: Text = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of a lead; what is not named stays."""
    ctx.meta["zebros.json"] = json
    one_of(status, STATUSES[:4], "--status")
    one_of(rating, RATINGS, "--rating")
    with connect(ctx, profile) as client:
        changes = patch_of(
            {
                "last_name": last_name,
                "first_name": first_name,
                "company_name": company,
                "email": email,
                "phone": phone,
                "position": position,
                "industry": industry,
                "source": source,
                "status": status,
                "score": score,
                "rating": rating,
                "estimated_value": amount(estimated_value, "--estimated-value"),
                "currency": currency,
                "owner_id": user_id(client, owner) if owner else None,
                "team_id": team,
                "tags": tag,
                "custom": custom_values(client, "lead", custom),
            },
            clear,
        )
        KIND.print_one(client.leads.patch(lead, changes, version=version), json)


@app.command(
    epilog=examples(
        "zebros leads convert LEAD --with-opportunity",
        "zebros leads convert LEAD --title 'Cargo bikes' --value 12000 --stage qualification",
        "zebros leads convert LEAD --customer CUSTOMER",
    )
)
def convert(
    ctx: typer.Context,
    lead: LeadId,
    customer: Annotated[
        str | None, typer.Option(help="Id of the customer that it is; none: a new one.")
    ] = None,
    contact: Annotated[str | None, typer.Option(help="Id of the contact who it is; none: a new one.")] = None,
    opportunity: Annotated[str | None, typer.Option(help="Id of the opportunity that it belongs to.")] = None,
    with_opportunity: Annotated[
        bool, typer.Option("--with-opportunity", help="Make one; so does each of the options below.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="The company's name if not given.")] = None,
    value: Annotated[str | None, typer.Option(help="The lead's estimate if not given.")] = None,
    currency: Currency = None,
    stage: Annotated[str | None, typer.Option(help="Key of its stage; the first if not given.")] = None,
    expected_close: Annotated[
        str | None, typer.Option("--expected-close", help="A day such as 2026-12-31.")
    ] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Make a customer, a contact and, if asked, an opportunity of a lead: all of it or nothing.

    It can be run again: the lead is converted once, and the answer is the same.
    """
    ctx.meta["zebros.json"] = json
    details = given(
        {
            "title": title,
            "value": amount(value, "--value"),
            "currency": currency,
            "stage": stage,
            "expected_close_date": expected_close,
        }
    )
    if opportunity and (details or with_opportunity):
        raise typer.BadParameter("names one that is there; leave the others out", param_hint="--opportunity")
    with connect(ctx, profile) as client:
        try:
            done = client.leads.convert(
                lead,
                customer={"customer_id": customer} if customer else None,
                contact={"contact_id": contact} if contact else None,
                opportunity={"opportunity_id": opportunity}
                if opportunity
                else details
                if details or with_opportunity
                else None,
            )
        except DuplicateError as error:
            known = next(iter(error.duplicates), None)
            option = f"--{known.entity} {known.id}" if known else "--customer ID"
            code = report_error(error, as_json=json, hint=f"To convert into that one: {option}")
            raise typer.Exit(code) from error
    if json:
        print_json(done.to_json())
        return
    print_record(
        [
            ("lead", done.lead_id),
            ("customer", done.customer_id),
            ("contact", done.contact_id),
            ("opportunity", done.opportunity_id),
            ("converted", moment(done.converted_at)),
        ]
    )
    if done.opportunity_id is None:
        note("No opportunity was made; --with-opportunity makes one.")


def _pairs(lead: Lead) -> list[tuple[str, object]]:
    return [
        ("id", lead.id),
        ("name", lead.full_name),
        ("company", lead.company_name),
        ("status", lead.status),
        ("source", lead.source),
        ("score", lead.score),
        ("rating", lead.rating),
        ("estimated value", money(lead.estimated_value, lead.currency)),
        ("email", lead.email),
        ("phone", lead.phone),
        ("position", lead.position),
        ("industry", lead.industry),
        ("do not contact", "yes" if lead.do_not_contact else None),
        ("converted", moment(lead.converted_at)),
        ("customer", lead.customer_id),
        ("contact", lead.contact_id),
        ("opportunity", lead.opportunity_id),
        *common_pairs(lead),
    ]


KIND: RecordKind[Lead] = RecordKind(
    noun="lead",
    group="leads",
    collection=lambda client: client.leads,
    columns={
        "id": lambda each: each.id,
        "name": lambda each: each.full_name,
        "company": lambda each: each.company_name,
        "status": lambda each: each.status,
        "source": lambda each: each.source,
        "score": lambda each: "" if each.score is None else str(each.score),
        "owner": lambda each: each.owner_id,
    },
    pairs=_pairs,
    numbers=("score",),
)
add_record_commands(app, KIND)
