"""``python -m zebros_local.tasks``: runs the tasks of a stack's cluster until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import boto3

from zebros_local.settings import CHECKOUT, REGION, STAGE
from zebros_local.tasks.cluster import EcsCluster
from zebros_local.tasks.images import Images
from zebros_local.tasks.pulse import beat
from zebros_local.tasks.runner import TaskRunner

_TICK_SECONDS = 0.25
# The emulator takes any.
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def container_environment(endpoint: str) -> dict[str, str]:
    """What a task has besides what its definition gives it: the emulator in the place of AWS."""
    return {
        **_CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m zebros_local.tasks", description=__doc__)
    parser.add_argument("--endpoint", required=True, help="the emulator's address")
    parser.add_argument("--folder", required=True, type=Path, help="where the runner keeps its files")
    parser.add_argument("--at-once", type=int, default=2, help="so many tasks run, the others wait")
    options = parser.parse_args()

    def client(service: str) -> Any:
        return boto3.client(  # pyright: ignore[reportUnknownMemberType, reportCallIssue, reportArgumentType]
            service,  # pyright: ignore[reportArgumentType]
            endpoint_url=options.endpoint,
            region_name=REGION,
            aws_access_key_id=_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    runner = TaskRunner(
        EcsCluster(f"zebros-{STAGE}", client("ecs"), client("logs")),
        Images(CHECKOUT, folder / "images", options.endpoint, client("lambda")),
        folder,
        environ=container_environment(options.endpoint),
        at_once=options.at_once,
        say=_say,
    )
    runner.recover()
    while True:
        runner.tick()
        beat(folder)
        if told_to_stop.wait(_TICK_SECONDS):
            break
    runner.stop_all()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
