"""Tell which records are in use: which of a service's own live records name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.dynamodb.paging import PageQuery, read_page
from zebros_core.records.workspace import RecordWorkspace

__all__ = ["Naming", "named_by"]

_AT_ONCE: Final = 8
"""Queries at the same time: each is a few milliseconds of waiting."""
_LOOKED_AT: Final = 10
"""Records of a page: mostly the first one tells."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A way in which records of `entity` name another one: its id is in `field`, and `index` finds them by it.

    With `through_parent` the index is one by the parent of the record that is named, and of its rows those count that
    have the id in `field`.
    """

    entity: str
    index: str
    field: str
    through_parent: bool = False


def named_by(
    workspace: RecordWorkspace, namings: Sequence[Naming], ids: Sequence[str], parents: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the kinds of live records that name these records, by id, of those that are named at all.

    `parents` are the parents of those that have one. An index tells which records there may be, each is then read
    strongly: one that was removed a moment ago is none; one that was made a moment ago may be missing.
    """
    asked = [(id, naming) for id in dict.fromkeys(ids) for naming in namings]

    def answer(one: tuple[str, Naming]) -> bool:
        id, naming = one
        return _is_named(workspace, naming, id, parents.get(id))

    with ThreadPoolExecutor(_AT_ONCE, "related") as pool:
        answers = list(pool.map(answer, asked))
    found: dict[str, list[str]] = {}
    for (id, naming), is_named in zip(asked, answers, strict=True):
        if is_named:
            found.setdefault(id, []).append(naming.entity)
    return found


def _is_named(workspace: RecordWorkspace, naming: Naming, id: str, parent: str | None) -> bool:
    if naming.through_parent and parent is None:
        return False
    repository = workspace.records[naming.entity]
    for candidate in _candidates(repository, naming, id, parent):
        record = repository.find(getattr(candidate, repository.schema.id_field))
        if record is not None and getattr(record, naming.field) == id:
            return True
    return False


def _candidates(repository: Any, naming: Naming, id: str, parent: str | None) -> Iterator[Any]:
    schema = repository.schema
    cursor: str | None = None
    while True:
        query = PageQuery(
            index=naming.index,
            partition_value=parent if naming.through_parent else id,
            limit=_LOOKED_AT,
            cursor=cursor,
            query_name=f"{schema.table}-naming",
            filters={schema.stored_name(naming.field): id} if naming.through_parent else {},
            contains={},
            descending=False,
            sort_prefix=None,
            sort_between=None,
            visibility_key="all",
        )
        page = read_page(schema, repository.store, repository.table, query)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
