"""The part of the composition root that notifies: adapters once per container, the rest for each tenant."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from zebros_auth.domain.ports_mail import Mailer, MailTemplates, MailTransport
from zebros_auth.domain.ports_notifications import Deferrals, NotificationTopic, PushSender
from zebros_auth.notification_settings import PACKAGED_TEMPLATES, NotificationSettings
from zebros_auth.repositories.deliveries import DeliveryMarks, Suppressions
from zebros_auth.repositories.devices import DeviceRepository
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_auth.repositories.users import UserRepository
from zebros_auth.use_cases.deliver_notification import DeliveryDesk
from zebros_auth.use_cases.manage_devices import DeviceDesk
from zebros_auth.use_cases.send_mail import TenantMailer
from zebros_core.bootstrap import ServiceContainer
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import NotFoundError
from zebros_core.privacy.marks import ErasureMarks
from zebros_core.tenancy import TenantContext


class Notifying:
    """Makes what notifies people. ``app_url`` is where links in mails lead; empty: mails have none."""

    def __init__(self, container: ServiceContainer, settings: NotificationSettings, app_url: str) -> None:
        self._container = container
        self._settings = settings
        self._app_url = app_url

    # -- adapters, made at their first use ---------------------------------------------------------------------

    @cached_property
    def topic(self) -> NotificationTopic:
        """The stage's topic of notifications."""
        from zebros_auth.adapters.notification_bus import SnsTopic

        return SnsTopic(lambda: self._sns, self._settings.topic_arn)

    @cached_property
    def deferrals(self) -> Deferrals:
        """The stage's schedules."""
        from zebros_auth.adapters.notification_bus import OneTimeSchedules

        return OneTimeSchedules(lambda: self._scheduler, self._settings)

    @cached_property
    def push(self) -> PushSender:
        """The stage's push applications."""
        from zebros_auth.adapters.push import SnsPush

        return SnsPush(lambda: self._sns, self._settings.push_applications)

    @cached_property
    def templates(self) -> MailTemplates:
        """The templates of mails."""
        from zebros_auth.adapters.mail_templates import BucketThenPackage, JinjaTemplates

        have = self._container
        return JinjaTemplates(
            BucketThenPackage(have.s3, self._settings.mail.templates_bucket, PACKAGED_TEMPLATES, have.clock)
        )

    @cached_property
    def transport(self) -> MailTransport:
        """The mail service."""
        from zebros_auth.adapters.mailer import SesTransport

        return SesTransport(lambda: self._ses, self._settings.mail)

    @cached_property
    def _sns(self) -> Any:
        return self._once("sns")

    @cached_property
    def _ses(self) -> Any:
        return self._once("sesv2")

    @cached_property
    def _scheduler(self) -> Any:
        return self._once("scheduler")

    def _once(self, service: str) -> Any:
        from zebros_core.delivery import once_client

        return once_client(self._container.core, service)

    # -- for one tenant ----------------------------------------------------------------------------------------

    def mailer(self, tenant_id: str) -> Mailer:
        """Return the `Mailer` of a tenant whose tables are there, whatever its status. Raises NotFoundError."""
        return self._mailer(self._container.system_access(tenant_id, "mail")[1])

    def desk(self, tenant_id: str) -> DeliveryDesk | None:
        """Return what delivery works with, or None for a tenant that nobody knows (any more)."""
        have = self._container
        try:
            tenant = have.registry.get(tenant_id)
        except NotFoundError:
            return None
        store = have.system_access(tenant_id, "delivery")[1]
        return DeliveryDesk(
            tenant_id=tenant_id,
            tenant_is_active=tenant.is_active,
            clock=have.clock,
            users=UserRepository(store),
            devices=DeviceRepository(store),
            erased=ErasureMarks(store, LOOKUP_TABLE),
            marks=DeliveryMarks(store),
            mailer=self._mailer(store),
            templates=self.templates,
            push=self.push,
            deferrals=self.deferrals,
            metrics=have.metrics,
            app_url=self._app_url,
        )

    def suppressions(self, tenant_id: str) -> Suppressions:
        """Return the suppressed addresses of a tenant. Raises NotFoundError for one that has no tables."""
        if self._container.registry.get(tenant_id).status not in {"active", "suspended"}:
            raise NotFoundError("tenant", tenant_id)
        return Suppressions(self._container.system_access(tenant_id, "feedback")[1], self._container.clock)

    def devices(self, context: TenantContext) -> DeviceDesk:
        """Return what the use cases of devices work with for this caller."""
        store = self._container.request_store(context)
        return DeviceDesk(context, DeviceRepository(store), self.push, self._container.clock)

    def _mailer(self, store: TenantStore) -> TenantMailer:
        have = self._container
        return TenantMailer(
            tenant_id=store.tenant_id,
            templates=self.templates,
            transport=self.transport,
            marks=DeliveryMarks(store),
            suppressions=Suppressions(store, have.clock),
            metrics=have.metrics,
            app_url=self._app_url,
        )
