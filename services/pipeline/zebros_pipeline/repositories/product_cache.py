"""Products that the lines of a request name, each read once."""

from collections.abc import Iterable

from zebros_core.ids import is_id
from zebros_pipeline.domain.product import Product
from zebros_pipeline.repositories.products import ProductRepository


class ProductsById:
    """Live products by id, for one request."""

    def __init__(self, products: ProductRepository) -> None:
        self._products = products
        self._known: dict[str, Product | None] = {}

    def prefetch(self, ids: Iterable[str]) -> None:
        """Read these at once; ids that are none are let pass."""
        wanted = [id for id in dict.fromkeys(ids) if is_id(id) and id not in self._known]
        found = self._products.find_all(wanted) if wanted else {}
        self._known |= {id: found.get(id) for id in wanted}

    def get(self, id: str) -> Product | None:
        """Return a live product, or None."""
        if id not in self._known:
            self.prefetch([id])
        return self._known.get(id)
