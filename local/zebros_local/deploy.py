"""Deploying with the real Serverless Framework: the same templates to the local stack and to AWS."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from zebros_local.errors import DeployFailedError
from zebros_local.parts import node_binary
from zebros_local.progress import Progress, Step
from zebros_local.services import Service, find_service, fingerprint, load_services
from zebros_local.settings import REGION, STAGE, LocalSettings, without_aws
from zebros_local.state import StackState

# The framework asks CloudFormation for progress every 5 s; the emulator answers at once.
_MONITORING_MILLISECONDS = "200"

MAIL_SERVICE = "auth"
"""The service that writes mail, and owns its templates."""
EMULATOR_ACCOUNT = "000000000000"


def stage_parameters(state: StackState) -> dict[str, str]:
    """What the templates of stage ``local`` read from the environment."""
    return {
        "ZEBROS_LOCAL_API_URL": state.api_url,
        "ZEBROS_LOCAL_ENDPOINT": state.endpoint,
        "ZEBROS_LOCAL_ISSUER": state.issuer,
        "ZEBROS_LOCAL_REDIS_URL": state.redis_url,
    }


def emulator_environ(environ: Mapping[str, str], state: StackState) -> dict[str, str]:
    """The environment for a tool that shall reach the emulator and cannot reach AWS."""
    return {
        **without_aws(environ),
        **stage_parameters(state),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": state.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SLS_AWS_MONITORING_FREQUENCY": _MONITORING_MILLISECONDS,
    }


def emulator_client(service: str, state: StackState) -> Any:
    """A boto3 client of the stack's emulator."""
    return boto3.client(  # pyright: ignore[reportUnknownMemberType, reportCallIssue, reportArgumentType]
        service,  # pyright: ignore[reportArgumentType]
        endpoint_url=state.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
    )


class Framework:
    """Runs the checkout's pinned Serverless Framework, its output kept in a log."""

    def __init__(self, checkout: Path, environ: Mapping[str, str], log: Path | None) -> None:
        self._checkout = checkout
        self._log = log
        uv = Path(sys.executable).parent / "uv"
        self._environ = {
            **environ,
            "PATH": f"{node_binary().parent}:{checkout / 'node_modules/.bin'}:{environ.get('PATH', '')}",
            "ZEBROS_PYTHON": sys.executable,
            "ZEBROS_UV": str(uv) if uv.exists() else shutil.which("uv") or "uv",
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_TELEMETRY_DISABLED": "1",
        }

    def compose(self, command: str, stage: str, step: Step | None = None) -> None:
        """Run one command for every service, in order."""
        self._run("osls-compose", [command, "--stage", stage], self._checkout, step)

    def service(self, service: Service, command: str, stage: str, step: Step | None = None) -> None:
        self._run("osls", [command, "--stage", stage], service.folder, step)

    def _run(self, binary: str, arguments: Sequence[str], folder: Path, step: Step | None) -> None:
        tool = self._checkout / "node_modules" / ".bin" / binary
        command = [str(node_binary()), str(tool.resolve()), *arguments]
        if self._log is None:
            done = subprocess.run(command, cwd=folder, env=self._environ, check=False)
            if done.returncode != 0:
                raise DeployFailedError(f"{binary} {' '.join(arguments)} failed in {folder.name}")
            return
        lines: list[str] = []
        with (
            self._log.open("a") as log,
            subprocess.Popen(
                command,
                cwd=folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101 - asked for a pipe above
            for line in process.stdout:
                log.write(line)
                lines.append(line.rstrip())
                if step and line.strip():
                    step.note(line.strip()[:80])
        if process.returncode != 0:
            shown = "\n".join(lines[-40:])
            raise DeployFailedError(f"{binary} {' '.join(arguments)} failed in {folder.name}:\n\n{shown}")


class LocalDeployer:
    """Deploys to a running local stack what has changed since it was last deployed there."""

    def __init__(self, settings: LocalSettings, state: StackState, progress: Progress) -> None:
        self._settings = settings
        self._state = state
        self._progress = progress
        self._services = load_services(settings.checkout)
        environ = emulator_environ(settings.environ, state)
        self._framework = Framework(settings.checkout, environ, settings.logs / "deploy.log")
        self._cloudformation = emulator_client("cloudformation", state)

    def deploy(self, only: str | None = None) -> tuple[StackState, list[Service]]:
        """Deploy every changed service, or the one named; return the recorded state and what was deployed.

        A first deployment goes through compose as one; later ones touch only the services that changed, in
        order.
        """
        wanted = [find_service(self._services, only)] if only else self._services
        prints = {
            service.name: fingerprint(self._settings.checkout, service, stage_parameters(self._state))
            for service in wanted
        }
        changed = [service for service in wanted if not self._current(service, prints[service.name])]
        for service in wanted:
            if service not in changed:
                self._progress.say(f"✓ {service.name} · unchanged")
        if changed == self._services:
            with self._progress.step(f"deploying {', '.join(service.name for service in changed)}") as step:
                self._framework.compose("deploy", STAGE, step)
                step.note("")
        else:
            for service in changed:
                with self._progress.step(f"deploying {service.name}") as step:
                    self._framework.service(service, "deploy", STAGE, step)
                    step.note("")
                self._record(service, prints)
        for service in changed:
            self._record(service, prints)
        return self._state, changed

    def _record(self, service: Service, prints: Mapping[str, str]) -> None:
        self._state = self._state.with_deployed(service.name, prints[service.name])
        self._state.save(self._settings.state_file)

    def _current(self, service: Service, print_now: str) -> bool:
        """Whether this very source is deployed, and the emulator still knows it."""
        if self._state.deployed.get(service.name) != print_now:
            return False
        try:
            found = self._cloudformation.describe_stacks(StackName=service.stack_name)["Stacks"]
        except ClientError:
            return False  # the emulator lost it, as after a kill
        return any(str(stack["StackStatus"]).endswith("_COMPLETE") for stack in found)


def deploy_to_aws(settings: LocalSettings, stage: str, only: str | None) -> None:
    """Deploy to an AWS stage with the caller's own credentials and the framework's own output."""
    _straight_through(settings, "deploy", stage, only)
    if only in (None, MAIL_SERVICE):
        session = boto3.Session(region_name=REGION)
        account = str(session.client("sts").get_caller_identity()["Account"])
        put_mail_templates(session.client("s3"), stage, account)


def put_mail_templates(s3: Any, stage: str, account: str) -> int:
    """Bring the stage's bucket of mail templates to this checkout's; return how many changed. Safe to repeat."""
    from zebros_auth.templates import upload

    put, _ = upload(s3, f"zebros-{stage}-{account}-templates")
    return len(put)


def package(settings: LocalSettings, stage: str, only: str | None) -> None:
    """Build artefacts and templates; needs neither credentials nor a network once the wheels are cached."""
    _straight_through(settings, "package", stage, only)


def _straight_through(settings: LocalSettings, command: str, stage: str, only: str | None) -> None:
    framework = Framework(settings.checkout, settings.environ, log=None)
    if only:
        framework.service(find_service(load_services(settings.checkout), only), command, stage)
    else:
        framework.compose(command, stage)
