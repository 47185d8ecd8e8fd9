"""`zebros emails ...` and `zebros templates ...`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.activities import ENTITIES, KIND, related
from zebros.cli.options import (
    Everything,
    Limit,
    Version,
    examples,
    given,
    named_values,
    taken,
)
from zebros.cli.output import JsonFlag, ProfileName, moment, note, print_json, print_record, print_table
from zebros.cli.record_commands import page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import EmailPreview, EmailTemplate

emails = typer.Typer(help="E-mails to your contacts.", no_args_is_help=True)
templates = typer.Typer(help="Texts for e-mails, with places for values.", no_args_is_help=True)

TemplateId = Annotated[str, typer.Argument(metavar="TEMPLATE", help="The template's id.", show_default=False)]
ContactId = Annotated[str, typer.Argument(metavar="CONTACT", help="The contact's id.", show_default=False)]
Template = Annotated[str | None, typer.Option("--template", help="Id of the template.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="What values.NAME is; a list as JSON. Repeatable."),
]
Subject = Annotated[str | None, typer.Option(help="What it is about.")]
Text = Annotated[str | None, typer.Option(help="The text, or @FILE.")]
Html = Annotated[str | None, typer.Option(help="The same as HTML, or @FILE.")]


@emails.command(
    epilog=examples(
        "zebros emails send CONTACT --template TEMPLATE --set offer=Q-17",
        "zebros emails send CONTACT --subject 'Your offer' --text @offer.txt --about opportunity:OPPORTUNITY",
    )
)
def send(
    ctx: typer.Context,
    contact: ContactId,
    template: Template = None,
    set_: Values = None,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
    about: Annotated[
        str | None,
        typer.Option(
            metavar="ENTITY:ID", help=f"The record that it is about: {', '.join(ENTITIES)}, and its id."
        ),
    ] = None,
    attach: Annotated[list[str] | None, typer.Option(help="Id of a document; up to ten.")] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Send a contact an e-mail, from a template or as written here. It is logged as an activity."""
    ctx.meta["zebros.json"] = json
    _either(template, subject, text)
    related_type, related_id = related(about)
    with connect(ctx, profile) as client:
        sent = client.emails.send(
            contact,
            template_id=template,
            values=named_values(set_, "--set", lists=True) or None,
            subject=subject,
            text=_read(text, "--text"),
            html=_read(html, "--html"),
            related_type=related_type,  # pyright: ignore[reportArgumentType]
            related_id=related_id,
            attachments=attach or (),
        )
    if json:
        print_json(sent.to_json())
        return
    KIND.print_one(sent, json=False)
    note(f"It is on its way. What became of it: zebros activities show {sent.id}")


