"""Metrics in CloudWatch's embedded metric format: a log line from which CloudWatch takes the numbers.

Format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Every combination of dimension values is a paid metric, so dimensions are few and closed: service and
operation. The tenant is a property, searchable in the logs, and becomes a dimension only for a metric that
says so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TextIO

from zebros_core.clock import Clock
from zebros_core.observability.logger import bound_fields

Unit = Literal["Count", "Milliseconds", "Bytes", "Seconds", "None"]
MAX_METRICS = 100


class Metrics:
    """Writes metrics of one service."""

    def __init__(
        self, *, namespace: str, service: str, stage: str, clock: Clock, stream: TextIO | None = None
    ) -> None:
        self._namespace = namespace
        self._service = service
        self._stage = stage
        self._clock = clock
        self._stream = stream

    def emit(
        self,
        values: Mapping[str, tuple[float, Unit]],
        *,
        operation: str | None = None,
        by_tenant: bool = False,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Write ``values`` (name to number and unit) as one line.

        operation: adds a second, finer set of dimensions. by_tenant: adds the tenant of the log context as a
        dimension. properties: members that are searchable but not metrics. Raises ValueError for more than
        100 metrics.
        """
        if not values:
            return
        if len(values) > MAX_METRICS:
            raise ValueError(f"a line takes at most {MAX_METRICS} metrics")
        members: dict[str, Any] = {"service": self._service, "stage": self._stage, **bound_fields()}
        dimensions: list[Sequence[str]] = [["service"]]
        if operation is not None:
            members["operation"] = operation
            dimensions.append(["service", "operation"])
        if by_tenant and "tenantId" in members:
            dimensions.append(["service", "tenantId"])
        members.update(properties or {})
        members["_aws"] = {
            "Timestamp": int(self._clock.now().timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": self._namespace,
                    "Dimensions": dimensions,
                    "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()],
                }
            ],
        }
        for name, (value, _) in values.items():
            members[name] = value
        stream = self._stream or sys.stdout
        stream.write(json.dumps(members, separators=(",", ":"), default=str) + "\n")
        stream.flush()


class NullMetrics(Metrics):
    """Writes nothing."""

    def __init__(self) -> None:
        pass

    def emit(
        self,
        values: Mapping[str, tuple[float, Unit]],
        *,
        operation: str | None = None,
        by_tenant: bool = False,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        del values, operation, by_tenant, properties
