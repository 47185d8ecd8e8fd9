"""Put customers, contacts and documents back as an export gave them: what is particular to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zebros_core.errors import ConflictError, ValidationError
from zebros_core.records.reinstate import ReinstateRules
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document, DocumentStatus, object_path
from zebros_customers.use_cases.workspace import Workspace


def _customer(
    workspace: Workspace, record: Customer, document: Mapping[str, Any], present: Customer | None
) -> Customer:
    del workspace, document
    if record.merged_into is not None:
        raise ValidationError.for_field("/record/mergedInto", "merged", "a loser of a merge is not put back")
    if present is not None and present.merged_into is not None:
        raise ConflictError("this customer was merged into another one, which keeps its records")
    return record


def _document(
    workspace: Workspace, record: Document, document: Mapping[str, Any], present: Document | None
) -> Document:
    """Its content is the backup's matter. Where that lies follows from the ids, whatever the export says."""
    del document, present
    if record.status is not DocumentStatus.AVAILABLE:
        raise ValidationError.for_field("/record/status", "pending", "an upload under way is not put back")
    key = workspace.objects.key(*object_path(record.customer_id, record.document_id, record.kind))
    return record.model_copy(update={"object_key": key, "upload_id": None})


RULES: Final[Mapping[str, ReinstateRules]] = {
    "customer": ReinstateRules(settle=_customer),
    "contact": ReinstateRules(),
    "document": ReinstateRules(settle=_document),
}
