"""What a recipe is, and the parts that recipes of several services are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from estate import Things

Body = Callable[[Things], Any]

WHATEVER_IT_IS = {"If-Match": "*"}
ALL_THE_SAME = {"X-Skip-Duplicate-Check": "true"}


@dataclass(frozen=True)
class Reference:
    """A call that names another's things in its query or body, on a path of the caller's own.

    `harmless`: the things named are texts that every tenant may use for itself, so the call succeeds.
    """

    path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> name of the caller's own thing, where it is not the recipe's."""
    their_path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> name of the other's thing."""
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> its value, where it names no thing and is not the recipe's."""
    body: Callable[[Things, Things], Any] | None = None
    """From the other's things and the caller's own."""
    query: Callable[[Things], dict[str, str]] = lambda _: {}
    harmless: bool = False


@dataclass(frozen=True)
class Recipe:
    """How one operation is called."""

    path: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> name of the thing, where the parameter's own name does not tell."""
    fixed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Path parameter -> its value, where it names no thing."""
    body: Body | None = None
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    references: tuple[Reference, ...] = ()
    harmless: bool = False
    """Its path names a text of the caller's choice, not a record."""


def filters(*, harmless: bool = True, **things: str) -> tuple[Reference, ...]:
    """Return a reference for each query parameter, which takes the thing of that name."""

    def reference(name: str, thing: str) -> Reference:
        return Reference(query=lambda theirs: {name: theirs[thing]}, harmless=harmless)

    return tuple(reference(name, thing) for name, thing in things.items())


def naming(data: Mapping[str, Any], **things: str) -> tuple[Reference, ...]:
    """Return a reference for each property of the body, which takes the thing of that name beside `data`."""

    def reference(name: str, thing: str) -> Reference:
        return Reference(body=lambda theirs, _: {**data, name: theirs[thing]})

    return tuple(reference(name, thing) for name, thing in things.items())


def taking(thing: str, data: Mapping[str, Any], **path: str) -> Reference:
    """Return a reference that takes another's external id for a record of the caller's own."""
    return Reference(path=path, body=lambda theirs, _: {**data, "externalId": theirs[thing]}, harmless=True)


def batch(
    entity: str, external_id: str, free_external_id: str, data: Mapping[str, Any], **named: str
) -> tuple[Reference, ...]:
    """Return the references of a batch: another's record by its id and external id, and what `data` names of others.

    `named`: property of the data -> name of the thing, set on a record of the caller's own.
    """

    def wish(**facts: Any) -> Callable[[Things, Things], Any]:
        return lambda theirs, _: {
            "operations": [{k: v(theirs) if callable(v) else v for k, v in facts.items()}]
        }

    def on_own(name: str, thing: str) -> Callable[[Things, Things], Any]:
        return lambda theirs, mine: {
            "operations": [{"operation": "update", "id": mine[entity], "data": {name: theirs[thing]}}]
        }

    record = lambda t: t[entity]  # noqa: E731
    external = lambda t: t[external_id]  # noqa: E731
    free = lambda t: t[free_external_id]  # noqa: E731
    return (
        Reference(body=wish(operation="update", id=record, data=data)),
        Reference(body=wish(operation="delete", id=record)),
        Reference(body=wish(operation="upsert", id=record, data=data)),
        Reference(body=wish(operation="update", externalId=external, data=data)),
        Reference(body=wish(operation="delete", externalId=external)),
        Reference(body=wish(operation="upsert", externalId=free, data=data), harmless=True),
        *(Reference(body=on_own(name, thing)) for name, thing in named.items()),
    )


def update_of(entity: str, data: Mapping[str, Any]) -> Body:
    """Return the body of a batch that changes a record."""
    return lambda t: {"operations": [{"operation": "update", "id": t[entity], "data": data}]}
