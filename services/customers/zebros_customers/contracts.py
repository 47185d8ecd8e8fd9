"""Write what this service promises others: `make openapi`, or `python -m zebros_customers.contracts`.

`contracts/openapi.json` is the API's document, `contracts/events/` has the schemas of the event envelope and of each
entity's snapshot in it. All of it follows from the code, to the byte: a committed copy shows what a change does to
others, and a test fails while the two differ.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.http.openapi import openapi_document, render
from zebros_core.messaging import json_schema
from zebros_customers.handlers.routes import ROUTES
from zebros_customers.repositories.keys import SCHEMAS

FOLDER = Path(__file__).parents[1] / "contracts"

_DESCRIPTION = """\
Customers, contacts, documents and a tenant's custom fields. The tenant is the access token's; nothing of another tenant
is ever shown or named. Errors are problem documents (RFC 9457), `ETag` is a record's version, and what is not known in
a query or a body is refused."""
_TAGS = {
    "batch": "Up to 100 writes in one request.",
    "contacts": "People, of a customer or on their own.",
    "customers": "Companies that the tenant sells to.",
    "documents": "Files of a customer. Contents go to and from storage directly, by signed links.",
    "fields": "What a tenant adds to its customers and contacts.",
    "merges": "Two records of one customer made one.",
}
# The bus and the log carry these beside the snapshot, or they are of no use to anybody else.
_NOT_IN_SNAPSHOTS = ("tenantId", "createFingerprint")


def contracts() -> dict[str, str]:
    """Return the files of the folder `contracts`, by path below it."""
    document = openapi_document(
        ROUTES,
        title="Zebros CRM: customers",
        version=_version(),
        description=_DESCRIPTION.replace("\n", " "),
        servers=("https://api.zebros.example",),
        tags=_TAGS,
    )
    files = {"openapi.json": render(document), "events/EntityChanged.json": render(json_schema())}
    return files | {f"events/{schema.entity}.json": render(_snapshot_schema(schema)) for schema in SCHEMAS}


def _snapshot_schema(schema: EntitySchema[Any]) -> Mapping[str, Any]:
    """Return the JSON Schema of the snapshot of one entity, as events carry it."""
    made = schema.model.model_json_schema(by_alias=True, mode="serialization")
    properties = {k: v for k, v in made["properties"].items() if k not in _NOT_IN_SNAPSHOTS}
    required = [name for name in made.get("required", []) if name in properties]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "description": f"The snapshot of a {schema.entity} in EntityChanged: every stored field but the tenant.",
        "properties": properties,
        "required": required,
    }


def _version() -> str:
    # Read where it is written, so that the document is the same whether the package is installed or not.
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def main() -> None:
    """Write every file, and take away those that are no longer made."""
    files = contracts()
    for path in sorted(FOLDER.rglob("*.json")):
        if path.relative_to(FOLDER).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