@emails.command(
    epilog=examples(
        "zebros emails preview CONTACT --template TEMPLATE",
        "zebros emails preview CONTACT --subject Hi --text @a.txt",
    )
)
def preview(
    ctx: typer.Context,
    contact: ContactId,
    template: Template = None,
    set_: Values = None,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show an e-mail as the contact would get it. Nothing is sent."""
    ctx.meta["zebros.json"] = json
    _either(template, subject, text)
    values = named_values(set_, "--set", lists=True) or None
    with connect(ctx, profile) as client:
        if template is not None:
            shown = client.email_templates.preview(template, contact_id=contact, values=values)
        else:
            shown = client.email_templates.preview_draft(
                subject=subject or "",
                text=_read(text, "--text") or "",
                html=_read(html, "--html"),
                contact_id=contact,
                values=values,
            )
    _print_preview(shown, json)


@templates.command("list")
def list_(
    ctx: typer.Context,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List templates."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(
            taken(client.email_templates.list(page_size=page_size(limit, everything)), limit, everything)
        )
    if json:
        print_json([each.to_json() for each in found])
        return
    rows = [(each.id, each.name, each.subject, moment(each.updated_at)) for each in found]
    empty = "No templates yet. Add one: zebros templates create NAME --subject TEXT --text @FILE"
    print_table(("id", "name", "subject", "updated"), rows, empty=empty)


@templates.command()
def show(
    ctx: typer.Context, template: TemplateId, profile: ProfileName = None, json: JsonFlag = False
) -> None:
    """Show one template."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        _print_template(client.email_templates.get(template), json)


@templates.command(
    epilog=examples(
        "zebros templates create Offer --subject 'Offer {{ values.offer }}' --text 'Dear {{ contact.firstName }}, ...'",
        "zebros templates create Offer --subject 'Offer {{ values.offer }}' --text @offer.txt --html @offer.html",
    )
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What people know it by.", show_default=False)],
    subject: Annotated[str, typer.Option(help="The e-mail's subject.", show_default=False)],
    text: Annotated[str, typer.Option(help="The text, or @FILE.", show_default=False)],
    html: Html = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create a template. Places look like {{ contact.firstName }} or {{ values.offer }}; code is refused."""
    ctx.meta["zebros.json"] = json
    optional: dict[str, Any] = given({"html": _read(html, "--html")})
    with connect(ctx, profile) as client:
        made = client.email_templates.create(
            name=name, subject=subject, text=_read(text, "--text") or "", **optional
        )
    _print_template(made, json)


@templates.command()
def update(
    ctx: typer.Context,
    template: TemplateId,
    name: Annotated[str | None, typer.Option(help="What people know it by.")] = None,
    subject: Subject = None,
    text: Text = None,
    html: Html = None,
    no_html: Annotated[bool, typer.Option("--no-html", help="Plain text only from now on.")] = False,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change a template; what was sent from it stays as it was."""
    ctx.meta["zebros.json"] = json
    changes = given(
        {"name": name, "subject": subject, "text": _read(text, "--text"), "html": _read(html, "--html")}
    )
    if not changes and not no_html:
        raise typer.BadParameter("nothing to change: give at least one option")
    with connect(ctx, profile) as client:
        current = client.email_templates.get(template)
        for field, value in {**changes, **({"html": None} if no_html else {})}.items():
            setattr(current, field, value)
        current.version = version or current.version
        _print_template(client.email_templates.replace(current), json)


@templates.command()
def delete(
    ctx: typer.Context, template: TemplateId, version: Version = None, profile: ProfileName = None
) -> None:
    """Remove a template."""
    with connect(ctx, profile) as client:
        client.email_templates.delete(template, version=version)
    note(f"Removed template {template}.")


@templates.command(
    "preview", epilog=examples("zebros templates preview TEMPLATE --contact CONTACT --set offer=Q-17")
)
def preview_template(
    ctx: typer.Context,
    template: TemplateId,
    contact: Annotated[str | None, typer.Option(help="Id of the contact for whom it is filled in.")] = None,
    set_: Values = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Show how a template comes out. Nothing is sent."""
    ctx.meta["zebros.json"] = json
    values = named_values(set_, "--set", lists=True) or None
    with connect(ctx, profile) as client:
        shown = client.email_templates.preview(template, contact_id=contact, values=values)
    _print_preview(shown, json)


def _either(template: str | None, subject: str | None, text: str | None) -> None:
    if template is not None and (subject is not None or text is not None):
        raise typer.BadParameter("has subject and text of its own; leave them out", param_hint="--template")
    if template is None and (subject is None or text is None):
        raise typer.BadParameter("give --template, or --subject and --text", param_hint="--template")


def _read(text: str | None, option: str) -> str | None:
    """The text itself, or with an @ before it the text of a file."""
    if text is None or not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{text[1:]}: {error.strerror}", param_hint=option) from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{text[1:]}: not UTF-8", param_hint=option) from error


def _print_template(template: EmailTemplate, json: bool) -> None:
    if json:
        print_json(template.to_json())
        return
    print_record(
        [
            ("id", template.id),
            ("name", template.name),
            ("subject", template.subject),
            ("version", template.version),
            ("updated", moment(template.updated_at)),
        ]
    )
    _print_text(template.text or "")


def _print_preview(shown: EmailPreview, json: bool) -> None:
    if json:
        print_json(shown.to_json())
        return
    print_record([("subject", shown.subject), ("html", "yes" if shown.html else None)])
    _print_text(shown.text)


def _print_text(text: str) -> None:
    """Lines as they are; a terminal takes nothing else of them."""
    typer.echo()
    for line in text.splitlines():
        typer.echo("".join(char if char.isprintable() else " " for char in line))
