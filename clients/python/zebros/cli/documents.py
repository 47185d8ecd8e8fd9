"""`zebros documents ...`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zebros.cli.options import Everything, Limit, taken
from zebros.cli.output import JsonFlag, ProfileName, note, print_json, print_table, progress
from zebros.cli.runtime import connect

app = typer.Typer(help="Files kept for your customers.", no_args_is_help=True)


@app.command()
def upload(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, show_default=False)],
    customer: Annotated[str | None, typer.Option(help="Id of the customer.")] = None,
    attachment: Annotated[bool, typer.Option("--attachment", help="As an attachment of an e-mail.")] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="DOCUMENT", help="Go on with an upload that stopped.")
    ] = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Upload a file for a customer; over 100 MB in parts that can be resumed."""
    from zebros.errors import UploadInterruptedError

    ctx.meta["zebros.json"] = json
    if (customer is None) == (resume is None):
        raise typer.BadParameter("give either --customer or --resume")
    with connect(ctx, profile) as client, progress(file.name, file.stat().st_size) as bar:
        try:
            document = (
                client.documents.resume(resume, file, progress=lambda done, total: bar(done, ""))
                if resume is not None
                else client.documents.upload(
                    file,
                    customer_id=customer or "",
                    kind="attachment" if attachment else "document",
                    progress=lambda done, total: bar(done, ""),
                )
            )
        except UploadInterruptedError as error:
            note(f"To go on: zebros documents upload {file} --resume {error.document_id}")
            raise
    if json:
        print_json(document.to_json())
    else:
        note(f"Uploaded {document.file_name} as document {document.id}.")


@app.command("list")
def list_(
    ctx: typer.Context,
    customer: Annotated[str, typer.Argument(help="Id of the customer.", show_default=False)],
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List a customer's documents."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        found = list(taken(client.customers.documents(customer), limit, everything))
    if json:
        print_json([document.to_json() for document in found])
        return
    rows = [(each.id, each.file_name, f"{each.size_bytes:,}", each.kind, each.status or "") for each in found]
    empty = f"No documents. Upload one with: zebros documents upload FILE --customer {customer}"
    print_table(("id", "file", "bytes", "kind", "status"), rows, empty=empty)


@app.command()
def download(
    ctx: typer.Context,
    document: Annotated[str, typer.Argument(help="The document's id.", show_default=False)],
    to: Annotated[
        Path | None, typer.Option("--to", "-o", help="File or folder; its own name here if not given.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    profile: ProfileName = None,
) -> None:
    """Download a document."""
    with connect(ctx, profile) as client:
        known = client.documents.get(document)
        # Only the last part: the name was given by whoever uploaded it and must not lead out of the folder.
        name = Path(known.file_name.replace("\\", "/")).name or document
        target = to or Path(name)
        if target.is_dir():
            target = target / name
        if target.exists() and not force:
            raise typer.BadParameter(f"{target} exists; give --force or another --to", param_hint="--to")
        with progress(name, known.size_bytes or None) as bar:
            size = client.documents.download(document, target, progress=lambda done, total: bar(done, ""))
    note(f"{size:,} bytes in {target}")


@app.command()
def delete(
    ctx: typer.Context,
    document: Annotated[str, typer.Argument(help="The document's id.", show_default=False)],
    profile: ProfileName = None,
) -> None:
    """Delete a document."""
    with connect(ctx, profile) as client:
        client.documents.delete(document)
    note(f"Deleted document {document}.")
