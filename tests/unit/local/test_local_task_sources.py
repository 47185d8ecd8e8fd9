"""What a task is, read from ECS's answers, from the Dockerfile of its image and from the deployed artefact."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from zebros_local.tasks.cluster import ClusterAwayError, EcsCluster
from zebros_local.tasks.images import ImageError, Images
from zebros_local.tasks.orders import MEGABYTE, LogStream, order_of

ARN = "arn:aws:ecs:eu-central-1:000000000000:task/zebros-local/abc"
DEFINITION: dict[str, Any] = {
    "memory": "2048",
    "containerDefinitions": [
        {
            "name": "worker",
            "image": "000000000000.dkr.ecr.eu-central-1.amazonaws.com/zebros-local-jobs:1",
            "environment": [{"name": "STAGE", "value": "local"}, {"name": "ZEBROS_JOB_ID", "value": ""}],
            "mountPoints": [{"sourceVolume": "work", "containerPath": "/work"}],
            "stopTimeout": 20,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/zebros/local/jobs", "awslogs-stream-prefix": "jobs"},
            },
        }
    ],
}
TASK: dict[str, Any] = {
    "taskArn": ARN,
    "taskDefinitionArn": "definition:1",
    "lastStatus": "RUNNING",
    "createdAt": datetime(2026, 11, 1, tzinfo=UTC),
    "overrides": {
        "containerOverrides": [
            {"name": "worker", "command": ["x"], "environment": [{"name": "ZEBROS_JOB_ID", "value": "j1"}]}
        ]
    },
}


def test_overrides_come_over_what_the_definition_says() -> None:
    order = order_of(TASK, DEFINITION)
    assert order.environment == {"STAGE": "local", "ZEBROS_JOB_ID": "j1"}
    assert order.command == ("x",)
    assert order.memory_bytes == 2048 * MEGABYTE
    assert order.volumes == ("/work",)
    assert order.stop_seconds == 20
    assert order.log == LogStream("/zebros/local/jobs", "jobs/worker/abc")
    narrower = {"containerOverrides": [{"name": "worker", "memory": 256}]}
    assert order_of({**TASK, "overrides": narrower}, DEFINITION).memory_bytes == 256 * MEGABYTE


def test_a_definition_that_says_little_gets_what_ecs_would_give_it() -> None:
    order = order_of({"taskArn": ARN}, {"containerDefinitions": [{"name": "worker", "image": "i"}]})
    assert (order.command, order.environment, order.log, order.stop_seconds) == ((), {}, None, 30)


def test_tasks_of_several_containers_are_none_of_ours() -> None:
    two = {**DEFINITION, "containerDefinitions": DEFINITION["containerDefinitions"] * 2}
    assert "2 containers" in order_of(TASK, two).problem


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "call")


class FakeEcs:
    """The calls of ECS and of the logs that a runner makes. `fails`: what each raises."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = {task["taskArn"]: task for task in tasks}
        self.fails: Exception | None = None
        self.definition: Any = DEFINITION
        self.streams: list[str] = []
        self.events: list[str] = []

    def get_paginator(self, _: str) -> FakeEcs:
        return self

    def paginate(self, *, cluster: str, desiredStatus: str) -> list[dict[str, Any]]:
        assert (cluster, desiredStatus) == ("zebros-local", "RUNNING")
        self._fail()
        return [{"taskArns": [arn]} for arn in self.tasks]

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        assert cluster
        return {"tasks": [self.tasks[arn] for arn in tasks]}

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:
        assert taskDefinition == "definition:1"
        return {"taskDefinition": self.definition}

    def stop_task(self, **_: str) -> None:
        self._fail()

    def create_log_group(self, **_: str) -> None:
        raise refusal("ResourceAlreadyExistsException")

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:
        self.streams.append(f"{logGroupName}:{logStreamName}")

    def put_log_events(self, *, logEvents: list[dict[str, Any]], **_: str) -> None:
        self._fail()
        self.events += [event["message"] for event in logEvents]

    def _fail(self) -> None:
        if self.fails is not None:
            raise self.fails


def cluster_of(ecs: FakeEcs) -> EcsCluster:
    return EcsCluster("zebros-local", ecs, ecs)


def test_running_tasks_are_found_the_oldest_first_and_those_that_a_restart_stopped_are_not() -> None:
    older = {**TASK, "taskArn": f"{ARN}-older", "createdAt": datetime(2026, 1, 1, tzinfo=UTC)}
    stopped = {**TASK, "taskArn": f"{ARN}-stopped", "lastStatus": "STOPPED"}
    ecs = FakeEcs(TASK, stopped, older)
    assert [order.id for order in cluster_of(ecs).running()] == ["abc-older", "abc"]


