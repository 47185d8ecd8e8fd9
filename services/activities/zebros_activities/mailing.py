"""The part of the composition root that sends mail: adapters once per container, the rest for each caller or tenant."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from zebros_activities.domain.ports_mail import MailContacts, MailTransport, TemplateEngine
from zebros_activities.domain.unsubscribe_token import UnsubscribeTokens
from zebros_activities.mail_settings import MailSettings
from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.email_contents import EmailContents
from zebros_activities.repositories.email_templates import EmailTemplateRepository
from zebros_activities.repositories.mail_marks import MailMarks
from zebros_activities.use_cases.deliver_mail import MailRoom
from zebros_activities.use_cases.email_desk import EmailDesk
from zebros_activities.use_cases.keep_bounce import BounceDesk
from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectStore
from zebros_core.tenancy import TenantContext

if TYPE_CHECKING:
    from zebros_activities.bootstrap import Container
    from zebros_activities.use_cases.workspace import Workspace
    from zebros_core.bulk.client import BulkDoorClient
    from zebros_core.dynamodb.store import TenantStore


class Mailing:
    """Makes what writes and sends mails."""

    def __init__(self, container: Container, settings: MailSettings) -> None:
        self._container = container
        self._settings = settings

    # -- adapters, made at their first use ---------------------------------------------------------------------

    @cached_property
    def engine(self) -> TemplateEngine:
        """The language of templates."""
        from zebros_activities.adapters.jinja_templates import JinjaTemplateEngine

        return JinjaTemplateEngine()

    @cached_property
    def transport(self) -> MailTransport:
        """The mail service."""
        from zebros_activities.adapters.ses_mail import SesMailTransport

        return SesMailTransport(lambda: self._ses, self._settings, self._container.clock)

    @cached_property
    def _ses(self) -> Any:
        from zebros_core.delivery import once_client

        return once_client(self._container.core, "sesv2")

    @cached_property
    def tokens(self) -> UnsubscribeTokens:
        """Signs and reads the tokens of unsubscribe links."""
        return UnsubscribeTokens(self._container.key_for("unsubscribe"), self._container.clock)

    # -- for a caller, or for our own machinery ----------------------------------------------------------------

    def desk(self, context: TenantContext) -> EmailDesk:
        """Return what the use cases of templates and of writing mails work with for this caller."""
        have = self._container
        door = have.bulk_doors.door("customers", context)
        return self._desk(have.workspace(context), have.request_store(context), door)

    def system_desk(self, tenant_id: str, cause: str) -> EmailDesk:
        """Return the desk of our own machinery, for a tenant's templates."""
        have = self._container
        context, store = have.system_access(tenant_id, cause)
        door = have.bulk_doors.system_door("customers", context)
        return self._desk(have.system_workspace(tenant_id, cause), store, door)

    def _desk(self, workspace: Workspace, store: TenantStore, door: BulkDoorClient) -> EmailDesk:
        from zebros_activities.adapters.mail_contacts import DoorMailContacts

        objects = self._objects(store.tenant_id)
        return EmailDesk(
            workspace=workspace,
            templates=EmailTemplateRepository(store, objects),
            contents=EmailContents(objects),
            engine=self.engine,
            contacts=DoorMailContacts(door, self._container.clock),
        )

    def room(self, tenant_id: str) -> MailRoom:
        """Return what sends a tenant's mails."""
        have = self._container
        store = have.system_access(tenant_id, "mail")[1]
        return MailRoom(
            tenant_id=tenant_id,
            tenant_is_active=have.registry.get(tenant_id).is_active,
            clock=have.clock,
            activities=ActivityRepository(store),
            contents=EmailContents(self._objects(tenant_id)),
            marks=MailMarks(store, have.clock),
            contacts=self.system_contacts(tenant_id, "mail"),
            transport=self.transport,
            unsubscribe_url=lambda contact_id: self.unsubscribe_url(tenant_id, contact_id),
            metrics=have.metrics,
        )

    def bounces(self, tenant_id: str) -> BounceDesk | None:
        """Return what reports of a tenant's mails are kept with; None for one whose data is not kept (any more)."""
        have = self._container
        try:
            status = have.registry.get(tenant_id).status
        except NotFoundError:
            return None
        if status not in {"active", "suspended"}:
            return None
        store = have.system_access(tenant_id, "bounces")[1]
        return BounceDesk(
            ActivityRepository(store), self.system_contacts(tenant_id, "bounces"), have.clock, have.metrics
        )

    def system_contacts(self, tenant_id: str, cause: str) -> MailContacts:
        """Return a tenant's contacts as our own machinery sees and changes them."""
        from zebros_activities.adapters.mail_contacts import DoorMailContacts

        context = self._container.system_access(tenant_id, cause)[0]
        door = self._container.bulk_doors.system_door("customers", context)
        return DoorMailContacts(door, self._container.clock)

    def unsubscribe_url(self, tenant_id: str, contact_id: str) -> str:
        """Return where a contact of a tenant says that it wants no more mail."""
        return f"{self._settings.public_api_url}/v1/unsubscribe/{self.tokens.sign(tenant_id, contact_id)}"

    def _objects(self, tenant_id: str) -> ObjectStore:
        return ObjectStore(self._container.s3, self._container.core.documents_bucket, tenant_id)
