"""The sync service in this process, with the owners of the records behind their doors: see `service_in_process`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from activities_in_process import activities_service
from auth_in_process import auth_service
from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from pipeline_in_process import pipeline_service
from service_in_process import service_in_process

from zebros_activities.bootstrap import Container as ActivitiesContainer
from zebros_activities.handlers.bulk import DOOR as ACTIVITIES_DOOR
from zebros_auth.bootstrap import Container as AuthContainer
from zebros_auth.handlers.bulk import DOOR as AUTH_DOOR
from zebros_core.clock import Clock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container as CustomersContainer
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_pipeline.bootstrap import Container as PipelineContainer
from zebros_pipeline.handlers.bulk import DOOR as PIPELINE_DOOR
from zebros_sync.bootstrap import Container
from zebros_sync.settings import Settings

SERVICE = "sync"


@dataclass
class SyncWorld:
    """Sync and the owners as one stage, and the doors between them, which tests may watch and break."""

    sync: Container
    customers: CustomersContainer
    pipeline: PipelineContainer
    activities: ActivitiesContainer
    auth: AuthContainer
    doors: InProcessDoors

    def register(self, tenant: Tenant) -> None:
        """Register a tenant with all."""
        for service in (self.sync, self.customers, self.pipeline, self.activities, self.auth):
            service.registry.put(tenant)


@contextmanager
def sync_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service alone under a stage of its own; no other service answers."""
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(Settings(core), clock=clock, dynamodb=dynamodb),
        clock=clock,
    ) as container:
        InProcessDoors().connect(container)
        yield container


@contextmanager
def sync_world(stage: str, clock: Clock | None = None) -> Iterator[SyncWorld]:
    """Start all services under one stage."""
    with ExitStack() as stack:
        customers = stack.enter_context(customers_service(stage, clock))
        pipeline = stack.enter_context(pipeline_service(stage, clock))
        activities = stack.enter_context(activities_service(stage, clock))
        auth = stack.enter_context(auth_service(stage, clock))
        sync = stack.enter_context(sync_service(stage, clock))
        doors = InProcessDoors()
        doors.serve(customers, CUSTOMERS_DOOR)
        doors.serve(pipeline, PIPELINE_DOOR)
        doors.serve(activities, ACTIVITIES_DOOR)
        doors.serve(auth, AUTH_DOOR)
        doors.connect(customers, pipeline, activities, auth, sync)
        yield SyncWorld(sync, customers, pipeline, activities, auth, doors)
