"""Products: the access patterns of the table."""

from zebros_core.dynamodb.repository import Page
from zebros_core.records.exported import ExportedRepository
from zebros_core.records.unique import UniqueRepository
from zebros_pipeline.domain.product import Product
from zebros_pipeline.repositories.keys import PRODUCTS


class ProductRepository(UniqueRepository[Product], ExportedRepository[Product]):
    """One tenant's products."""

    schema = PRODUCTS

    def page(self, *, by_name: bool, limit: int, cursor: str | None) -> Page[Product]:
        """Return a page of products, by name or newest first."""
        return self._page(
            "name" if by_name else "created",
            None,
            limit=limit,
            cursor=cursor,
            query_name="products",
            descending=not by_name,
        )
