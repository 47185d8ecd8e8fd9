"""E-mail templates: a row each, and what they say in an object that the row names.

The object is written first, under a name of its own, then the row, by its version: whoever loses a race has written an
object that nobody names, and takes it back. A row is complete at every moment.
"""

from __future__ import annotations

from typing import Any, Final

from zebros_activities.domain.email_template import EmailContent, EmailTemplate, name_guard
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import (
    ConflictError,
    DuplicateError,
    IdempotencyKeyReusedError,
    NotFoundError,
    VersionMismatchError,
)
from zebros_core.records.unique import RequestKey
from zebros_core.storage import ObjectStore

ENTITY: Final = "emailTemplate"
FOLDER: Final = "email-templates"
_PARTITION: Final = ("email-templates",)
_GUARD: Final = "emailTemplate.name"
_MAX_OBJECT_BYTES: Final = 2 * 1024 * 1024
_DELETED_SECONDS: Final = 24 * 3600
"""How long a deleted template's row stays: for as long as a repeated create may ask for it."""


class EmailTemplateRepository:
    """One tenant's templates."""

    def __init__(self, store: TenantStore, objects: ObjectStore) -> None:
        self._store = store
        self._lookup = LookupTable(store, LOOKUP_TABLE)
        self._objects = objects

    def new_id(self, repeat: RequestKey | None) -> str:
        """Return an id for a new template: always the same one for the same key."""
        if repeat is None:
            return self._store.new_id()
        return self._store.derived_id("createEmailTemplate", repeat.key)

    def page(self, *, limit: int, cursor: str | None) -> Page[EmailTemplate]:
        """Return a page of templates by id, in one Query."""
        page = self._lookup.query(_PARTITION, limit=limit, cursor=cursor)
        return Page([_template(row) for row in page.items if not row.get("deleted")], page.next_cursor)

    def find(self, template_id: str) -> EmailTemplate | None:
        """Return a template, strongly consistent, or None."""
        row = self._lookup.get(_PARTITION, template_id)
        return None if row is None or row.get("deleted") else _template(row)

    def content(self, template: EmailTemplate) -> EmailContent:
        """Return what a template says. Raises NotFoundError when it was changed or deleted since it was read."""
        body = self._objects.read(self._key(template), max_bytes=_MAX_OBJECT_BYTES)
        return EmailContent.model_validate_json(body)

    def create(self, template: EmailTemplate, content: EmailContent) -> tuple[EmailTemplate, bool]:
        """Store a new template; return it as stored, and whether an earlier request with the same key had made it.

        Raises DuplicateError naming the template that has its name, IdempotencyKeyReusedError.
        """
        created = template.model_copy(update={"object_id": self._store.new_id()})
        try:
            self._write(created, content, [self._put(created, "absent"), self._claim(created)])
        except ConflictError as error:
            # By the row rather than by the error: a repeated create meets the guard of the name, too.
            existing = self._lookup.get(_PARTITION, template.template_id)
            if existing is None:
                raise
            if template.create_fingerprint is None or (
                existing.get("createFingerprint") != template.create_fingerprint
            ):
                raise IdempotencyKeyReusedError from error
            if existing.get("deleted"):
                raise ConflictError("the template that this request created was deleted since") from error
            return _template(existing), True
        return created, False

    def bring_back(self, template: EmailTemplate, content: EmailContent) -> EmailTemplate:
        """Store a template under its own id that is not there (any more).

        Raises DuplicateError naming the template that has its name, VersionMismatchError where it is there by now.
        """
        row = self._lookup.get(_PARTITION, template.template_id)
        # The row of one that was deleted a moment ago is still there, for repeated creates.
        version = row["version"] + 1 if row is not None else template.version
        stored = template.model_copy(update={"object_id": self._store.new_id(), "version": version})
        condition: Any = "absent" if row is None else {"version": row["version"], "deleted": True}
        try:
            self._write(stored, content, [self._put(stored, condition), self._claim(stored)])
        except DuplicateError:
            raise
        except ConflictError as error:
            raise self._lost(template) from error
        return stored

    def replace(
        self, template: EmailTemplate, content: EmailContent, *, previous: EmailTemplate
    ) -> EmailTemplate:
        """Store a changed template over the one that was read. Raises DuplicateError, VersionMismatchError."""
        replaced = template.model_copy(
            update={"object_id": self._store.new_id(), "version": previous.version + 1}
        )
        operations = [self._put(replaced, {"version": previous.version})]
        if name_guard(replaced.name) != name_guard(previous.name):
            operations += [self._claim(replaced), self._release(previous)]
        try:
            self._write(replaced, content, operations)
        except DuplicateError:
            raise
        except ConflictError as error:
            raise self._lost(previous) from error
        self._objects.delete(self._key(previous))
        return replaced

    def remove(self, template: EmailTemplate) -> None:
        """Delete a template that was read. Raises VersionMismatchError, NotFoundError when it is gone."""
        row = {
            "templateId": template.template_id,
            "createFingerprint": template.create_fingerprint or "",
            "version": template.version + 1,
            "deleted": True,
        }
        deleted = self._lookup.put_op(
            _PARTITION,
            template.template_id,
            row,
            condition={"version": template.version},
            ttl_seconds=_DELETED_SECONDS,
        )
        try:
            write(self._store, [deleted, self._release(template)])
        except ConflictError as error:
            raise self._lost(template) from error
        self._objects.delete(self._key(template))

    def _write(self, template: EmailTemplate, content: EmailContent, operations: list[WriteOp]) -> None:
        key = self._key(template)
        self._objects.write(
            key, content.model_dump_json(by_alias=True).encode(), content_type="application/json"
        )
        try:
            write(self._store, operations)
        except ConflictError:
            self._objects.delete(key)
            raise

    def _lost(self, template: EmailTemplate) -> Exception:
        current = self.find(template.template_id)
        if current is None:
            return NotFoundError(ENTITY, template.template_id)
        return VersionMismatchError(current.version)

    def _put(self, template: EmailTemplate, condition: Any) -> WriteOp:
        row = template.model_dump(mode="json", by_alias=True, exclude_none=True)
        return self._lookup.put_op(_PARTITION, template.template_id, row, condition=condition)

    def _claim(self, template: EmailTemplate) -> WriteOp:
        return self._lookup.put_guard(
            _GUARD, name_guard(template.name), entity=ENTITY, id=template.template_id, match="name"
        )

    def _release(self, template: EmailTemplate) -> WriteOp:
        return self._lookup.delete_guard(_GUARD, name_guard(template.name), id=template.template_id)

    def _key(self, template: EmailTemplate) -> str:
        return self._objects.key(FOLDER, template.template_id, f"{template.object_id}.json")


def _template(row: dict[str, Any]) -> EmailTemplate:
    return EmailTemplate.model_validate({name: value for name, value in row.items() if name != "sk"})
