"""Put records back as an export gave them: what restoring a backup does, whatever has become of them since.

A record keeps its id, and who made it when; its version is above any that it ever had, so that everybody who follows
changes hears of it. What belongs to a record and is no part of it (lines, long texts, comments) is a service's own
matter: it gives rules for each of its entities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError as ModelError

from zebros_core.dynamodb.entity import SYSTEM, StoredEntity, classified_fields
from zebros_core.dynamodb.operations import WriteOp, write
from zebros_core.dynamodb.reinstating import plan_reinstate
from zebros_core.dynamodb.repository import Repository
from zebros_core.dynamodb.schema import EntitySchema
from zebros_core.errors import (
    AlreadyExistsError,
    ConflictError,
    FieldError,
    NotFoundError,
    ValidationError,
    VersionMismatchError,
    ZebrosError,
)
from zebros_core.ids import is_id
from zebros_core.privacy.marks import ErasureMarks
from zebros_core.records.mutations import Outcome, OutcomeKind
from zebros_core.records.together import carry_out_together, refused
from zebros_core.records.unique import Receipt, UniqueRepository
from zebros_core.records.workspace import RecordWorkspace
from zebros_core.tenancy.context import ERASURE_ACTOR

__all__ = ["ReinstateRules", "ReinstateWish", "Side", "reinstate_records"]

E = TypeVar("E", bound=StoredEntity)

_MAX_ATTEMPTS: Final = 3
_MAX_VERSION: Final = 1_000_000_000
"""Versions are sorted as texts of ten digits."""
_GAP: Final = 2
"""Above the last version that is known: the removal of a row is published as its version + 1."""


@dataclass(frozen=True, slots=True)
class Side:
    """A record as it is to be stored, and the writes of what belongs to it, in the same transaction.

    `previous` is the present record as it is stored, where that is not the complete one.
    """

    record: Any
    writes: tuple[WriteOp, ...] = ()
    previous: Any = None


def _as_it_is(workspace: Any, record: Any, *_: Any) -> Any:
    del workspace
    return record


def _no_side(workspace: Any, record: Any, previous: Any, version: int, document: Any) -> Side:
    del workspace, previous, version, document
    return Side(record)


def _nothing_ahead(workspace: Any, record: Any, document: Any, present: Any) -> None:
    del workspace, record, document, present


@dataclass(frozen=True, slots=True)
class ReinstateRules:
    """What is particular to the records of one entity when they are put back.

    - `beside`: names in the exported document that are no fields of the record.
    - `settle(workspace, record, document, present)`: the record as it is to be put back; `present` is what there is,
      perhaps in the trash, or None. Raises ValidationError for what does not belong together, ConflictError for what
      is not to be put back any more.
    - `complete(workspace, record)`: a present record with what belongs to it, to be compared.
    - `side(workspace, record, previous, version, document)`: what is stored of the record at a version, and its side
      data; `previous` is the present record or its tombstone, complete, or None.
    - `ahead(workspace, record, document, present)`: writes what belongs to the record and has no room in its
      transaction. It is called before, and may be again.
    """

    beside: frozenset[str] = frozenset()
    settle: Callable[[Any, Any, Mapping[str, Any], Any], Any] = _as_it_is
    complete: Callable[[Any, Any], Any] = _as_it_is
    side: Callable[[Any, Any, Any, int, Mapping[str, Any]], Side] = _no_side
    ahead: Callable[[Any, Any, Mapping[str, Any], Any], None] = _nothing_ahead


@dataclass(frozen=True, slots=True)
class ReinstateWish:
    """A record to be put back: `document` is what an export gave, with its side data beside it.

    `skip_duplicates` lets a record in that shares a value with another one, such as a name, as on create.
    """

    mutation_id: str
    entity: str
    document: Mapping[str, Any]
    skip_duplicates: bool = False


def reinstate_records(
    workspace: RecordWorkspace, rules: Mapping[str, ReinstateRules], wishes: Sequence[ReinstateWish]
) -> list[Outcome]:
    """Put records back in their order, with an outcome for each; one that is refused leaves the others alone.

    Outcomes: `created` (nothing was left of it), `restored` (it was in the trash), `updated`, `unchanged` where the
    live record has the same business and personal values, `conflict` and `rejected`. The same mutation again gives the
    first outcome. Rights are the caller's matter: references, stages and custom fields are taken as they come.
    """
    tasks = [_Task(workspace, rules[wish.entity], wish) for wish in wishes]
    return carry_out_together(workspace.receipts.store, tasks, lambda: _read_beforehand(workspace, tasks))


@dataclass(frozen=True, slots=True)
class _Task:
    """A wish with what it is carried out with: see `records.together.Wish`."""

    workspace: RecordWorkspace
    rules: ReinstateRules
    wish: ReinstateWish
    together: bool = True

    @property
    def id(self) -> str | None:
        """The id in the document, if it is one."""
        schema = self.workspace.records[self.wish.entity].schema
        id = self.wish.document.get(schema.key_attribute)
        return id if isinstance(id, str) and is_id(id) else None

    def kept(self) -> Outcome | None:
        """Return what an earlier delivery of it did, or None."""
        receipt = self.workspace.receipts.find(self.wish.mutation_id)
        if receipt is None:
            return None
        return Outcome(OutcomeKind(receipt.outcome), receipt.id, receipt.version)

    def carry_out(self) -> Outcome:
        """Put the record back. Raises ZebrosError."""
        return _Reinstatement(self.workspace, self.rules, self.wish).carry_out()

    def alone(self) -> Outcome:
        """Return what was done before, or do it."""
        try:
            return self.kept() or self.carry_out()
        except ConflictError as error:
            # Two deliveries at the same moment: the receipt tells that the other one did it.
            return self.kept() or refused(self, error)
        except ZebrosError as error:
            return refused(self, error)


def _read_beforehand(workspace: RecordWorkspace, tasks: Sequence[_Task]) -> None:
    """Read receipts, marks of erasures and records of all tasks at once."""
    workspace.receipts.prefetch(task.wish.mutation_id for task in tasks)
    for entity in dict.fromkeys(task.wish.entity for task in tasks):
        ids = [task.id for task in tasks if task.wish.entity == entity and task.id is not None]
        repository = workspace.records[entity]
        marks = _marks(repository)
        if marks is not None:
            marks.prefetch(entity, ids)
        repository.prefetch(ids)


def _marks(repository: Repository[Any]) -> ErasureMarks | None:
    lookup_table = repository.schema.lookup_table
    return None if lookup_table is None else ErasureMarks(repository.store, lookup_table)


class _Writer(UniqueRepository[E]):
    """Writes records, which know what they may not share, whichever repository the service has for them."""

    def __init__(self, repository: Repository[E]) -> None:
        self.schema = repository.schema
        super().__init__(repository.store)

    def put_back(
        self,
        record: Any,
        version: int,
        *,
        skip_duplicates: bool,
        receipt: Receipt,
        extra: tuple[WriteOp, ...],
    ) -> E:
        """Store a record of which nothing is left, and claim its values, in one call."""

        def attempt(guards: Sequence[WriteOp]) -> E:
            stamped, operations = plan_reinstate(self.schema, self.store, self.table, record, version=version)
            write(self.store, [*operations, *guards, receipt(OutcomeKind.CREATED.value, version), *extra])
            return stamped

        return self._guarded(
            record,
            claims=record.unique_values(),
            releases={},
            skip_duplicates=skip_duplicates,
            attempt=attempt,
        )


class _Reinstatement:
    """One record that is put back."""

    def __init__(self, workspace: RecordWorkspace, rules: ReinstateRules, wish: ReinstateWish) -> None:
        self._workspace = workspace
        self._rules = rules
        self._wish = wish
        self._repository: Repository[Any] = workspace.records[wish.entity]
        self._schema: EntitySchema[Any] = self._repository.schema
        self._writer: _Writer[Any] = _Writer(self._repository)
        self._record = _record_of(self._schema, wish.document, rules.beside, workspace.context.tenant_id)
        self.id: str = getattr(self._record, self._schema.id_field)

    def carry_out(self) -> Outcome:
        """Put the record back. Raises ConflictError, ValidationError, NotFoundError for one that was erased."""
        marks = _marks(self._repository)
        if marks is not None:
            marks.ensure_not_erased(self._wish.entity, self.id)
        attempt = 1
        while True:
            try:
                return self._attempt()
            except (VersionMismatchError, AlreadyExistsError):
                # Somebody has written it since it was read: then it is another case.
                if attempt == _MAX_ATTEMPTS:
                    raise
                attempt += 1

    def _attempt(self) -> Outcome:
        present = self._repository.find_any(self.id)
        if present is not None and present.deleted_by == ERASURE_ACTOR:
            raise NotFoundError(self._wish.entity, self.id)
        record = self._rules.settle(self._workspace, self._record, self._wish.document, present)
        self._rules.ahead(self._workspace, record, self._wish.document, present)
        if present is None:
            return self._put_back(record)
        if present.is_deleted:
            return self._out_of_the_trash(record, present)
        return self._over(record, self._rules.complete(self._workspace, present), OutcomeKind.UPDATED)

    def _put_back(self, record: Any) -> Outcome:
        known = self._workspace.history.newest_version(self._wish.entity, self.id)
        version = max(record.version, known) + _GAP
        side = self._side(record, None, version)
        stored = self._writer.put_back(
            side.record,
            version,
            skip_duplicates=self._wish.skip_duplicates,
            receipt=self._receipt,
            extra=side.writes,
        )
        return Outcome(OutcomeKind.CREATED, self.id, stored.version)

    def _out_of_the_trash(self, record: Any, tombstone: Any) -> Outcome:
        parent = self._schema.parent_field
        moved = parent is not None and getattr(record, parent) != getattr(tombstone, parent)
        here = record.model_copy(update={parent: getattr(tombstone, parent)}) if parent and moved else record
        version = tombstone.version + 1
        restored = self._made_like(tombstone, here, version)
        side = self._side(restored, tombstone, version)
        stored = self._writer.restore_unique(
            side.record,
            skip_duplicates=self._wish.skip_duplicates,
            receipt=None if moved else self._receipt,
            extra=side.writes,
        )
        if moved:
            # It comes back where it was, and goes on to where it is to be; stopped in between, that is what is left.
            return self._over(record, self._rules.complete(self._workspace, stored), OutcomeKind.RESTORED)
        return Outcome(OutcomeKind.RESTORED, self.id, stored.version)

    def _over(self, record: Any, present: Any, kind: OutcomeKind) -> Outcome:
        if kind is OutcomeKind.UPDATED and _are_alike(self._schema, record, present):
            self._writer.keep_unchanged(present, receipt=self._receipt)
            return Outcome(OutcomeKind.UNCHANGED, self.id, present.version)
        wanted = present.model_copy(update={name: getattr(record, name) for name in self._schema.codes})
        parent = self._schema.parent_field
        moved = parent is not None and getattr(wanted, parent) != getattr(present, parent)
        side = self._side(wanted, present, present.version + (2 if moved else 1))
        stored = self._writer.save_unique(
            side.record,
            previous=side.previous or present,
            skip_duplicates=self._wish.skip_duplicates,
            receipt=lambda outcome, version: self._receipt(
                kind.value if outcome == OutcomeKind.UPDATED.value else outcome, version
            ),
            extra=side.writes,
        )
        changed = stored.version != present.version or kind is OutcomeKind.RESTORED
        return Outcome(kind if changed else OutcomeKind.UNCHANGED, self.id, stored.version)

    def _made_like(self, tombstone: Any, record: Any, version: int) -> Any:
        """Return the tombstone with the record's values, and with who made it when."""
        values = {name: getattr(record, name) for name in self._schema.codes}
        changed = {
            code: version
            for name, code in self._schema.codes.items()
            if values[name] != getattr(tombstone, name)
        }
        return tombstone.model_copy(
            update={
                **values,
                "created_at": record.created_at,
                "created_by": record.created_by,
                "field_versions": {**tombstone.field_versions, **changed},
            }
        )

    def _side(self, record: Any, previous: Any, version: int) -> Side:
        return self._rules.side(self._workspace, record, previous, version, self._wish.document)

    def _receipt(self, outcome: str, version: int) -> WriteOp:
        return self._workspace.receipts.put(self._wish.mutation_id, self.id, outcome, version)


