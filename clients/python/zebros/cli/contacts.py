"""`zebros contacts ...`"""

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
    merge_changes,
    taken,
    user_id,
)
from zebros.cli.output import JsonFlag, ProfileName
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Contact

app = typer.Typer(help="People at your customers.", no_args_is_help=True)

ContactId = Annotated[str, typer.Argument(help="The contact's id.", show_default=False)]


@app.command("list")
def list_(
    ctx: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Of this customer.")] = None,
    email: Annotated[str | None, typer.Option(help="With this address.")] = None,
    owner: Annotated[str | None, typer.Option(help=f"Of this user. {USER}")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List contacts, all or those of one customer."""
    ctx.meta["zebros.json"] = json
    if customer and (email or owner):
        raise typer.BadParameter("cannot be combined with --email or --owner", param_hint="--customer")
    with connect(ctx, profile) as client:
        found = (
            client.customers.contacts(customer)
            if customer
            else client.contacts.list(
                email=email,
                owner=user_id(client, owner) if owner else None,
                page_size=page_size(limit, everything),
            )
        )
        contacts = taken(found, limit, everything)
        KIND.print_many(
            contacts,
            json,
            "No contacts here. Create one with: zebros contacts create LAST_NAME --customer ID",
        )


@app.command()
def create(
    ctx: typer.Context,
    last_name: Annotated[str, typer.Argument(show_default=False)],
    first_name: Annotated[str | None, typer.Option()] = None,
    customer: Annotated[str | None, typer.Option(help="Id of the customer.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    position: Annotated[str | None, typer.Option()] = None,
    do_not_contact: Annotated[bool, typer.Option("--do-not-contact")] = False,
    tag: Tags = None,
    custom: UserFields = None,
    allow_duplicate: Annotated[
        bool, typer.Option("--allow-duplicate", help="Even if the e-mail is known.")
    ] = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create a contact."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        optional: dict[str, Any] = {
            "first_name": first_name,
            "customer_id": customer,
            "email": email,
            "phone": phone,
            "position": position,
            "do_not_contact": do_not_contact,
            "tags": tag,
            "custom": custom_values(client, "contact", custom),
        }
        created = client.contacts.create(
            last_name=last_name,
            skip_duplicate_check=allow_duplicate,
            **{name: value for name, value in optional.items() if value},
        )
        KIND.print_one(created, json)


@app.command()
def update(
    ctx: typer.Context,
    contact: ContactId,
    last_name: Annotated[str | None, typer.Option()] = None,
    first_name: Annotated[str | None, typer.Option()] = None,
    customer: Annotated[str | None, typer.Option(help="Move to this customer.")] = None,
    email: Annotated[str | None, typer.Option()] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    position: Annotated[str | None, typer.Option()] = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of a contact; what is not named stays."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changes = merge_changes(
            {
                "lastName": last_name,
                "firstName": first_name,
                "customerId": customer,
                "email": email,
                "phone": phone,
                "position": position,
                "tags": tag,
                "custom": custom_values(client, "contact", custom),
            },
            clear,
        )
        KIND.print_one(client.contacts.patch(contact, changes, version=version), json)


def _pairs(contact: Contact) -> list[tuple[str, object]]:
    return [
        ("id", contact.id),
        ("name", contact.full_name),
        ("customer", contact.customer_id),
        ("email", contact.email),
        ("phone", contact.phone),
        ("position", contact.position),
        ("do not contact", "yes" if contact.do_not_contact else None),
        *common_pairs(contact),
    ]


KIND: RecordKind[Contact] = RecordKind(
    noun="contact",
    group="contacts",
    collection=lambda client: client.contacts,
    columns={
        "id": lambda each: each.id,
        "name": lambda each: each.full_name,
        "email": lambda each: each.email,
        "phone": lambda each: each.phone,
        "position": lambda each: each.position,
        "customer": lambda each: each.customer_id,
    },
    pairs=_pairs,
)
add_record_commands(app, KIND, show="get", external=False)
