"""Create a product."""

from typing import Any

from zebros_core.dynamodb.repository import Created
from zebros_core.records.unique import Receipt, RequestKey
from zebros_pipeline.domain.product import Product, ProductDraft
from zebros_pipeline.use_cases.workspace import Workspace


def create_product(
    workspace: Workspace,
    draft: ProductDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Created[Product]:
    """Create a product; a price without a currency is in the tenant's.

    Raises DuplicateError for a live product of the same name unless `skip_duplicates`, and always for one of the same
    external id.
    """
    workspace.ensure_assignable("product", None, None)
    workspace.check_custom("product", draft.custom)
    values: dict[str, Any] = {name: getattr(draft, name) for name in ProductDraft.model_fields}
    values["currency"] = currency_of(workspace, draft)
    product = Product(product_id=id or workspace.products.new_id("createProduct", repeat), **values)
    with workspace.naming_only_visible():
        created = workspace.products.create_unique(
            product,
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
        )
    return workspace.created("product", created)


def currency_of(workspace: Workspace, draft: ProductDraft) -> str | None:
    """Return the currency of a product's price: the draft's, or the tenant's; None without a price."""
    if draft.currency is not None or draft.unit_price is None:
        return draft.currency
    return workspace.currencies.get().base_currency
