"""The customers service in this process: see `service_in_process`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service_in_process import service_in_process

from zebros_core.clock import Clock
from zebros_customers.bootstrap import Container
from zebros_customers.settings import LAYERS, Settings

SERVICE = "customers"


@contextmanager
def customers_service(stage: str, clock: Clock | None = None) -> Iterator[Container]:
    """Start the service under a stage of its own."""
    with service_in_process(
        SERVICE,
        stage,
        lambda core, clock, dynamodb: Container(Settings(core), clock=clock, dynamodb=dynamodb),
        layers=LAYERS,
        clock=clock,
    ) as container:
        yield container
