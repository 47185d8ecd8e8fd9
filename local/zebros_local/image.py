"""The image of a service's tasks: its artefact in a Python, under the name that the task definition gives.

Needs a Docker engine with BuildKit, and nothing of it is needed on a laptop: there tasks are processes.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from zebros_local.errors import DeployFailedError
from zebros_local.services import Service, find_service, load_services
from zebros_local.settings import CHECKOUT, REGION, STAGE

PLATFORM = "linux/arm64"
"""Of the task definition, and of the wheels in an artefact for AWS."""
_HASH_LENGTH = 20
"""As the build plugin cuts it (infrastructure/build_plugin/index.js)."""

Run = Callable[[Sequence[str], str | None], None]
"""Runs a command, with this text as its input."""


class TaskImage:
    """The image of one service and stage."""

    def __init__(self, service: Service, stage: str, run: Run) -> None:
        if stage == STAGE:
            raise DeployFailedError("On a laptop tasks run from the deployed artefact: no image is needed.")
        self._folder = service.folder
        if not self._dockerfile.exists():
            raise DeployFailedError(f"{service.name} has no tasks, and so no image.")
        self._repository = f"zebros-{stage}-{service.name}"
        self._artefact = service.folder / ".serverless" / f"zebros-{service.name}.zip"
        self._run = run

    @property
    def tag(self) -> str:
        """The artefact's hash: another artefact is another image. It has to be packaged."""
        return hashlib.sha256(self._artefact.read_bytes()).hexdigest()[:_HASH_LENGTH]

    def build(self, registry: str = "") -> str:
        """Build it and return its name. `registry`: host and slash of where it will be pushed."""
        name = f"{registry}{self._repository}:{self.tag}"
        context = str(self._artefact.parent)
        self._run(
            [
                *("docker", "build", "--platform", PLATFORM),
                *("--file", str(self._dockerfile), "--tag", name, context),
            ],
            None,
        )
        return name

    def push(self, ecr: Any) -> str:
        """Build it and push it to the stage's repository, unless it is there; return its name."""
        found = ecr.describe_repositories(repositoryNames=[self._repository])["repositories"][0]
        registry, _, _ = str(found["repositoryUri"]).partition("/")
        name = f"{registry}/{self._repository}:{self.tag}"
        if self._is_there(ecr):
            return name
        self.build(f"{registry}/")
        (login,) = ecr.get_authorization_token()["authorizationData"]
        user, _, password = base64.b64decode(login["authorizationToken"]).decode().partition(":")
        self._run(["docker", "login", "--username", user, "--password-stdin", registry], password)
        self._run(["docker", "push", name], None)
        return name

    def _is_there(self, ecr: Any) -> bool:
        wanted = [{"imageTag": self.tag}]
        found = ecr.batch_get_image(repositoryName=self._repository, imageIds=wanted)
        return bool(found["images"])

    @property
    def _dockerfile(self) -> Path:
        return self._folder / "Dockerfile"


def task_image(name: str, stage: str, run: Run | None = None) -> TaskImage:
    """Return the image of a service of this checkout. Raises `DeployFailedError` for one that has none."""
    return TaskImage(find_service(load_services(CHECKOUT), name), stage, run or _run)


def ecr_client() -> Any:
    """A client with the caller's own credentials."""
    import boto3

    return boto3.Session(region_name=REGION).client("ecr")


def _run(command: Sequence[str], text: str | None) -> None:
    try:
        done = subprocess.run(command, input=text, text=True, check=False)
    except FileNotFoundError as error:
        raise DeployFailedError(f"{command[0]} is needed to build images, and is not there.") from error
    if done.returncode != 0:
        raise DeployFailedError(f"{' '.join(command[:2])} failed with exit status {done.returncode}")
