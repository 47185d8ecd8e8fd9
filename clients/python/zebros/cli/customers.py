"""`zebros customers ...` (its `import` is in `zebros.cli.importer`)."""

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
    merge_changes,
    taken,
    user_id,
)
from zebros.cli.output import JsonFlag, ProfileName, print_json, print_record
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Customer

app = typer.Typer(help="Companies that you sell to.", no_args_is_help=True)

CustomerId = Annotated[str, typer.Argument(help="The customer's id.", show_default=False)]
AllowDuplicate = Annotated[
    bool, typer.Option("--allow-duplicate", help="Even if one with this name or e-mail exists.")
]


@app.command("list")
def list_(
    ctx: typer.Context,
    owner: Annotated[str | None, typer.Option(help=f"Of this user. {USER}")] = None,
    team: Annotated[str | None, typer.Option(help="Of this team.")] = None,
    industry: Annotated[str | None, typer.Option()] = None,
    tier: Annotated[str | None, typer.Option()] = None,
    sort: Annotated[str | None, typer.Option(help="createdAt, -createdAt or name.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List customers."""
    ctx.meta["zebros.json"] = json
    if sort not in {None, "createdAt", "-createdAt", "name"}:
        raise typer.BadParameter("createdAt, -createdAt or name", param_hint="--sort")
    with connect(ctx, profile) as client:
        found = client.customers.list(
            owner=user_id(client, owner) if owner else None,
            team=team,
            industry=industry,
            tier=tier,
            sort=sort,  # pyright: ignore[reportArgumentType]
            page_size=page_size(limit, everything),
        )
        filtered = any((owner, team, industry, tier))
        KIND.print_many(
            taken(found, limit, everything),
            json,
            "No customer matches these filters."
            if filtered
            else "No customers yet. Import some: zebros customers import FILE.csv --map COLUMN=companyName",
        )


@app.command()
def search(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(help="Starts of words of the name, in any case.")],
    limit: Limit = 20,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Find customers by the words of their name."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = client.customers.search(" ".join(words), page_size=page_size(limit, False))
        KIND.print_many(
            taken(found, limit, False),
            json,
            f"No customer's name has words that start with: {' '.join(words)}",
        )


@app.command()
def get(
    ctx: typer.Context,
    customer: CustomerId,
    external: Annotated[bool, typer.Option("--external-id", help="The id is another system's.")] = False,
    documents: Annotated[bool, typer.Option("--documents", help="With documents and their links.")] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show one customer."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = (
            client.customers.get_by_external_id(customer)
            if external
            else client.customers.get(customer, include_documents=documents)
        )
        KIND.print_one(found, json)


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The company's name.", show_default=False)],
    industry: Annotated[str | None, typer.Option()] = None,
    tier: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    website: Annotated[str | None, typer.Option()] = None,
    owner: Annotated[str | None, typer.Option(help=f"You, if not given. {USER}")] = None,
    team: Annotated[str | None, typer.Option()] = None,
    external_id: Annotated[str | None, typer.Option(help="Its id in another system.")] = None,
    tag: Tags = None,
    custom: UserFields = None,
    allow_duplicate: AllowDuplicate = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create a customer."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        optional: dict[str, Any] = {
            "industry": industry,
            "tier": tier,
            "contact_info": _given(email=email, phone=phone, website=website),
            "owner_id": user_id(client, owner) if owner else None,
            "team_id": team,
            "external_id": external_id,
            "tags": tag,
            "custom": custom_values(client, "customer", custom),
        }
        created = client.customers.create(
            company_name=name,
            skip_duplicate_check=allow_duplicate,
            **{key: value for key, value in optional.items() if value},
        )
        KIND.print_one(created, json)


@app.command(epilog=examples("zebros customers update CUSTOMER --owner nora.north@aurora.example"))
def update(
    ctx: typer.Context,
    customer: CustomerId,
    name: Annotated[str | None, typer.Option(help="The company's name.")] = None,
    industry: Annotated[str | None, typer.Option()] = None,
    tier: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    website: Annotated[str | None, typer.Option()] = None,
    owner: Annotated[str | None, typer.Option(help=USER)] = None,
    team: Annotated[str | None, typer.Option()] = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of a customer; what is not named stays."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changes = merge_changes(
            {
                "companyName": name,
                "industry": industry,
                "tier": tier,
                "contactInfo": _given(email=email, phone=phone, website=website),
                "ownerId": user_id(client, owner) if owner else None,
                "teamId": team,
                "tags": tag,
                "custom": custom_values(client, "customer", custom),
            },
            clear,
        )
        KIND.print_one(client.customers.patch(customer, changes, version=version), json)


@app.command()
def merge(
    ctx: typer.Context,
    winner: Annotated[str, typer.Argument(help="The customer that stays.")],
    loser: Annotated[str, typer.Argument(help="The customer whose contacts and documents move over.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Merge two customers into one."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        if not yes:
            names = [client.customers.get(each).company_name for each in (winner, loser)]
            typer.confirm(f"Merge {names[1]!r} into {names[0]!r}?", abort=True, err=True)
        state = client.customers.merge(winner, loser)
    if json:
        print_json(state.to_json())
    else:
        print_record([("merge", state.id), ("status", state.status), ("moved", state.moved)])


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _pairs(customer: Customer) -> list[tuple[str, object]]:
    info = customer.contact_info
    address = info.address.model_dump(exclude_none=True) if info.address else {}
    return [
        ("id", customer.id),
        ("name", customer.company_name),
        ("industry", customer.industry),
        ("tier", customer.tier),
        ("email", info.email),
        ("phone", info.phone),
        ("website", info.website),
        ("address", ", ".join(str(part) for part in address.values())),
        *common_pairs(customer),
        *((f"document {each.id}", each.file_name) for each in customer.documents or ()),
    ]


KIND: RecordKind[Customer] = RecordKind(
    noun="customer",
    group="customers",
    collection=lambda client: client.customers,
    columns={
        "id": lambda each: each.id,
        "name": lambda each: each.company_name,
        "industry": lambda each: each.industry,
        "tier": lambda each: each.tier,
        "owner": lambda each: each.owner_id,
        "version": lambda each: str(each.version),
    },
    pairs=_pairs,
)
add_record_commands(app, KIND, show=None)
