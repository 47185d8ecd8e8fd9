"""The part of the composition root that onboards, offboards and provisions tenants."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from zebros_auth.adapters.machines import StepFunctionsMachines
from zebros_auth.adapters.tenant_doors import LambdaTenantDoors, door_client
from zebros_auth.adapters.tenant_tables import StackTenantTables
from zebros_auth.domain.operation import OperationKind
from zebros_auth.domain.ports_tenancy import TenantTables
from zebros_auth.repositories.tenants import TenantRepository
from zebros_auth.use_cases.tenancy import Tenancy

if TYPE_CHECKING:
    from zebros_auth.bootstrap import Container

CAUSE = "tenancy"
"""In whose name steps write."""


def tenancy_of(have: Container) -> Tenancy:
    """Return the platform's access to its tenants. Clients are made when they are first needed."""
    given = have.settings.tenancy
    stage = have.core.stage

    @cache
    def tables() -> TenantTables:
        from zebros_core.tenancy.silo_tables import SiloTables

        silos = SiloTables(
            have.client("dynamodb"), have.client("lambda"), have.client("cloudformation"), stage
        )
        return StackTenantTables(silos, [f"zebros-{service}-{stage}" for service in given.services])

    def states() -> Any:
        from botocore.config import Config

        # Somebody waits for the answer, and the gateway 30 seconds: a start that was not heard of is repeated by them.
        return have.client(
            "stepfunctions", Config(connect_timeout=1, read_timeout=4, retries={"total_max_attempts": 2})
        )

    machines = StepFunctionsMachines(
        cache(states),
        {
            OperationKind.ONBOARDING: given.onboarding_machine,
            OperationKind.OFFBOARDING: given.offboarding_machine,
            OperationKind.PROVISIONING: given.provisioning_machine,
        },
    )
    doors = LambdaTenantDoors(
        cache(lambda: door_client(have.core)),
        lambda context, audience: have.internal_tokens.sign(context, audience=audience),
        stage=stage,
        services=given.services,
        bucket=have.core.exports_bucket,
    )
    return Tenancy(
        tenants=TenantRepository(have.access),
        clock=have.clock,
        forget=have.registry.forget,
        provider=lambda: have.identity,
        machines=lambda: machines,
        tables=tables,
        doors=lambda: doors,
        mailer=lambda tenant_id: have.notifying.mailer(tenant_id),
        workspace=lambda tenant_id: have.system_workspace(tenant_id, CAUSE),
    )
