"""Bring an opportunity back from the trash."""

from zebros_core.records.unique import Receipt
from zebros_core.records.verbs import restore_deleted
from zebros_core.records.workspace import Saved
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.use_cases.workspace import Workspace


def restore_opportunity(
    workspace: Workspace,
    opportunity_id: str,
    *,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
) -> Saved[Opportunity]:
    """Bring an opportunity back as it was when it was deleted; a live one is returned as it stands.

    Its customer may have been deleted or merged meanwhile: that is brought in order when the event arrives. Raises
    DuplicateError when another one has taken its external id.
    """
    restored: Saved[Opportunity] = restore_deleted(
        workspace, "opportunity", opportunity_id, skip_duplicates=skip_duplicates, receipt=receipt
    )
    if restored.changed:
        return restored
    return Saved(workspace.opportunities.complete(restored.record), changed=False)
