"""Products as people name them on the command line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zebros.client import Client

__all__ = ["ProductNames"]


class ProductNames:
    """A tenant's products by id and name, read once."""

    def __init__(self, client: Client) -> None:
        self._names: dict[str, list[str]] = {}
        self._ids: set[str] = set()
        self._written: dict[str, str] = {}
        for product in client.products.list(page_size=200):
            self._ids.add(product.id)
            self._names.setdefault(product.name.casefold(), []).append(product.id)
            self._written[product.name.casefold()] = product.name

    def id_of(self, text: str) -> str:
        """The id of the one product that is called so; an id is taken as it is. Raises ValueError."""
        if text in self._ids:
            return text
        found = self._names.get(text.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(f"{len(found)} products are called {text!r}; give the id instead")
        close = get_close_matches(text.casefold(), self._names, n=1, cutoff=0.75)
        hint = f"; did you mean {self._written[close[0]]!r}?" if close else ""
        raise ValueError(f"no product is called {text!r}{hint}")
