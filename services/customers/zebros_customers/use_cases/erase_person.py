"""Erase a person: their contacts and documents, and what names them in other records.

A contact becomes a tombstone without personal values: readers and devices see it deleted, nothing restores it, and its
id, which others name, is a pseudonym of nobody. Customers, documents and other people's contacts that name the person
stay, with `[erased]` in that place.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from zebros_core.privacy.records import RecordErasure, sweep
from zebros_core.privacy.run import ErasureRun, each, once
from zebros_core.privacy.steps import Piece
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document
from zebros_customers.domain.names import search_words
from zebros_customers.use_cases.collect_personal_data import Desk, is_of, is_persons_document

__all__ = ["erasure_steps"]


def erasure_steps(desk: Desk, run: ErasureRun) -> list[tuple[str, Piece]]:
    """Return the steps of the erasure: first the person's own records, so that they are out of reach."""
    work = _Erasure(desk, run)
    workspace = desk.workspace
    return [
        ("marks", once(work.mark)),
        ("own", each(run.subject.contact_ids, work.remove_contact)),
        ("contacts", sweep(workspace.contacts, desk.trash, work.look_at_contact)),
        ("customers", sweep(workspace.customers, desk.trash, work.look_at_customer)),
        ("documents", sweep(workspace.documents, desk.trash, work.look_at_document)),
        ("copies", desk.copies(run).step()),
        ("settle", once(run.ensure_over, work.look_again, work.say_what_ends)),
    ]


class _Erasure:
    def __init__(self, desk: Desk, run: ErasureRun) -> None:
        self._desk, self._run = desk, run
        self._workspace = desk.workspace
        self._contacts = RecordErasure(run, desk.workspace.contacts, desk.history)
        self._customers = RecordErasure(run, desk.workspace.customers, desk.history)
        self._documents = RecordErasure(run, desk.workspace.documents, None)

    def mark(self) -> None:
        self._desk.marks.put(self._run.subject, self._run.request_id, self._run.now)

    def remove_contact(self, contact_id: str) -> None:
        self._contacts.remove(contact_id)

    def look_at_contact(self, contact: Contact) -> None:
        if is_of(self._run.subject, contact):
            self._contacts.remove(contact.contact_id)
        else:
            self._contacts.look(contact)

    def look_at_customer(self, customer: Customer) -> None:
        if not self._customers.look(customer):
            return
        # The words of its name, at once: the event of the write would do so a little later.
        present = self._workspace.customers.find_any(customer.customer_id)
        if present is not None:
            words = [] if present.is_deleted else search_words(present.company_name)
            self._workspace.names.put(present.customer_id, present.version, words)

    def look_at_document(self, document: Document) -> None:
        run = self._run
        if run.holds("documents", "document", document.document_id):
            return
        if is_persons_document(run.subject, run.sought, document):
            if document.upload_id is not None:
                self._workspace.uploads.abort(document.object_key, document.upload_id)
            run.count("objects:documents", self._desk.documents.erase(document.object_key))
            self._documents.remove(document.document_id)
        elif document.document_id in run.subject.document_ids:
            why = "a document of the customer that was sent to the person, and is not about them"
            run.keep("documents", "document", document.document_id, why, None)

    def look_again(self) -> None:
        erasures: dict[str, RecordErasure[Any]] = {"contact": self._contacts, "customer": self._customers}
        for entity, id, version in self._run.late:
            erasures[entity].look_again(id, version)
        self._run.late.clear()

    def say_what_ends(self) -> None:
        why = "answers that were kept for repeated requests; they end by themselves"
        until = self._run.now + timedelta(days=2)
        self._run.keep(self._desk.lookup_table, "idempotency", None, why, until)
        why = "contents of files whose names and descriptions do not name the person are not searched"
        self._run.keep("objects:documents", "document", None, why, None)
