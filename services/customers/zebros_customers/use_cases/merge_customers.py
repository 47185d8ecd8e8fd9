"""Merge two customers: the loser's values fill the winner's gaps, its contacts and documents follow."""

from collections.abc import Iterator
from dataclasses import dataclass

from zebros_core.errors import ConflictError, NotFoundError, ValidationError, VersionMismatchError
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.customer import Customer, merged
from zebros_customers.domain.document import Document
from zebros_customers.domain.merge import INLINE_CHILDREN, Merge, MergeStatus
from zebros_customers.use_cases.get_customer import get_customer
from zebros_customers.use_cases.workspace import Workspace

_PAGE = 50


@dataclass(frozen=True, slots=True)
class MergedCustomers:
    """Both customers after their merge, and the merge."""

    winner: Customer
    loser: Customer
    merge: Merge


def merge_customers(
    workspace: Workspace, winner_id: str, loser_id: str, *, expected_version: int | None = None
) -> MergedCustomers:
    """Merge the loser into the winner and move up to 40 of its contacts and documents; the rest follows.

    One transaction changes the winner, makes the loser a tombstone that names it, and starts the record of the merge;
    from then on reading the loser redirects to the winner. What remains is moved by `continue_merge`, when the event of
    the tombstone arrives. The loser's name, e-mail and external id become free, unless the winner takes them.
    """
    if winner_id == loser_id:
        raise ValidationError.for_field("/loserId", "same_record", "a customer is not merged into itself")
    winner = get_customer(workspace, winner_id)
    try:
        loser = get_customer(workspace, loser_id)
    except NotFoundError as error:
        raise ValidationError.for_field("/loserId", "unknown_reference", "no such customer") from error
    for customer in (winner, loser):
        workspace.ensure_allowed("customer", customer.customer_id, customer, "merge")
    if expected_version is not None and winner.version != expected_version:
        raise VersionMismatchError(winner.version)
    merge = Merge(
        merge_id=workspace.merges.id_of(loser_id),
        winner_id=winner_id,
        loser_id=loser_id,
        started_at=workspace.now,
        started_by=workspace.context.user_id,
    )
    with workspace.naming_only_visible():
        stored, tombstone = workspace.customers.absorb(
            merged(winner, loser), winner=winner, loser=loser, record=workspace.merges.start(merge)
        )
    return MergedCustomers(stored, tombstone, continue_merge(workspace, merge, at_most=INLINE_CHILDREN))


def get_merge(workspace: Workspace, merge_id: str) -> Merge:
    """Return a merge whose winner the caller may see. Raises NotFoundError."""
    merge = workspace.merges.find(merge_id)
    if merge is None:
        raise NotFoundError("merge", merge_id)
    workspace.ensure_readable("customer", merge_id, workspace.customers.get_any(merge.winner_id))
    return merge


def continue_merge(workspace: Workspace, merge: Merge, *, at_most: int | None = None) -> Merge:
    """Move contacts and documents of the loser to the winner, `at_most` this many or all; note how far it came.

    May be called again at any time, also by several at once: a record that was moved is no longer the loser's. Whoever
    finds nothing left ends the merge. A winner that was merged meanwhile hands its new records on.
    """
    winner = _last_winner(workspace, merge.winner_id)
    moved = 0
    done = True
    for child in children_of(workspace, merge.loser_id):
        if moved == at_most:
            done = False
            break
        moved += move_child(workspace, child, winner)
    return _note_progress(workspace, merge, moved, done)


def _note_progress(workspace: Workspace, merge: Merge, moved: int, done: bool) -> Merge:
    """Add to the merge's record what was moved. Another worker may have added meanwhile: neither's part is lost."""
    while True:
        ended = done or merge.status is MergeStatus.DONE
        progressed = merge.model_copy(
            update={
                "moved": merge.moved + moved,
                "status": MergeStatus.DONE if ended else MergeStatus.RUNNING,
                "finished_at": (merge.finished_at or workspace.now) if ended else None,
            }
        )
        if progressed == merge or workspace.merges.replace(progressed, previous=merge):
            return progressed
        merge = workspace.merges.find(merge.merge_id) or progressed


def _last_winner(workspace: Workspace, customer_id: str) -> Customer:
    winner = workspace.customers.get_any(customer_id)
    while winner.merged_into is not None:
        winner = workspace.customers.get_any(winner.merged_into)
    return winner


def children_of(workspace: Workspace, customer_id: str) -> Iterator[Contact | Document]:
    """Give the live contacts and documents that are still this customer's, page by page, read strongly."""
    cursor = None
    while True:
        contacts = workspace.contacts.page_by_customer(customer_id, limit=_PAGE, cursor=cursor)
        keys = [(contact.contact_id, customer_id) for contact in contacts.items]
        # The index may still show a contact that has moved: only one found under its old key is this customer's.
        yield from workspace.contacts.batch_get(keys).values()
        cursor = contacts.next_cursor
        if cursor is None:
            break
    while True:
        documents = workspace.documents.page_by_customer(customer_id, limit=_PAGE, cursor=cursor)
        current = workspace.documents.batch_get([document.document_id for document in documents.items])
        yield from (document for document in current.values() if document.customer_id == customer_id)
        cursor = documents.next_cursor
        if cursor is None:
            break


def move_child(workspace: Workspace, child: Contact | Document, winner: Customer) -> bool:
    """Put a contact or document under another customer, or under the present owner and team of its own.

    False when it is gone, or was put elsewhere meanwhile, as by the request and the event of one merge at the same
    time. One that was only edited meanwhile is moved as it is now.
    """
    while True:
        try:
            _save_child(workspace, child, winner)
        except (ConflictError, NotFoundError):
            current = _present(workspace, child)
            if current is None or current.customer_id != child.customer_id:
                return False
            if current.version == child.version:
                raise
            child = current
        else:
            return True


def _save_child(workspace: Workspace, child: Contact | Document, winner: Customer) -> None:
    update = {"customer_id": winner.customer_id, "owner_id": winner.owner_id, "team_id": winner.team_id}
    if isinstance(child, Contact):
        # Both customers may have known the same person; the two stay apart until somebody says that they are one.
        workspace.contacts.save_unique(child.model_copy(update=update), previous=child, skip_duplicates=True)
    else:
        workspace.documents.save(child.model_copy(update=update), previous=child)


def _present(workspace: Workspace, child: Contact | Document) -> Contact | Document | None:
    if isinstance(child, Contact):
        return workspace.contacts.find(child.contact_id)
    return workspace.documents.find(child.document_id)
