"""From nothing to a stack that answers: processes, deployment, the emulator's gaps, the demo tenants."""

from __future__ import annotations

from zebros_local.demo_realm import apply_realm, ensure_demo_people
from zebros_local.demo_records import ensure_demo_records
from zebros_local.demo_sales import ensure_demo_sales
from zebros_local.demo_tenants import ensure_demo_tenants
from zebros_local.deploy import (
    EMULATOR_ACCOUNT,
    MAIL_SERVICE,
    LocalDeployer,
    emulator_client,
    put_mail_templates,
)
from zebros_local.first_requests import check_api, warm_followers
from zebros_local.fixups import apply_fixups
from zebros_local.identity import Realm
from zebros_local.progress import Progress
from zebros_local.settings import STAGE, LocalSettings
from zebros_local.stack import Stack
from zebros_local.state import StackState


def bring_up(stack: Stack, progress: Progress, *, for_people: bool = True) -> StackState:
    """Start the stack, deploy what changed and make the demo tenants; safe to repeat at any point.

    `for_people`: with demo people and sales, and every function started, which takes longer than the rest.
    """
    ensure_realm(stack.settings, stack.up(), progress)
    deploy_local(stack, progress)
    state = stack.state
    with progress.step("demo tenants") as step:
        step.note(", ".join(ensure_demo_tenants(state)))
    with progress.step("first request as") as step:
        step.note(", ".join(check_api(state)))
    if for_people:
        _furnish(state, progress)
    return state


def _furnish(state: StackState, progress: Progress) -> None:
    with progress.step("demo people") as step:
        step.note(f"{ensure_demo_records(state)} recorded")
    with progress.step("functions that follow") as step:
        step.note(f"{warm_followers(state)} started")
    with progress.step("demo sales") as step:
        step.note(f"{ensure_demo_sales(state)} records entered")


def ensure_realm(settings: LocalSettings, state: StackState, progress: Progress) -> None:
    """With the real Keycloak: apply the realm file, and make the demo people. The stand-in reads both by itself."""
    if state.identity != "keycloak":
        return
    with progress.step("realm") as step:
        step.note(apply_realm(state, settings.environ))
    with progress.step("demo people in Keycloak") as step:
        people, integrations = ensure_demo_people(state, Realm.load())
        step.note(f"{people} people, {integrations} integrations")


def deploy_local(stack: Stack, progress: Progress, only: str | None = None) -> StackState:
    """Deploy changed services (or ``only`` one) to a running stack."""
    deployer = LocalDeployer(stack.settings, stack.require_running(), progress)
    state, deployed = deployer.deploy(only)
    if deployed:
        with progress.step("settings that the emulator's CloudFormation drops") as step:
            step.note(f"{apply_fixups(state, deployed)} resources")
    if any(service.name == MAIL_SERVICE for service in deployed):
        with progress.step("templates of mail") as step:
            step.note(f"{put_mail_templates(emulator_client('s3', state), STAGE, EMULATOR_ACCOUNT)} changed")
    return state
