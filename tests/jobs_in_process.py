"""The jobs service in this process, with every other service behind its bulk door: see `service_in_process`.

State machines are not: `carry_out` asks for the steps of a job in the order in which a machine does, without its waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import boto3
from activities_in_process import activities_service
from auth_in_process import auth_service
from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from kms_in_memory import KmsInMemory
from pipeline_in_process import pipeline_service
from service_in_process import make_bucket, service_in_process
from sync_in_process import sync_service

from zebros_activities.bootstrap import Container as ActivitiesContainer
from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_auth.bootstrap import Container as AuthContainer
from zebros_auth.handlers.bulk import DOOR as AUTH_DOOR
from zebros_core.clock import Clock, FixedClock, SystemClock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container as CustomersContainer
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_jobs.adapters.signing import KmsSigner
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.reports.schedule import ReportSchedule
from zebros_jobs.settings import LAYERS, Settings
from zebros_jobs.use_cases.run_job import Deadline, Work
from zebros_jobs.use_cases.run_step import run_step
from zebros_jobs.works import work_of
from zebros_pipeline.bootstrap import Container as PipelineContainer
from zebros_pipeline.handlers.bulk import DOOR as PIPELINE_DOOR
from zebros_sync.bootstrap import Container as SyncContainer
from zebros_sync.handlers.bulk import DOOR as SYNC_DOOR

SERVICE = "jobs"
MOST_TURNS = 200


class SkippingClock(SystemClock):
    """The system's clock, but for waits that were skipped."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = timedelta()

    def now(self) -> datetime:
        return super().now() + self._skipped

    def advance(self, seconds: float) -> None:
        self._skipped += timedelta(seconds=seconds)


@dataclass
class InMemoryMachines:
    """Executions by what they are named after; those in `running` have not ended."""

    started: list[tuple[JobKind, str, str, int]] = field(default_factory=list[tuple[JobKind, str, str, int]])
    running: set[tuple[JobKind, str, str, int]] = field(default_factory=set[tuple[JobKind, str, str, int]])

    def start(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        execution = (kind, tenant_id, job_id, attempt)
        if execution not in self.started:
            self.started.append(execution)
            self.running.add(execution)

    def is_running(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> bool:
        return (kind, tenant_id, job_id, attempt) in self.running

    def stop(self, kind: JobKind, tenant_id: str, job_id: str, attempt: int) -> None:
        self.running.discard((kind, tenant_id, job_id, attempt))


@dataclass
class InMemorySchedules:
    """What would be woken up: by tenant and schedule."""

    kept: dict[tuple[str, str], tuple[str, str, bool]] = field(
        default_factory=dict[tuple[str, str], tuple[str, str, bool]]
    )

    def put(self, tenant_id: str, schedule: ReportSchedule, zone: str) -> None:
        self.kept[tenant_id, schedule.schedule_id] = (
            schedule.recurrence.expression(),
            schedule.recurrence.time_zone or zone,
            schedule.paused is None,
        )

    def remove(self, tenant_id: str, schedule_id: str) -> None:
        self.kept.pop((tenant_id, schedule_id), None)


@dataclass
class JobsWorld:
    """All services as one stage, and the doors between them, which tests may watch and break."""

    jobs: Container
    customers: CustomersContainer
    pipeline: PipelineContainer
    activities: ActivitiesContainer
    auth: AuthContainer
    sync: SyncContainer
    doors: InProcessDoors

    def register(self, tenant: Tenant) -> None:
        """Register a tenant with all."""
        for service in (
            self.jobs,
            self.customers,
            self.pipeline,
            self.activities,
            self.auth,
            self.sync,
        ):
            service.registry.put(tenant)


@contextmanager
def jobs_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service alone under a stage of its own; no other service answers."""
    buckets = {purpose: f"zebros-{stage}-{purpose}" for purpose in ("transfers", "reports", "backups")}
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(
            Settings(
                core,
                **{f"{purpose}_bucket": name for purpose, name in buckets.items()},
                batch_rows=5,
                batches_at_once=0,
                data_key=boto3.client("kms").create_key()["KeyMetadata"]["KeyId"],
            ),
            clock=clock,
            dynamodb=dynamodb,
        ),
        layers=LAYERS,
        clock=clock,
    ) as container:
        for name in (*buckets.values(), container.core.failures_bucket):
            make_bucket(name)
        vars(container)["machines"] = InMemoryMachines()
        vars(container)["report_scheduler"] = InMemorySchedules()
        vars(container)["signer"] = KmsSigner(KmsInMemory, "alias/certificates")
        InProcessDoors().connect(container)
        yield container


@contextmanager
def jobs_world(stage: str, clock: Clock | None = None) -> Iterator[JobsWorld]:
    """Start all services under one stage."""
    with ExitStack() as stack:
        customers = stack.enter_context(customers_service(stage, clock))
        pipeline = stack.enter_context(pipeline_service(stage, clock))
        activities = stack.enter_context(activities_service(stage, clock))
        auth = stack.enter_context(auth_service(stage, clock))
        sync = stack.enter_context(sync_service(stage, clock))
        jobs = stack.enter_context(jobs_service(stage, clock))
        doors = InProcessDoors()
        doors.serve(customers, CUSTOMERS_DOOR)
        doors.serve(pipeline, PIPELINE_DOOR)
        doors.serve(activities, ACTIVITIES_DOOR)
        doors.serve(auth, AUTH_DOOR)
        doors.serve(sync, SYNC_DOOR)
        doors.connect(customers, pipeline, activities, auth, sync, jobs)
        yield JobsWorld(jobs, customers, pipeline, activities, auth, sync, doors)


def machines_of(container: Container) -> InMemoryMachines:
    """Return the executions that the service has started."""
    made = container.machines
    assert isinstance(made, InMemoryMachines)
    return made


def step(
    container: Container,
    tenant_id: str,
    job_id: str,
    name: str,
    *,
    work: Work | None = None,
    deadline: Deadline | None = None,
) -> str:
    """Ask for one step of a job and return its outcome. `work` replaces that of the job's kind."""
    workspace = container.job_workspace(tenant_id, job_id)
    work = work or work_of(workspace.jobs.get(job_id).kind)
    return run_step(workspace, work, name, job_id, deadline or Deadline()).outcome


def carry_out(container: Container, tenant_id: str, job_id: str, *, work: Work | None = None) -> Job:
    """Carry a job out to its end, as its machine does, and return it. The clock goes on with each wait."""

    def ask(name: str) -> str:
        workspace = container.job_workspace(tenant_id, job_id)
        own = work or work_of(workspace.jobs.get(job_id).kind)
        for _ in range(MOST_TURNS):
            answer = run_step(workspace, own, name, job_id, Deadline())
            if answer.outcome != "again":
                return answer.outcome
            if isinstance(container.clock, FixedClock | SkippingClock):
                container.clock.advance(answer.wait_seconds)
        raise AssertionError(f"{name} has no end")

    if ask("prepare") in {"small", "large"}:
        ask("work")
    ask("check")
    ask("finalize")
    ask("notify")
    machines = machines_of(container)
    machines.running = {each for each in machines.running if each[2] != job_id}
    return container.job_workspace(tenant_id, job_id).jobs.get(job_id)
