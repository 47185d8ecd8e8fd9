"""Bring a product back from the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.product import Product
from zebros_pipeline.use_cases.workspace import Workspace


def restore_product(
    workspace: Workspace, product_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Product]:
    """Bring a product back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another product may have taken what it had.
    """
    return restore_deleted(workspace, "product", product_id, skip_duplicates=skip_duplicates, receipt=receipt)
