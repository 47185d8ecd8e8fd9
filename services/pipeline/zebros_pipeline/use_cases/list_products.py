"""List products by name, or newest first."""

from zebros_core.dynamodb.paging import Page
from zebros_pipeline.domain.product import Product
from zebros_pipeline.use_cases.workspace import Workspace


def list_products(workspace: Workspace, *, by_name: bool, limit: int, cursor: str | None) -> Page[Product]:
    """Return a page of the tenant's live products. Raises ForbiddenError for a caller who may not read products."""
    workspace.visibility("product", "read")
    return workspace.products.page(by_name=by_name, limit=limit, cursor=cursor)
