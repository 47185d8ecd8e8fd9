"""What can be done to which records in a batch or by the bulk door, and which records others may read there."""

from collections.abc import Mapping
from typing import Final

from zebros_core.records.mutations import RecordVerbs
from zebros_customers.domain.contact import ContactDraft
from zebros_customers.domain.customer import CustomerDraft
from zebros_customers.use_cases.create_contact import create_contact
from zebros_customers.use_cases.create_customer import create_customer
from zebros_customers.use_cases.delete_contact import delete_contact
from zebros_customers.use_cases.delete_customer import delete_customer
from zebros_customers.use_cases.prepare_contacts import prepare_contacts
from zebros_customers.use_cases.restore_contact import restore_contact
from zebros_customers.use_cases.restore_customer import restore_customer
from zebros_customers.use_cases.update_contact import update_contact
from zebros_customers.use_cases.update_customer import update_customer

VERBS: Final[Mapping[str, RecordVerbs]] = {
    "customer": RecordVerbs(
        CustomerDraft, create_customer, update_customer, delete_customer, restore_customer, together=True
    ),
    "contact": RecordVerbs(
        ContactDraft,
        create_contact,
        update_contact,
        delete_contact,
        restore_contact,
        prepare=prepare_contacts,
        together=True,
    ),
}

EXPORTED: Final = frozenset({"customer", "contact", "document"})
