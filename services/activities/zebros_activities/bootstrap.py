"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from zebros_activities.domain.ports import ReminderSchedules
from zebros_activities.repositories.activities import ActivityRepository
from zebros_activities.repositories.comments import CommentRepository
from zebros_activities.repositories.keys import LOOKUP_TABLE
from zebros_activities.repositories.moves import MoveRepository
from zebros_activities.repositories.people import PersonRepository
from zebros_activities.repositories.reminders import ReminderRepository
from zebros_activities.repositories.texts import TextRepository
from zebros_activities.repositories.timeline import TimelineRepository
from zebros_activities.settings import Settings
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.definitions import FieldDefinitions
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.tenancy import TenantContext

if TYPE_CHECKING:
    from zebros_activities.mailing import Mailing


class Container(ServiceContainer):
    """What the functions of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core,
            service="activities",
            lookup_table=LOOKUP_TABLE,
            clock=clock,
            dynamodb=dynamodb,
        )
        self.settings = settings

    @cached_property
    def definitions(self) -> FieldDefinitions:
        """The custom fields that tenants have defined."""
        return FieldDefinitions(self.bulk_doors, self.clock, keeper="customers")

    @cached_property
    def mailing(self) -> Mailing:
        """What writes and sends mails, and hears of them."""
        from zebros_activities.mailing import Mailing

        return Mailing(self, self.settings.mail)

    @cached_property
    def schedules(self) -> ReminderSchedules:
        """The stage's schedules of reminders; the client is made at the first one."""
        from zebros_activities.adapters.reminder_schedules import OneTimeReminders

        return OneTimeReminders(lambda: self._scheduler, self.settings.reminders)

    @cached_property
    def _scheduler(self) -> Any:
        from botocore.config import Config

        # Names make repetitions harmless, so the client may repeat what was not answered.
        return self.client(
            "scheduler", Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 3})
        )

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant, or for its job: it may do everything there."""
        context, store = self.system_access(tenant_id, cause, job_id)
        return self._workspace(context, store, EVERYTHING)

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        from zebros_activities.adapters.references import DoorReferences

        system = rights is EVERYTHING
        activities = ActivityRepository(store)
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOOKUP_TABLE),
            history=HistoryRepository(store, LOOKUP_TABLE),
            records={"activity": activities},
            definitions=lambda entity: self.definitions.of_caller(context)(entity),
            activities=activities,
            texts=TextRepository(store),
            comments=CommentRepository(store),
            people=PersonRepository(store),
            reminders=ReminderRepository(store),
            moves=MoveRepository(store),
            timelines=TimelineRepository(store),
            references=DoorReferences(
                lambda service: (
                    self.bulk_doors.system_door(service, context)
                    if system
                    else self.bulk_doors.door(service, context)
                )
            ),
            schedules=self.schedules,
            tenant_time_zone=lambda: self.registry.get(context.tenant_id).settings.get("timeZone"),
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
