"""What follows from a change: inherited owners and teams, the rest of a merge, the content of a deleted document."""

from zebros_core.messaging import EntityChanged, Operation
from zebros_customers.domain.customer import Customer
from zebros_customers.use_cases.delete_document import delete_content
from zebros_customers.use_cases.merge_customers import children_of, continue_merge, move_child
from zebros_customers.use_cases.workspace import Workspace

_HELD_BY = frozenset({"customerId", "ownerId", "teamId"})


def follow_up(workspace: Workspace, change: EntityChanged) -> None:
    """Do what follows from a change. It may come late or twice: everything is compared with the present state."""
    if change.entity == "customer":
        _follow_customer(workspace, change)
    elif change.entity == "document" and change.operation is Operation.DELETED:
        _follow_deleted_document(workspace, change)
    elif change.operation in {Operation.CREATED, Operation.RESTORED} or not _HELD_BY.isdisjoint(
        change.changed
    ):
        _follow_child(workspace, change)


def _follow_customer(workspace: Workspace, change: EntityChanged) -> None:
    customer = workspace.customers.find_any(change.id)
    if customer is None:
        return
    if customer.merged_into is not None:
        merge = workspace.merges.find(workspace.merges.id_of(customer.customer_id))
        if merge is not None:
            continue_merge(workspace, merge)
    elif change.operation is Operation.RESTORED or not _HELD_BY.isdisjoint(change.changed):
        for child in children_of(workspace, customer.customer_id):
            if (child.owner_id, child.team_id) != (customer.owner_id, customer.team_id):
                move_child(workspace, child, customer)


def _follow_deleted_document(workspace: Workspace, change: EntityChanged) -> None:
    document = workspace.documents.find_any(change.id)
    if document is not None and document.is_deleted:
        delete_content(workspace, document)


def _follow_child(workspace: Workspace, change: EntityChanged) -> None:
    """Repair a contact or document that was written while its customer changed hands or was merged."""
    child = (workspace.contacts if change.entity == "contact" else workspace.documents).find(change.id)
    if child is None or child.customer_id is None:
        return
    customer: Customer | None = workspace.customers.find_any(child.customer_id)
    while customer is not None and customer.merged_into is not None:
        customer = workspace.customers.find_any(customer.merged_into)
    if customer is None:
        return
    held_by = (child.customer_id, child.owner_id, child.team_id)
    if held_by != (customer.customer_id, customer.owner_id, customer.team_id):
        move_child(workspace, child, customer)
