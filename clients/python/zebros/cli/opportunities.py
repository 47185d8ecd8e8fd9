"""`zebros opportunities ...`, which `zebros deals` is short for."""

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
    product_lines,
    taken,
    user_id,
)
from zebros.cli.output import JsonFlag, ProfileName, moment, money
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from datetime import date

    from zebros.models import Opportunity

app = typer.Typer(help="Sales that may come, and those that did (also: zebros deals).", no_args_is_help=True)

SORTS = ("createdAt", "-createdAt", "expectedCloseDate", "-expectedCloseDate")
CATEGORIES = ("pipeline", "bestCase", "commit", "omitted")

OpportunityId = Annotated[
    str, typer.Argument(metavar="OPPORTUNITY", help="The opportunity's id.", show_default=False)
]
Customer = Annotated[str | None, typer.Option(help="Id of the customer.")]
Contact = Annotated[str | None, typer.Option(help="Id of the contact.")]
Value = Annotated[str | None, typer.Option(help="What it is worth; the sum of its lines if not given.")]
Currency = Annotated[str | None, typer.Option(help="Such as EUR; your company's if not given.")]
Probability = Annotated[
    int | None, typer.Option(min=0, max=100, help="In percent; its stage's if not given.")
]
Category = Annotated[
    str | None,
    typer.Option("--category", help=f"For the forecast: {', '.join(CATEGORIES)}; its stage's if not given."),
]
ExpectedClose = Annotated[str | None, typer.Option("--expected-close", help="A day such as 2026-12-31.")]
Engaged = Annotated[str | None, typer.Option("--engaged", help="The day when it began.")]
Lines = Annotated[
    list[str] | None,
    typer.Option(
        "--line",
        metavar="PRODUCT[:QUANTITY[:PRICE]]",
        help="A product by id or name, one at its own price if not said; repeatable.",
    ),
]


