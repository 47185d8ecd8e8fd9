"""The pipeline service in this process, with the customers service behind its bulk door: see `service_in_process`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from customers_in_process import customers_service
from in_process_doors import InProcessDoors
from service_in_process import service_in_process

from zebros_core.clock import Clock
from zebros_core.tenancy.registry import Tenant
from zebros_customers.bootstrap import Container as CustomersContainer
from zebros_customers.handlers.bulk import DOOR as CUSTOMERS_DOOR
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.bulk import DOOR
from zebros_pipeline.settings import LAYERS, Settings

SERVICE = "pipeline"


@dataclass
class SalesWorld:
    """Both services as one stage, and the doors between them, which tests may watch and break."""

    pipeline: Container
    customers: CustomersContainer
    doors: InProcessDoors

    def register(self, tenant: Tenant) -> None:
        """Register a tenant with both."""
        self.pipeline.registry.put(tenant)
        self.customers.registry.put(tenant)


@contextmanager
def pipeline_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service alone under a stage of its own; no other service answers."""
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(Settings(core), clock=clock, dynamodb=dynamodb),
        layers=LAYERS,
        clock=clock,
    ) as container:
        InProcessDoors().connect(container)
        yield container


@contextmanager
def sales_world(stage: str, clock: Clock | None = None) -> Iterator[SalesWorld]:
    """Start both services under one stage."""
    with customers_service(stage, clock) as customers, pipeline_service(stage, clock) as pipeline:
        doors = InProcessDoors()
        doors.serve(customers, CUSTOMERS_DOOR)
        doors.serve(pipeline, DOOR)
        doors.connect(customers, pipeline)
        yield SalesWorld(pipeline, customers, doors)
