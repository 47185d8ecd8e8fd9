"""Change a product."""

from collections.abc import Callable

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import check_version, get_live
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.product import Product, ProductDraft
from zebros_pipeline.use_cases.create_product import currency_of
from zebros_pipeline.use_cases.workspace import Workspace


def update_product(
    workspace: Workspace,
    product_id: str,
    revise: Callable[[ProductDraft], ProductDraft],
    *,
    expected_version: int | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Product]:
    """Change a product to what `revise` makes of its writable part; opportunities keep name and price as they were.

    Raises VersionMismatchError for a lost race, DuplicateError as on create.
    """
    product: Product = get_live(workspace, "product", product_id)
    workspace.ensure_allowed("product", product_id, product, "write")
    check_version(product, expected_version)
    draft = revise(product.draft())
    revised = product.revised(draft).model_copy(update={"currency": currency_of(workspace, draft)})
    workspace.check_custom("product", revised.custom, product.custom)
    with workspace.naming_only_visible():
        stored = workspace.products.save_unique(
            revised, previous=product, skip_duplicates=skip_duplicates, receipt=receipt
        )
    return Saved(stored, stored.version != product.version)
