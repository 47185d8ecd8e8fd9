"""Protocol mappers, which scopes and clients have alike: they decide what a token says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from zebros_auth.realm.admin import RealmAdmin
from zebros_auth.realm.differences import Difference, compare, overlay


def mapper_differences(
    admin: RealmAdmin,
    owner: str,
    path: str,
    wanted: Sequence[Mapping[str, Any]],
    current: Sequence[Mapping[str, Any]],
) -> Iterator[Difference]:
    """Compare the mappers of the scope or client at ``path``. One that the file does not name goes: it could say
    another tenant than the person's."""
    models = f"{path}/protocol-mappers/models"
    there = {mapper["name"]: mapper for mapper in current}
    for mapper in wanted:
        name = mapper["name"]
        subject = f"{owner}, mapper {name!r}"
        found = there.pop(name, None)
        if found is None:
            yield Difference("mappers", subject, ("is missing",), partial(admin.post, models, mapper))
            continue
        details = tuple(compare(mapper, found))
        if details:
            repair = partial(admin.put, f"{models}/{found['id']}", overlay(mapper, found))
            yield Difference("mappers", subject, details, repair)
    for name, mapper in there.items():
        repair = partial(admin.delete, f"{models}/{mapper['id']}")
        yield Difference("mappers", f"{owner}, mapper {name!r}", ("should not be there",), repair)
