"""Move a product to the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import delete_live
from zebros_pipeline.domain.product import Product
from zebros_pipeline.use_cases.workspace import Workspace


def delete_product(
    workspace: Workspace,
    product_id: str,
    *,
    expected_version: int | None = None,
    receipt: Receipt | None = None,
) -> Product:
    """Move a product to the trash, from where it can be restored for 180 days; return its tombstone.

    Opportunities keep their lines of it, which say what they need.
    """
    return delete_live(workspace, "product", product_id, expected_version=expected_version, receipt=receipt)
