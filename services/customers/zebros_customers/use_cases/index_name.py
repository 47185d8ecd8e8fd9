"""Keep the words under which a customer is found."""

from zebros_core.messaging import EntityChanged
from zebros_customers.domain.names import search_words
from zebros_customers.use_cases.workspace import Workspace


def index_name(workspace: Workspace, change: EntityChanged) -> None:
    """Index a customer under the words of its present name; one in the trash under none."""
    name = None if change.is_gone else (change.snapshot or {}).get("companyName")
    workspace.names.put(change.id, change.version, search_words(name) if name else [])
