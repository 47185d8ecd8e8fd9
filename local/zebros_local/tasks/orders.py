"""What ECS says of a task, as far as running it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MEGABYTE = 1024 * 1024
# Of ECS, where a definition says nothing.
_STOP_SECONDS = 30
_MEMORY_MEGABYTES = 512


@dataclass(frozen=True)
class LogStream:
    """Where a task's output goes, as the log driver `awslogs` names it: prefix/container/task."""

    group: str
    name: str


@dataclass(frozen=True)
class TaskOrder:
    """A task that is to run: one container with its overrides. `volumes` are the paths at which it may write."""

    arn: str
    image: str
    entry_point: tuple[str, ...] = ()
    """In place of the image's, where the definition says so."""
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    volumes: tuple[str, ...] = ()
    memory_bytes: int = _MEMORY_MEGABYTES * MEGABYTE
    stop_seconds: float = _STOP_SECONDS
    log: LogStream | None = None
    problem: str = ""
    """Why it cannot be run here; empty: it can."""

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rsplit("/", 1)[-1]


def order_of(task: Mapping[str, Any], definition: Mapping[str, Any]) -> TaskOrder:
    """Put a task and its definition, as ``DescribeTasks`` and ``DescribeTaskDefinition`` give them, together."""
    containers: Sequence[Mapping[str, Any]] = definition["containerDefinitions"]
    arn = str(task["taskArn"])
    if len(containers) != 1:
        return TaskOrder(arn, "", problem=f"a task of {len(containers)} containers; here one is run")
    (container,) = containers
    override = _override(task, str(container["name"]))
    return TaskOrder(
        arn=arn,
        image=str(container["image"]),
        entry_point=tuple(container.get("entryPoint") or ()),
        command=tuple(override.get("command") or container.get("command") or ()),
        environment={
            str(variable["name"]): str(variable["value"])
            for source in (container, override)
            for variable in source.get("environment") or ()
        },
        volumes=tuple(str(mount["containerPath"]) for mount in container.get("mountPoints") or ()),
        memory_bytes=_megabytes(override, container, task.get("overrides") or {}, definition) * MEGABYTE,
        stop_seconds=float(container.get("stopTimeout") or _STOP_SECONDS),
        log=_log_stream(container, arn),
    )


def _override(task: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    overrides: Sequence[Mapping[str, Any]] = (task.get("overrides") or {}).get("containerOverrides") or ()
    return next((each for each in overrides if each.get("name") == container), {})


def _megabytes(*sources: Mapping[str, Any]) -> int:
    """The narrowest that is said: of the container, overridden or defined, then of the whole task."""
    return next((int(source["memory"]) for source in sources if source.get("memory")), _MEMORY_MEGABYTES)


def _log_stream(container: Mapping[str, Any], arn: str) -> LogStream | None:
    log = container.get("logConfiguration") or {}
    if log.get("logDriver") != "awslogs":
        return None
    options = log["options"]
    task = arn.rsplit("/", 1)[-1]
    return LogStream(
        str(options["awslogs-group"]), f"{options['awslogs-stream-prefix']}/{container['name']}/{task}"
    )
