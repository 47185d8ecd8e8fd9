"""Bring a lead back from the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.use_cases.workspace import Workspace


def restore_lead(
    workspace: Workspace, lead_id: str, *, skip_duplicates: bool = False, receipt: Receipt | None = None
) -> Saved[Lead]:
    """Bring a lead back as it was when it was deleted; a live one is returned as it stands.

    Raises DuplicateError as on create: another lead may have taken what it had.
    """
    return restore_deleted(workspace, "lead", lead_id, skip_duplicates=skip_duplicates, receipt=receipt)
