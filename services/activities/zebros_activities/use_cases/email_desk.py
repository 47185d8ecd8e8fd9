"""What the use cases of templates and of writing mails work with, for one caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zebros_activities.domain.email_template import EmailContent
from zebros_activities.domain.email_variables import contact_variables, customer_variables
from zebros_activities.domain.ports_mail import MailContacts, Sender, TemplateEngine
from zebros_activities.repositories.email_contents import EmailContents
from zebros_activities.repositories.email_templates import EmailTemplateRepository
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.errors import ValidationError


@dataclass(frozen=True, slots=True)
class EmailDesk:
    """One caller's desk. Made for each request by the composition root."""

    workspace: Workspace
    templates: EmailTemplateRepository
    contents: EmailContents
    engine: TemplateEngine
    contacts: MailContacts

    def contact(self, contact_id: str) -> Mapping[str, Any]:
        """Return a contact that the caller may see. Raises ValidationError for any other."""
        contact = self.contacts.contact(contact_id)
        if contact is None:
            raise ValidationError.for_field("/contactId", "unknown_reference", "no such contact")
        return contact

    def sender(self) -> Sender:
        """Return the caller as a sender; empty where nothing is known of them yet."""
        person = self.workspace.people.find(self.workspace.context.user_id)
        return Sender() if person is None else Sender(person.name or "", person.email or "")

    def rendered(
        self, content: EmailContent, contact: Mapping[str, Any] | None, values: Mapping[str, Any]
    ) -> EmailContent:
        """Return what `content` says to a contact, from the caller. Raises ValidationError."""
        return self.engine.render(content, self._variables(content, contact, values))

    def _variables(
        self, content: EmailContent, contact: Mapping[str, Any] | None, values: Mapping[str, Any]
    ) -> dict[str, Mapping[str, Any]]:
        """Return what a template may name; the contact's customer only if the caller may see it."""
        customer_id = None if contact is None else contact.get("customerId")
        # Most mails name no customer: then it is not asked for.
        named = any("customer." in (part or "") for part in (content.subject, content.text, content.html))
        customer = self.contacts.customer(customer_id) if named and customer_id is not None else None
        return {
            "contact": {} if contact is None else contact_variables(contact),
            "customer": {} if customer is None else customer_variables(customer),
            "sender": self.sender().variables(),
            "values": {name: value for name, value in values.items() if value is not None},
        }