def test_a_definition_that_nobody_understands_is_a_task_that_cannot_be_run() -> None:
    ecs = FakeEcs(TASK)
    ecs.definition = {"containerDefinitions": [{"name": "worker"}]}
    (order,) = cluster_of(ecs).running()
    assert "not understood" in order.problem


def test_a_cluster_that_is_not_there_yet_wants_nothing_and_an_emulator_that_is_not_is_away() -> None:
    ecs = FakeEcs(TASK)
    ecs.fails = refusal("ClusterNotFoundException")
    assert cluster_of(ecs).running() == []
    ecs.fails = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(ClusterAwayError):
        cluster_of(ecs).running()
    with pytest.raises(ClusterAwayError):
        cluster_of(ecs).stop(ARN, "done")


def test_stopping_what_nobody_knows_any_more_is_as_good() -> None:
    ecs = FakeEcs()
    ecs.fails = refusal("InvalidParameterException")
    cluster_of(ecs).stop(ARN, "done")


def test_a_log_stream_is_made_once_and_again_where_it_was_lost() -> None:
    ecs, stream = FakeEcs(), LogStream("/zebros/local/jobs", "jobs/worker/abc")
    cluster = cluster_of(ecs)
    cluster.log(stream, [(1, str(number)) for number in range(2_500)])
    cluster.log(stream, [(2, "last")])
    assert ecs.streams == ["/zebros/local/jobs:jobs/worker/abc"]
    assert ecs.events == [*map(str, range(2_500)), "last"]
    ecs.fails = refusal("ResourceNotFoundException")
    with pytest.raises(ClusterAwayError):
        cluster.log(stream, [(3, "lost")])
    ecs.fails = None
    cluster.log(stream, [(3, "again")])
    assert len(ecs.streams) == 2


def artefact(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("zebros_jobs/task.py", text)
    return packed.getvalue()


class FakeLambda:
    """Functions with the code that is deployed, served at an address as the emulator does."""

    def __init__(self) -> None:
        self.code = artefact("print(1)")
        self.names = ["zebros-auth-local-http", "zebros-jobs-local-worker"]
        self.fetched = 0
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.fetched += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(fake.code)

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def get_paginator(self, _: str) -> FakeLambda:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        digest = base64.b64encode(hashlib.sha256(self.code).digest()).decode()
        return [{"Functions": [{"FunctionName": name, "CodeSha256": digest} for name in self.names]}]

    def get_function(self, *, FunctionName: str) -> dict[str, Any]:
        assert FunctionName == "zebros-jobs-local-worker"
        return {"Code": {"Location": "http://somewhere-else:4566/code/worker?X-Amz-Signature=x"}}


@pytest.fixture
def functions() -> Iterator[FakeLambda]:
    made = FakeLambda()
    yield made
    made.close()


@pytest.fixture
def images(tmp_path: Path, functions: FakeLambda) -> Images:
    dockerfile = tmp_path / "services/jobs/Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_text('FROM python\nENTRYPOINT ["python", "-m", "zebros_jobs.task"]\n')
    return Images(tmp_path, tmp_path / "images", functions.endpoint, functions)


def test_an_image_is_the_dockerfiles_entry_point_and_the_deployed_code_unpacked_once(
    images: Images, functions: FakeLambda
) -> None:
    first = images.find(DEFINITION["containerDefinitions"][0]["image"])
    assert first.entry_point == ("python", "-m", "zebros_jobs.task")
    assert (first.folder / "zebros_jobs/task.py").read_text() == "print(1)"
    assert images.find("zebros-local-jobs:1") == first
    assert functions.fetched == 1


def test_a_new_deployment_is_another_folder_and_the_one_before_stays_for_what_runs_in_it(
    images: Images, functions: FakeLambda
) -> None:
    folders: list[Path] = []
    for number in range(5):
        functions.code = artefact(f"print({number})")
        folders.append(images.find("zebros-local-jobs:1").folder)
        assert (folders[-1] / "zebros_jobs/task.py").read_text() == f"print({number})"
    assert folders[-2].exists()
    assert len(list(folders[-1].parent.iterdir())) == 3


@pytest.mark.parametrize("name", ["python:3.13", "zebros-prod-jobs:1", "zebros-local-nothing:1", ""])
def test_images_that_are_not_ours_are_refused(images: Images, name: str) -> None:
    with pytest.raises(ImageError, match="not an image of a service"):
        images.find(name)


def test_a_service_that_is_not_deployed_or_a_broken_archive_has_no_image(
    images: Images, functions: FakeLambda
) -> None:
    functions.names = ["zebros-auth-local-http"]
    with pytest.raises(ImageError, match="jobs is not deployed"):
        images.find("zebros-local-jobs:1")
    functions.names, functions.code = ["zebros-jobs-local-worker"], b"no archive"
    with pytest.raises(ImageError, match="cannot be fetched"):
        images.find("zebros-local-jobs:1")
