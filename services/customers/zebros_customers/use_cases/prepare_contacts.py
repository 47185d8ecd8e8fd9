"""Read at once what the contacts of a batch name: their customers."""

from collections.abc import Mapping, Sequence
from typing import Any

from zebros_core.ids import is_id
from zebros_customers.use_cases.workspace import Workspace


def prepare_contacts(workspace: Workspace, values: Sequence[Mapping[str, Any]]) -> None:
    """Read the customers that the values of contacts name, unchecked as they came, so that none needs its own call."""
    named = (given.get("customerId") for given in values)
    workspace.customers.prefetch({id for id in named if isinstance(id, str) and is_id(id)})
