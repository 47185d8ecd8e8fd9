"""The records that rows name: read once, then found by id, name, or a person's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from zebros.importing.entities import Kind, Reference
from zebros.importing.match_key import normalised

if TYPE_CHECKING:
    from zebros.client import Client

__all__ = ["Directory"]

OnRead = Callable[[str, int], None]
"""Called with the kind of record and how many of them are read."""
_SUGGESTED_FROM = 20_000
_PLURALS = {
    Kind.CUSTOMER: "customers",
    Kind.PERSON: "people",
    Kind.PRODUCT: "products",
    Kind.STAGE: "stages",
}


class Directory:
    """A tenant's customers, people, products and stages, by what files call them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[Kind, _Names] = {}

    def read(self, kinds: Iterable[Kind], on_read: OnRead | None = None) -> None:
        """Read all records of these kinds."""
        for kind in sorted(kinds):
            names = self._known[kind] = _Names(kind)
            for count, (reference, others) in enumerate(self._all(kind), 1):
                names.add(reference, *others)
                if on_read is not None:
                    on_read(_PLURALS[kind], count)

    def resolve(self, kind: Kind, text: str) -> Reference:
        """The one record that is called so. Raises ValueError where none is, or several are."""
        return self._known[kind].one(text)

    def _all(self, kind: Kind) -> Iterator[tuple[Reference, tuple[str, ...]]]:
        client = self._client
        match kind:
            case Kind.CUSTOMER:
                for customer in client.customers.list(page_size=200):
                    yield Reference(customer.id, customer.company_name), ()
            case Kind.PERSON:
                for user in client.users.list(page_size=200):
                    yield Reference(user.id, user.name or user.id, user.team_id), (user.email or "",)
            case Kind.PRODUCT:
                for product in client.products.list(page_size=200):
                    yield Reference(product.id, product.name), ()
            case _:
                for stage in client.pipeline.stages.get().stages:
                    yield Reference(stage.key, stage.name, stage.kind), ()


class _Names:
    """What records of one kind are called, spellings that mean the same taken as one."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._by_id: dict[str, Reference] = {}
        self._by_name: dict[str, list[Reference]] = {}

    def add(self, reference: Reference, *more: str) -> None:
        self._by_id[reference.id] = reference
        for name in {_key(reference.name), *(_key(each) for each in more if each)}:
            self._by_name.setdefault(name, []).append(reference)

    def one(self, text: str) -> Reference:
        found = self._by_name.get(_key(text), [])
        if text in self._by_id:
            return self._by_id[text]
        if len(found) == 1:
            return found[0]
        noun = _PLURALS[self._kind] if found else self._kind.value
        if found:
            instead = "address" if self._kind is Kind.PERSON else "id"
            raise ValueError(f"{len(found)} {noun} are called {text!r}; give the {instead} instead")
        close = get_close_matches(text, self._suggestions(), n=1, cutoff=0.75)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        nobody = "nobody" if self._kind is Kind.PERSON else f"no {noun}"
        raise ValueError(f"{nobody} is called {text!r}{hint}")

    def _suggestions(self) -> list[str]:
        if len(self._by_id) > _SUGGESTED_FROM:
            return []  # too many to compare for every row
        return [reference.name for reference in self._by_id.values()]


def _key(text: str) -> str:
    """`normalised` would make one of a@b.example and a-b.example."""
    return text.casefold() if "@" in text else normalised(text) or text
