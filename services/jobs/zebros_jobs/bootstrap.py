"""The composition root: settings to clients to repositories, once per container."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

from zebros_core.auth.permissions import EVERYTHING, Rights
from zebros_core.bootstrap import ServiceContainer
from zebros_core.clock import Clock
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.store import TenantStore
from zebros_core.records.definitions import FieldDefinitions
from zebros_core.records.history import HistoryRepository
from zebros_core.records.receipts import ReceiptRepository
from zebros_core.storage import MultipartUploads, ObjectStore, ObjectStreams
from zebros_core.storage.versions import ObjectVersions
from zebros_core.tenancy import SystemContext, TenantContext
from zebros_core.tenancy.context import ERASURE_CAUSE, PLATFORM_TENANT_ID
from zebros_jobs.adapters.backups.data_keys import KmsDataKeys
from zebros_jobs.adapters.import_files.opening import open_table
from zebros_jobs.adapters.machines import StepFunctionsMachines
from zebros_jobs.adapters.signing import KmsSigner
from zebros_jobs.domain.backups.ports import DataKeys
from zebros_jobs.domain.certificates import Signer
from zebros_jobs.domain.work import Machines
from zebros_jobs.repositories.jobs import JobRepository
from zebros_jobs.repositories.keys import LOOKUP_TABLE
from zebros_jobs.repositories.progress import ProgressRepository
from zebros_jobs.repositories.retention import DueRetention
from zebros_jobs.repositories.slots import SlotRepository
from zebros_jobs.repositories.watched import WatchedJobs
from zebros_jobs.settings import LAYERS, Settings
from zebros_jobs.use_cases.workspace import Workspace

if TYPE_CHECKING:
    from zebros_core.bulk.client import BulkDoors
    from zebros_jobs.domain.reports.ports import ReportScheduler

DOOR_SECONDS: Final = 110.0
"""How long a door may take for a full batch; its function has 120 seconds."""
PATIENCE_SECONDS: Final = 150.0
"""For how long a worker repeats a call that a door did not answer or had no capacity for."""


class Container(ServiceContainer):
    """What the functions and tasks of this service share. Its parts are made when they are first asked for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, dynamodb: Any = None) -> None:
        super().__init__(
            settings.core,
            service="jobs",
            lookup_table=LOOKUP_TABLE,
            layers=LAYERS,
            clock=clock,
            dynamodb=dynamodb,
        )
        self.settings = settings

    @cached_property
    def machines(self) -> Machines:
        """The state machines; the client is made at the first start."""
        return StepFunctionsMachines(lambda: self._step_functions, self.settings.machine_arn_prefix)

    @cached_property
    def _step_functions(self) -> Any:
        from botocore.config import Config

        # Names make repetitions harmless, so the client may repeat what was not answered.
        return self.client(
            "stepfunctions", Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 3})
        )

    @cached_property
    def report_scheduler(self) -> ReportScheduler:
        """Wakes schedules of reports up; the client is made at the first call."""
        from zebros_jobs.adapters.report_schedules import RecurringSchedules

        return RecurringSchedules(lambda: self._scheduler, self.settings)

    @cached_property
    def _scheduler(self) -> Any:
        from zebros_core.delivery import once_client

        return once_client(self.core, "scheduler")

    @cached_property
    def watched(self) -> WatchedJobs:
        """The platform's list of open jobs."""
        return WatchedJobs(self.access.bind(SystemContext(PLATFORM_TENANT_ID, "jobs")))

    @cached_property
    def due_retention(self) -> DueRetention:
        """The platform's list of tenants that are looked after daily."""
        return DueRetention(self.access.bind(SystemContext(PLATFORM_TENANT_ID, "jobs")))

    def workspace(self, context: TenantContext) -> Workspace:
        """Return what a use case works with for this caller."""
        return self._workspace(context, self.request_store(context), self.permissions)

    def system_workspace(self, tenant_id: str, cause: str, job_id: str | None = None) -> Workspace:
        """Return what our own machinery works with for a tenant: it may do everything there, in the name of a job."""
        context, store = self.system_access(tenant_id, cause)
        return self._workspace(replace(context, job_id=job_id), store, EVERYTHING)

    def job_workspace(self, tenant_id: str, job_id: str) -> Workspace:
        """Return what the worker of a job works with."""
        return self.system_workspace(tenant_id, "jobs", job_id)

    @cached_property
    def signer(self) -> Signer:
        """Signs certificates; the client is made at the first."""
        return KmsSigner(lambda: self.client("kms"), self.settings.signing_key)

    @cached_property
    def data_keys(self) -> DataKeys:
        """Makes and opens the keys of backups; the client is made at the first."""
        return KmsDataKeys(lambda: self.client("kms"), self.settings.data_key)

    @cached_property
    def bulk_doors(self) -> BulkDoors:
        """The bulk doors, which a worker waits for longer than a person would."""
        from zebros_core.bulk.retries import Patience

        return self.doors_answering(DOOR_SECONDS).patient(Patience(seconds=PATIENCE_SECONDS))

    @cached_property
    def definitions(self) -> FieldDefinitions:
        """The fields that tenants have defined, which the customers service keeps."""
        return FieldDefinitions(self.bulk_doors, self.clock, keeper="customers")

    def _workspace(self, context: TenantContext, store: TenantStore, rights: Rights) -> Workspace:
        tenant_id = context.tenant_id
        return Workspace(
            context=context,
            rights=rights,
            clock=self.clock,
            receipts=ReceiptRepository(store, LOOKUP_TABLE),
            history=HistoryRepository(store, LOOKUP_TABLE),
            records={"job": (jobs := JobRepository(store))},
            definitions=self.definitions.of_caller(context),
            settings=self.settings,
            jobs=jobs,
            progress=ProgressRepository(store),
            slots=SlotRepository(store),
            lookup=LookupTable(store, LOOKUP_TABLE),
            machines=self.machines,
            objects=lambda purpose: ObjectStore(self.s3, self.settings.bucket(purpose), tenant_id),
            streams=lambda purpose: ObjectStreams(self.s3, self.settings.bucket(purpose), tenant_id),
            uploads=lambda purpose: MultipartUploads(self.s3, self.settings.bucket(purpose), tenant_id),
            door=self.bulk_doors.door,
            system_door=lambda service: self.bulk_doors.system_door(service, context),
            tenant=lambda: self.registry.get(tenant_id),
            open_table=open_table,
            data_keys=self.data_keys,
            audit=self.audit_trail,
            signer=self.signer,
            versions=lambda purpose: ObjectVersions(self.s3, self.settings.bucket(purpose), tenant_id),
            due_retention=lambda: self.due_retention,
            erasing=lambda: self.system_workspace(tenant_id, ERASURE_CAUSE, context.job_id),
        )


@cache
def container() -> Container:
    """Return the container of this process, built from the environment at the first call."""
    return Container(Settings.from_environ(os.environ))
