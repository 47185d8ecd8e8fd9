"""What a service promises others, written from its code: the API's document and the schemas of its events.

`contracts/openapi.json` is the API's document, `contracts/events/` has the schemas of the event envelopes and of each
entity's snapshot. All of it follows from the code, to the byte: a committed copy shows what a change does to
others, and a test fails while the two differ.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zebros_core.audit import audit_json_schema
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.http.openapi import openapi_document, render
from zebros_core.http.routing import Route
from zebros_core.messaging import json_schema

__all__ = ["ServiceContracts"]

# The bus and the log carry these beside the snapshot, or they are of no use to anybody else.
_NOT_IN_SNAPSHOTS = ("tenantId", "createFingerprint")


@dataclass(frozen=True, slots=True)
class ServiceContracts:
    """What one service's contracts are made of; ``root`` is the service's folder, which has its ``pyproject.toml``."""

    root: Path
    title: str
    description: str
    tags: Mapping[str, str]
    routes: Sequence[Route]
    schemas: Iterable[EntitySchema[Any]]

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self.root / "contracts"

    def files(self) -> dict[str, str]:
        """Return the files, by path below the folder."""
        document = openapi_document(
            self.routes,
            title=self.title,
            version=self._version(),
            description=self.description,
            servers=("https://api.zebros.example",),
            tags=self.tags,
        )
        files = {
            "openapi.json": render(document),
            "events/EntityChanged.json": render(json_schema()),
            "events/AuditRecorded.json": render(audit_json_schema()),
        }
        return files | {
            f"events/{schema.entity}.json": render(_snapshot_schema(schema)) for schema in self.schemas
        }

    def present(self) -> list[str]:
        """Return the files that are there, by path below the folder; what lies beside them is not made here."""
        paths = [*self.folder.glob("*.json"), *(self.folder / "events").glob("*.json")]
        return sorted(path.relative_to(self.folder).as_posix() for path in paths)

    def write(self) -> None:
        """Write every file, and take away those that are no longer made."""
        files = self.files()
        for name in self.present():
            if name not in files:
                (self.folder / name).unlink()
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}\n")

    def _version(self) -> str:
        # Read where it is written, so that the document is the same whether the package is installed or not.
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])


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