@app.command(
    "list",
    epilog=examples(
        "zebros opportunities list --stage proposal --sort expectedCloseDate",
        "zebros deals list --owner nora.north@aurora.example",
    ),
)
def list_(
    ctx: typer.Context,
    owner: Annotated[str | None, typer.Option(help=f"Of this user. {USER}")] = None,
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    customer: Customer = None,
    stage: Annotated[str | None, typer.Option(help="Key of the stage; see: zebros pipeline stages")] = None,
    sort: Annotated[
        str | None, typer.Option(help=f"{', '.join(SORTS)} (the last two within --stage).")
    ] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List opportunities."""
    ctx.meta["zebros.json"] = json
    one_of(sort, SORTS, "--sort")
    if sort is not None and sort.endswith("expectedCloseDate") and stage is None:
        raise typer.BadParameter(
            "expectedCloseDate is an order within a stage: give --stage", param_hint="--sort"
        )
    with connect(ctx, profile) as client:
        found = client.opportunities.list(
            owner=user_id(client, owner) if owner else None,
            team=team,
            customer=customer,
            stage=stage,
            sort=sort,  # pyright: ignore[reportArgumentType]
            page_size=page_size(limit, everything),
        )
        empty = (
            "No opportunity matches these filters."
            if any((owner, team, customer, stage))
            else "No opportunities yet. Add one: zebros opportunities create TITLE --customer ID --value 1000"
        )
        KIND.print_many(taken(found, limit, everything), json, empty)


@app.command(
    epilog=examples(
        "zebros opportunities create 'Cargo bikes' --customer CUSTOMER --value 12000 --expected-close 2026-12-31",
        "zebros opportunities create 'Cargo bikes' --line 'Cargo bike:3' --line 'Service plan:3:190'",
    )
)
def create(
    ctx: typer.Context,
    title: Annotated[str, typer.Argument(show_default=False)],
    customer: Customer = None,
    contact: Contact = None,
    value: Value = None,
    currency: Currency = None,
    stage: Annotated[str | None, typer.Option(help="Key of its stage; the first if not given.")] = None,
    probability: Probability = None,
    category: Category = None,
    expected_close: ExpectedClose = None,
    engaged: Engaged = None,
    close_date: Annotated[str | None, typer.Option(help="Of a won or lost one.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it was lost.")] = None,
    line: Lines = None,
    owner: Annotated[str | None, typer.Option(help=f"You, if not given. {USER}")] = None,
    team: Annotated[str | None, typer.Option()] = None,
    external_id: Annotated[str | None, typer.Option(help="Its id in another system.")] = None,
    tag: Tags = None,
    custom: UserFields = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create an opportunity."""
    ctx.meta["zebros.json"] = json
    one_of(category, CATEGORIES, "--category")
    with connect(ctx, profile) as client:
        fields: dict[str, Any] = {
            "customer_id": customer,
            "contact_id": contact,
            "value": amount(value, "--value"),
            "currency": currency,
            "stage": stage,
            "probability": probability,
            "forecast_category": category,
            "expected_close_date": expected_close,
            "engage_date": engaged,
            "close_date": close_date,
            "loss_reason": reason,
            "lines": product_lines(client, line),
            "owner_id": user_id(client, owner) if owner else None,
            "team_id": team,
            "external_id": external_id,
            "tags": tag,
            "custom": custom_values(client, "opportunity", custom),
        }
        KIND.print_one(client.opportunities.create(title=title, **given(fields)), json)


@app.command(
    epilog=examples("zebros opportunities update OPPORTUNITY --value 13500 --expected-close 2027-01-31")
)
def update(
    ctx: typer.Context,
    opportunity: OpportunityId,
    title: Annotated[str | None, typer.Option()] = None,
    customer: Customer = None,
    contact: Contact = None,
    value: Value = None,
    currency: Annotated[str | None, typer.Option()] = None,
    probability: Probability = None,
    category: Category = None,
    expected_close: ExpectedClose = None,
    engaged: Engaged = None,
    close_date: Annotated[str | None, typer.Option(help="Of a won or lost one.")] = None,
    line: Lines = None,
    owner: Annotated[str | None, typer.Option(help=USER)] = None,
    team: Annotated[str | None, typer.Option()] = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of an opportunity; what is not named stays. Its stage changes by move and reopen."""
    ctx.meta["zebros.json"] = json
    one_of(category, CATEGORIES, "--category")
    with connect(ctx, profile) as client:
        changes = patch_of(
            {
                "title": title,
                "customer_id": customer,
                "contact_id": contact,
                "value": amount(value, "--value"),
                "currency": currency,
                "probability": probability,
                "forecast_category": category,
                "expected_close_date": expected_close,
                "engage_date": engaged,
                "close_date": close_date,
                "lines": product_lines(client, line),
                "owner_id": user_id(client, owner) if owner else None,
                "team_id": team,
                "tags": tag,
                "custom": custom_values(client, "opportunity", custom),
            },
            clear,
        )
        KIND.print_one(client.opportunities.patch(opportunity, changes, version=version), json)


def _stage_and_close(each: Opportunity) -> list[tuple[str, object]]:
    return [
        ("stage", each.stage),
        ("outcome", each.outcome),
        ("probability", None if each.probability is None else f"{each.probability} %"),
        ("forecast", each.forecast_category),
        ("engaged", day(each.engage_date)),
        ("expected close", day(each.expected_close_date)),
        ("closed", day(each.close_date)),
        ("lost because", each.loss_reason),
        ("in its stage since", moment(each.stage_entered_at)),
    ]


def _pairs(each: Opportunity) -> list[tuple[str, object]]:
    in_trash = " (in the trash)" if each.customer_deleted else ""
    return [
        ("id", each.id),
        ("title", each.title),
        ("customer", each.customer_id and f"{each.customer_id}{in_trash}"),
        ("contact", each.contact_id),
        ("value", money(each.value, each.currency)),
        *(
            (f"line {at}", f"{line.quantity:f} x {line.name or line.product_id} at {money(line.unit_price)}")
            for at, line in enumerate(each.lines or (), 1)
        ),
        *_stage_and_close(each),
        *common_pairs(each),
    ]


def day(value: date | None) -> str:
    """A day as the API writes it."""
    return "" if value is None else value.isoformat()


KIND: RecordKind[Opportunity] = RecordKind(
    noun="opportunity",
    group="opportunities",
    collection=lambda client: client.opportunities,
    columns={
        "id": lambda each: each.id,
        "title": lambda each: each.title,
        "stage": lambda each: each.stage,
        "value": lambda each: money(each.value, each.currency),
        "expected close": lambda each: day(each.expected_close_date),
        "closed": lambda each: day(each.close_date),
        "owner": lambda each: each.owner_id,
    },
    pairs=_pairs,
    numbers=("value",),
)
add_record_commands(app, KIND)
