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
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_record, print_table
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
                page_size=200 if everything else min(limit, 200),
            )
        )
        contacts = list(taken(found, limit, everything))
    if json:
        print_json([contact.to_json() for contact in contacts])
        return
    rows = [
        (
            each.id,
            each.full_name,
            each.email or "",
            each.phone or "",
            each.position or "",
            each.customer_id or "",
        )
        for each in contacts
    ]
    empty = "No contacts here. Create one with: zebros contacts create LAST_NAME --customer ID"
    print_table(("id", "name", "email", "phone", "position", "customer"), rows, empty=empty)


@app.command()
def get(ctx: typer.Context, contact: ContactId, profile: ProfileName = None, json: JsonFlag = False) -> None:
    """Show one contact."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.contacts.get(contact), json)


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
        _show_one(created, json)


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
        _show_one(client.contacts.patch(contact, changes, version=version), json)


@app.command()
def delete(
    ctx: typer.Context, contact: ContactId, version: Version = None, profile: ProfileName = None
) -> None:
    """Move a contact to the trash."""
    with connect(ctx, profile) as client:
        client.contacts.delete(contact, version=version)
    note(f"In the trash. To bring it back: zebros contacts restore {contact}")


@app.command()
def restore(
    ctx: typer.Context, contact: ContactId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Bring a contact back from the trash."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _show_one(client.contacts.restore(contact), json)


def _show_one(contact: Contact, json: bool) -> None:
    if json:
        print_json(contact.to_json())
        return
    print_record(
        [
            ("id", contact.id),
            ("name", contact.full_name),
            ("customer", contact.customer_id),
            ("email", contact.email),
            ("phone", contact.phone),
            ("position", contact.position),
            ("do not contact", "yes" if contact.do_not_contact else None),
            ("owner", contact.owner_id),
            ("tags", contact.tags),
            *((f"custom.{name}", value) for name, value in sorted(contact.custom.items())),
            ("version", contact.version),
        ]
    )