def _record_of(
    schema: EntitySchema[E], document: Mapping[str, Any], beside: frozenset[str], tenant_id: str
) -> E:
    """Return the record in an exported document. Raises ValidationError naming what is wrong below `/record`."""
    names = {schema.stored_name(name) for name in schema.model.model_fields}
    given = {name: value for name, value in document.items() if name not in beside - names}
    written = given.get("schemaVersion", 1)
    if not isinstance(written, int) or not 1 <= written <= schema.current_version:
        raise _fault("schemaVersion", "unknown", "of a schema that is not known here")
    unknown = sorted(set(given) - names) if written == schema.current_version else []
    missing = [
        name for name in (schema.key_attribute, "version", "createdAt", "createdBy") if name not in given
    ]
    if unknown or missing:
        raise ValidationError(
            fields=[
                *(FieldError(f"/record/{name}", "extra_forbidden", "unknown field") for name in unknown),
                *(FieldError(f"/record/{name}", "missing", "Field required") for name in missing),
            ]
        )
    while written < schema.current_version:
        given = schema.upcasters[written](given)
        written += 1
    try:
        record = schema.model.model_validate({**given, "schemaVersion": written})
    except ModelError as error:
        raise ValidationError(
            fields=[
                FieldError(
                    "/record" + "".join(f"/{part}" for part in fault["loc"]), fault["type"], fault["msg"]
                )
                for fault in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        ) from None
    if not is_id(getattr(record, schema.id_field)):
        raise _fault(schema.key_attribute, "invalid_id", "not an id: 26 characters as this API gives them")
    if record.tenant_id not in {"", tenant_id}:
        raise _fault("tenantId", "foreign", "not a record of this tenant")
    if record.is_deleted:
        raise _fault("deletedAt", "deleted", "what is in the trash is not put back")
    if not 1 <= record.version <= _MAX_VERSION:
        raise _fault("version", "out_of_range", f"from 1 to {_MAX_VERSION}")
    return record


def _fault(name: str, code: str, message: str) -> ValidationError:
    return ValidationError.for_field(f"/record/{name}", code, message)


def _are_alike(schema: EntitySchema[Any], one: Any, other: Any) -> bool:
    """Tell whether two records have the same business and personal values."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name, mark in classified_fields(schema.model).items()
        if "." not in name and mark is not SYSTEM
    )
