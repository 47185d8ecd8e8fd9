"""The image of tasks: made of the artefact, named by it, pushed once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from zebros_local.errors import DeployFailedError
from zebros_local.image import TaskImage, task_image
from zebros_local.services import Service

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


class Docker:
    """Takes down what would be run."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.inputs: list[str | None] = []

    def __call__(self, command: Sequence[str], text: str | None) -> None:
        self.commands.append(tuple(command))
        self.inputs.append(text)


class Ecr:
    """A repository with images by tag."""

    def __init__(self, *tags: str) -> None:
        self._tags = set(tags)

    def describe_repositories(self, *, repositoryNames: list[str]) -> dict[str, Any]:
        return {"repositories": [{"repositoryUri": f"{REGISTRY}/{repositoryNames[0]}"}]}

    def batch_get_image(self, *, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        assert repositoryName == "zebros-prod-widgets"
        return {"images": [image for image in imageIds if image["imageTag"] in self._tags]}

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:a password").decode()}]}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    (tmp_path / ".serverless").mkdir()
    (tmp_path / ".serverless/zebros-widgets.zip").write_bytes(b"artefact")
    (tmp_path / "Dockerfile").write_text("FROM python")
    return Service("widgets", tmp_path)


TAG = hashlib.sha256(b"artefact").hexdigest()[:20]


def test_it_is_built_from_the_artefacts_folder_for_the_machine_of_the_tasks(service: Service) -> None:
    docker = Docker()
    assert TaskImage(service, "prod", docker).build() == f"zebros-prod-widgets:{TAG}"
    (command,) = docker.commands
    assert command[:4] == ("docker", "build", "--platform", "linux/arm64")
    assert command[-1] == str(service.folder / ".serverless")


def test_it_is_pushed_under_the_name_of_the_task_definition_and_the_password_is_no_argument(
    service: Service,
) -> None:
    docker = Docker()
    name = TaskImage(service, "prod", docker).push(Ecr())
    assert name == f"{REGISTRY}/zebros-prod-widgets:{TAG}"
    assert [command[1] for command in docker.commands] == ["build", "login", "push"]
    assert docker.commands[2] == ("docker", "push", name)
    assert "a password" not in str(docker.commands)
    assert docker.inputs[1] == "a password"


def test_an_image_that_is_there_is_not_built_again(service: Service) -> None:
    docker = Docker()
    assert TaskImage(service, "prod", docker).push(Ecr(TAG)).endswith(TAG)
    assert docker.commands == []


def test_a_laptop_needs_none_and_a_service_without_tasks_has_none(service: Service) -> None:
    with pytest.raises(DeployFailedError, match="no image is needed"):
        TaskImage(service, "local", Docker())
    with pytest.raises(DeployFailedError, match="customers has no tasks"):
        task_image("customers", "prod", Docker())
