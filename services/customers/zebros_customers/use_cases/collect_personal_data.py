"""Say everything that this service holds on a person: contacts, documents, and what names them elsewhere."""

from __future__ import annotations

from typing import TypeAlias

from zebros_core.errors import NotFoundError
from zebros_core.privacy.calls import CollectedFile
from zebros_core.privacy.collecting import RecordCollection
from zebros_core.privacy.desk import PrivacyDesk
from zebros_core.privacy.records import sweep
from zebros_core.privacy.redaction import is_named_in
from zebros_core.privacy.run import CollectionRun, each
from zebros_core.privacy.steps import Piece
from zebros_core.privacy.subject import Subject, names_of
from zebros_core.privacy.texts import Sought
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.document import Document, DocumentKind
from zebros_customers.repositories.keys import CONTACTS, CUSTOMERS, DOCUMENTS
from zebros_customers.use_cases.workspace import Workspace

__all__ = ["collection_steps", "identify_person", "is_of", "is_persons_document"]

Desk: TypeAlias = PrivacyDesk[Workspace]

_PAGE = 100


def identify_person(desk: Desk, subject: Subject) -> Subject:
    """Return the subject with the contacts of its addresses, and the addresses and names of its contacts.

    Who has the same address is the same person, as for duplicates. Contacts in the trash are known by their id here;
    `collect` and `erase` find them by their address as well.
    """
    contacts = desk.workspace.contacts
    found = [contacts.find_any(id) for id in subject.contact_ids]
    known = subject.joined(emails=[contact.email for contact in found if contact is not None])
    for email in known.emails:
        # Everybody with an address: those who were let in as duplicates as well.
        page = contacts.page(
            {"email": email}, {}, descending=False, limit=_PAGE, cursor=None, visibility_key="all"
        )
        found += page.items
    people = [contact for contact in found if contact is not None]
    return known.joined(
        contact_ids=[contact.contact_id for contact in people],
        emails=[contact.email for contact in people],
        names=[name for contact in people for name in names_of(contact.first_name, contact.last_name)],
    )


def collection_steps(desk: Desk, run: CollectionRun) -> list[tuple[str, Piece]]:
    """Return the steps that collect: the person's contacts, then whatever of each entity is theirs or names them."""
    workspace = desk.workspace
    contacts = RecordCollection(run, CONTACTS, workspace.history)
    customers = RecordCollection(run, CUSTOMERS, workspace.history)
    documents = RecordCollection(run, DOCUMENTS, None)

    def own(contact_id: str) -> None:
        contact = workspace.contacts.find_any(contact_id)
        if contact is not None:
            contacts.own(contact)

    def look_at_contact(contact: Contact) -> None:
        if contact.contact_id in run.subject.contact_ids:
            return  # was told already
        if is_of(run.subject, contact):
            contacts.own(contact)
        else:
            contacts.look(contact)

    def look_at_document(document: Document) -> None:
        if is_persons_document(run.subject, run.sought, document):
            documents.own(document, _files(workspace, document))

    return [
        ("own", each(run.subject.contact_ids, own)),
        ("contacts", sweep(workspace.contacts, desk.trash, look_at_contact)),
        ("customers", sweep(workspace.customers, desk.trash, customers.look)),
        ("documents", sweep(workspace.documents, desk.trash, look_at_document)),
    ]


def is_of(subject: Subject, contact: Contact) -> bool:
    """Tell whether a contact is the person."""
    return contact.contact_id in subject.contact_ids or contact.email in subject.emails


def is_persons_document(subject: Subject, sought: Sought, document: Document) -> bool:
    """Tell whether a document is the person's: it went to them as the attachment of a mail, or is named after them.

    A customer's own document that was sent to them, such as a price list, is the customer's.
    """
    sent = document.document_id in subject.document_ids and document.kind is DocumentKind.ATTACHMENT
    return sent or is_named_in(document, sought)


def _files(workspace: Workspace, document: Document) -> list[CollectedFile]:
    try:
        info = workspace.objects.head(document.object_key)
    except NotFoundError:
        return []  # not uploaded yet, or deleted with its document
    return [
        CollectedFile(
            bucket="documents",
            key=document.object_key,
            name=document.file_name,
            content_type=info.content_type,
            size_bytes=info.size_bytes,
            etag=info.etag,
        )
    ]
