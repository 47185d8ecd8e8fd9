"""Metrics as CloudWatch reads them from a log line."""

from __future__ import annotations

import io
import json

import pytest

from zebros_core.clock import FixedClock
from zebros_core.observability import Metrics, NullMetrics, log_context


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def metrics(stream) -> Metrics:
    return Metrics(namespace="Zebros", service="widgets", stage="test", clock=FixedClock(), stream=stream)


def test_a_line_names_its_metrics_dimensions_and_values(metrics, stream):
    metrics.emit({"Polished": (3, "Count")}, operation="polish", properties={"jobId": "j1"})

    line = json.loads(stream.getvalue())
    assert line["Polished"] == 3
    assert line["jobId"] == "j1"
    assert line["_aws"] == {
        "Timestamp": 1767225600000,
        "CloudWatchMetrics": [
            {
                "Namespace": "Zebros",
                "Dimensions": [["service"], ["service", "operation"]],
                "Metrics": [{"Name": "Polished", "Unit": "Count"}],
            }
        ],
    }
    for dimensions in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]:
        assert all(isinstance(line[name], str) for name in dimensions)


@pytest.mark.parametrize("by_tenant", [False, True])
def test_the_tenant_is_searchable_and_a_dimension_only_when_asked_for(metrics, stream, by_tenant):
    for tenant in ("aurora", "borealis"):
        with log_context(tenantId=tenant):
            metrics.emit({"Polished": (1, "Count")}, by_tenant=by_tenant)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["tenantId"] for line in lines] == ["aurora", "borealis"]
    for line in lines:
        assert (["service", "tenantId"] in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]) is by_tenant


def test_no_values_no_line(metrics, stream):
    metrics.emit({})
    assert stream.getvalue() == ""


def test_more_metrics_than_the_format_takes_are_refused(metrics):
    with pytest.raises(ValueError, match="100"):
        metrics.emit({f"m{i}": (1, "Count") for i in range(101)})


def test_the_null_metrics_write_nothing(capsys):
    NullMetrics().emit({"Polished": (1, "Count")})
    assert capsys.readouterr().out == ""


def test_without_a_stream_lines_go_to_standard_output(capsys):
    Metrics(namespace="Zebros", service="widgets", stage="test", clock=FixedClock()).emit(
        {"Polished": (1, "Count")}
    )
    assert json.loads(capsys.readouterr().out)["Polished"] == 1
