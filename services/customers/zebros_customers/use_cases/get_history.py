"""Read what happened to a record."""

from zebros_core.dynamodb.paging import Page
from zebros_customers.domain.history import HistoryEntry
from zebros_customers.use_cases.workspace import Workspace


def get_history(
    workspace: Workspace, entity: str, id: str, *, limit: int, cursor: str | None
) -> Page[HistoryEntry]:
    """Return a page of the history of a customer or contact, newest first; also of one in the trash.

    The history is kept from events, so the newest write may be missing for a moment.
    """
    repository = workspace.customers if entity == "customer" else workspace.contacts
    workspace.ensure_readable(entity, id, repository.get_any(id))
    return workspace.history.page(entity, id, limit=limit, cursor=cursor)
