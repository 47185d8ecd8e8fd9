"""E-mail in process: activities and customers of one stage, their doors open to each other, and a mail service that
notes what it is given and fails as it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from callers import Answer, Person
from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from service_in_process import create_tables, service_in_process
from tenant_walls import raise_walls

from zebros_activities.bootstrap import Container
from zebros_activities.domain.people import Person as KnownPerson
from zebros_activities.domain.ports_mail import OutgoingMail
from zebros_activities.handlers.routes import ROUTES
from zebros_activities.mail_settings import MailSettings
from zebros_activities.settings import Settings
from zebros_activities.use_cases.deliver_mail import deliver_mail
from zebros_core.clock import FixedClock
from zebros_core.messaging import EntityChanged, Operation
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container as Customers
from zebros_customers.handlers.bulk import DOOR
from zebros_customers.handlers.routes import ROUTES as CUSTOMERS_ROUTES

API = "https://api.test"
SETTINGS = MailSettings(
    sender="Zebros <no-reply@zebros.example>", configuration_set="zebros-mail", public_api_url=API
)
_NUMBERS = count(1000)


class CrashError(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class MailService:
    """``trouble`` is raised once instead of the next answer; the mail was taken all the same when ``taken`` says so."""

    mails: list[OutgoingMail] = field(default_factory=list)
    trouble: BaseException | None = None
    taken: bool = False
    enabled: bool = True

    def send(self, mail: OutgoingMail) -> str:
        trouble, self.trouble = self.trouble, None
        if trouble is None or self.taken:
            self.mails.append(mail)
        if trouble is not None:
            raise trouble
        return f"ses-{len(self.mails)}"


@dataclass
class MailWorld:
    """Both services, and who calls them."""

    activities: Container
    customers: Customers
    service: MailService
    doors: InProcessDoors
    clock: FixedClock

    def __post_init__(self) -> None:
        self._app = self.activities.http_app(ROUTES)
        self._customers_app = self.customers.http_app(CUSTOMERS_ROUTES)

    def tenant(self, model: Any = "pool", **facts: Any) -> str:
        """Register a new tenant of a model."""
        id = f"{model}{next(_NUMBERS)}"
        self.activities.registry.put(Tenant(id=id, name=facts.pop("name", id), isolation=model, **facts))
        if model == "silo":
            for service in ("activities", "customers"):
                create_tables(self.activities.dynamodb, f"zebros-mail-t-{id}", service)
        return id

    def person(self, tenant: str, **facts: Any) -> Person:
        """Somebody who calls the activities service."""
        return Person(self._app, self.clock, tenant, **facts)

    def at_customers(self, person: Person) -> Person:
        """The same somebody, calling the customers service."""
        return Person(self._customers_app, self.clock, person.tenant, person.user, person.roles, person.team)

    def introduce(self, person: Person, name: str = "Ada Field", email: str = "ada@acme.example") -> None:
        """Let the activities service know somebody's name and address."""
        workspace = self.activities.system_workspace(person.tenant, "people")
        known = KnownPerson(user_id=person.user, version=1, name=name, email=email)
        workspace.people.keep(known)

    def contact(self, person: Person, **facts: Any) -> dict[str, Any]:
        """Make a contact."""
        draft = {
            "firstName": "Mira",
            "lastName": "Vantongeren",
            "email": f"mira{next(_NUMBERS)}@tidewater.example",
            **facts,
        }
        answer = self.at_customers(person).post(
            "/v1/contacts", {name: value for name, value in draft.items() if value is not None}
        )
        assert answer.status == 201, answer.text
        return answer.body

    def shown(self, person: Person, contact: dict[str, Any]) -> dict[str, Any]:
        """Read a contact."""
        return self.at_customers(person).get(f"/v1/contacts/{contact['contactId']}").body

    def document(
        self, person: Person, *, size: int = 5, uploaded: bool = True, **facts: Any
    ) -> dict[str, Any]:
        """Make a document of a new customer, with its content unless told otherwise."""
        caller = self.at_customers(person)
        customer = caller.post("/v1/customers", {"companyName": f"Tidewater {next(_NUMBERS)}"}).body
        draft = {
            "customerId": customer["customerId"],
            "fileName": "offer.pdf",
            "contentType": "application/pdf",
            "sizeBytes": size,
            "kind": "attachment",
            **facts,
        }
        document = caller.post("/v1/documents", draft).body["document"]
        if uploaded:
            key = f"{person.tenant}/customers/{customer['customerId']}/attachments/{document['documentId']}"
            self.activities.s3().put_object(
                Bucket=self.activities.core.documents_bucket,
                Key=key,
                Body=b"x" * size,
                ContentType=draft["contentType"],
            )
            answer = caller.post(f"/v1/documents/{document['documentId']}/complete")
            assert answer.status == 200, answer.text
        return document

    def send(self, person: Person, contact: dict[str, Any], **facts: Any) -> Answer:
        """Ask for a mail to a contact."""
        key = facts.pop("key", None)
        body = {"contactId": contact["contactId"], "subject": "News", "text": "Hello", **facts}
        headers = {"idempotency_key": key} if key else {}
        return person.post("/v1/emails", {n: v for n, v in body.items() if v is not None}, **headers)

    def deliver(self, person: Person, activity_id: str, operation: Operation = Operation.CREATED) -> None:
        """Hand over the change of an activity, as the function `mail` does."""
        change = EntityChanged(
            event_id=f"e-{next(_NUMBERS)}",
            tenant_id=person.tenant,
            entity="activity",
            id=activity_id,
            version=1,
            operation=operation,
            occurred_at=self.clock.now(),
            snapshot={"type": "email"},
        )
        deliver_mail(self.activities.mailing.room(person.tenant), change)

    def delivery(self, person: Person, activity_id: str) -> dict[str, Any]:
        """How far a mail is."""
        return person.get(f"/v1/activities/{activity_id}").body["delivery"]


@contextmanager
def mail_world() -> Iterator[MailWorld]:
    """Start both services under a stage of their own."""
    clock = FixedClock()
    with (
        service_in_process(
            "activities",
            "mail",
            lambda core, clock, dynamodb: Container(
                Settings(core, mail=SETTINGS), clock=clock, dynamodb=dynamodb
            ),
            clock=clock,
        ) as activities,
        customers_service("mail", clock) as customers,
    ):
        vars(customers)["registry"] = activities.registry
        # Requests work with sessions of their tenants, each held to its policy.
        raise_walls(activities, "activities")
        raise_walls(customers, "customers")
        doors = InProcessDoors()
        doors.serve(customers, DOOR)
        doors.connect(activities, customers)
        service = MailService()
        vars(activities.mailing)["transport"] = service
        yield MailWorld(activities, customers, service, doors, clock)
