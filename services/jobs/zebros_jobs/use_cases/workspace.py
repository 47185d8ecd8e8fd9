"""What a use case works with: one caller's rights, and the jobs of that caller's tenant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zebros_core.audit.trail import AuditTrail
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.records.workspace import RecordWorkspace
from zebros_core.storage import MultipartUploads, ObjectStore, ObjectStreams
from zebros_core.storage.versions import ObjectVersions
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.registry import Tenant
from zebros_jobs.domain.backups.ports import DataKeys
from zebros_jobs.domain.certificates import Signer
from zebros_jobs.domain.imports.source import OpenTable
from zebros_jobs.domain.work import Machines
from zebros_jobs.repositories.jobs import JobRepository
from zebros_jobs.repositories.progress import ProgressRepository
from zebros_jobs.repositories.retention import DueRetention
from zebros_jobs.repositories.slots import SlotRepository
from zebros_jobs.settings import Settings


@dataclass(frozen=True, slots=True)
class Workspace(RecordWorkspace):
    """One caller's access to one tenant. Made for each request by the composition root.

    `objects`, `streams` and `uploads` give the tenant's objects in the bucket of a purpose (transfers, reports,
    backups, documents). `door` is another service's bulk door with the rights of a context, `system_door` with our
    machinery's. `data_keys` makes and opens the keys of backups, `open_table` a file that people have uploaded.

    For privacy requests: `audit` takes entries of the audit log, `signer` signs certificates, `versions` gives the
    tenant's objects of a purpose with all their versions, and `erasing` is the same workspace for erasures: what it
    writes is published without what it replaced. `due_retention` is the platform's list of tenants to be looked after.
    """

    settings: Settings
    jobs: JobRepository
    progress: ProgressRepository
    slots: SlotRepository
    lookup: LookupTable
    machines: Machines
    objects: Callable[[str], ObjectStore]
    streams: Callable[[str], ObjectStreams]
    uploads: Callable[[str], MultipartUploads]
    door: Callable[[str, TenantContext], BulkDoorClient]
    system_door: Callable[[str], BulkDoorClient]
    tenant: Callable[[], Tenant]
    open_table: OpenTable
    data_keys: DataKeys
    audit: AuditTrail
    signer: Signer
    versions: Callable[[str], ObjectVersions]
    erasing: Callable[[], Workspace]
    due_retention: Callable[[], DueRetention]
