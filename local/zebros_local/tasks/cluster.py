"""The stack's cluster, through ECS's and CloudWatch Logs' public APIs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from zebros_local.tasks.orders import LogStream, TaskOrder, order_of

_MOST_DESCRIBED = 100
"""Tasks in one call, a limit of the API."""
_MOST_EVENTS = 1_000

LogEvent = tuple[int, str]
"""Milliseconds since 1970, and a line."""


class ClusterAwayError(Exception):
    """The emulator does not answer now, as while it restarts."""


class Cluster(Protocol):
    """Where tasks are asked for. `EcsCluster` is the real one; all raise ClusterAwayError."""

    def running(self) -> list[TaskOrder]:
        """Return the tasks that are to run, the oldest first."""
        ...

    def stop(self, arn: str, reason: str) -> None:
        """Say that a task has ended; one that nobody knows any more is as good."""
        ...

    def log(self, stream: LogStream, events: Sequence[LogEvent]) -> None:
        """Append to a log stream, which is made if it is missing; events are in the order of their time."""
        ...


class EcsCluster:
    """One cluster by its name."""

    def __init__(self, name: str, ecs: Any, logs: Any) -> None:
        """`ecs` and `logs` are boto3 clients."""
        self._name = name
        self._ecs = ecs
        self._logs = logs
        self._definitions: dict[str, dict[str, Any]] = {}
        self._streams: set[LogStream] = set()

    def running(self) -> list[TaskOrder]:
        """See `Cluster`. A cluster that is not there yet has none."""
        with _away():
            try:
                arns = self._listed()
            except ClientError as error:
                if _code(error) != "ClusterNotFoundException":
                    raise
                return []
            tasks = [
                task
                for at in range(0, len(arns), _MOST_DESCRIBED)
                for task in self._ecs.describe_tasks(
                    cluster=self._name, tasks=arns[at : at + _MOST_DESCRIBED]
                )["tasks"]
                # A task that the emulator knew before it restarted is stopped, whatever is desired of it.
                if task["lastStatus"] == "RUNNING"
            ]
            tasks.sort(key=lambda task: task["createdAt"])
            return [self._order(task) for task in tasks]

    def stop(self, arn: str, reason: str) -> None:
        """See `Cluster`."""
        with _away():
            try:
                self._ecs.stop_task(cluster=self._name, task=arn, reason=reason)
            except ClientError as error:
                if _code(error) not in ("InvalidParameterException", "ClusterNotFoundException"):
                    raise

    def log(self, stream: LogStream, events: Sequence[LogEvent]) -> None:
        """See `Cluster`."""
        with _away():
            if stream not in self._streams:
                self._make(stream)
                self._streams.add(stream)
            for at in range(0, len(events), _MOST_EVENTS):
                self._append(stream, events[at : at + _MOST_EVENTS])

    def _listed(self) -> list[str]:
        pages = self._ecs.get_paginator("list_tasks").paginate(cluster=self._name, desiredStatus="RUNNING")
        return [arn for page in pages for arn in page["taskArns"]]

    def _order(self, task: dict[str, Any]) -> TaskOrder:
        definition = self._definition(task["taskDefinitionArn"])
        try:
            return order_of(task, definition)
        except (KeyError, ValueError, TypeError) as error:
            return TaskOrder(str(task["taskArn"]), "", problem=f"its definition is not understood: {error!r}")

    def _definition(self, arn: str) -> dict[str, Any]:
        """A revision never changes."""
        if arn not in self._definitions:
            found = self._ecs.describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = found["taskDefinition"]
        return self._definitions[arn]

    def _append(self, stream: LogStream, events: Sequence[LogEvent]) -> None:
        lines = [{"timestamp": moment, "message": line} for moment, line in events]
        try:
            self._logs.put_log_events(logGroupName=stream.group, logStreamName=stream.name, logEvents=lines)
        except ClientError:
            self._streams.discard(stream)  # the emulator may have been emptied: made again the next time
            raise

    def _make(self, stream: LogStream) -> None:
        def make(create: Any, **names: str) -> None:
            try:
                create(**names)
            except ClientError as error:
                if _code(error) != "ResourceAlreadyExistsException":
                    raise

        make(self._logs.create_log_group, logGroupName=stream.group)
        make(self._logs.create_log_stream, logGroupName=stream.group, logStreamName=stream.name)


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ClusterAwayError(str(error)) from error


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
