"""Executions of state machines are started once, whoever asks again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from zebros_core.errors import UnavailableError
from zebros_core.executions import Executions

UNAVAILABLE = "It does not answer; try again."


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("stepfunctions", region_name="eu-central-1")


@pytest.fixture
def machine(client: Any) -> str:
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
    role = "arn:aws:iam::123456789012:role/machine"
    made = client.create_state_machine(name="job-import", definition=json.dumps(definition), roleArn=role)
    return made["stateMachineArn"]


def test_a_second_start_of_a_name_does_nothing(client: Any, machine: str) -> None:
    executions = Executions(lambda: client, unavailable=UNAVAILABLE)
    for number in (1, 2):
        executions.start(machine, "aurora-1", {"number": number})
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    told = client.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(told["input"]) == {"number": 1}


def test_an_execution_runs_until_it_is_stopped(client: Any, machine: str) -> None:
    executions = Executions(lambda: client, unavailable=UNAVAILABLE)
    executions.start(machine, "aurora-1", {})
    assert executions.is_running(machine, "aurora-1")
    executions.stop(machine, "aurora-1", error="Silent", cause="It said nothing.")
    assert not executions.is_running(machine, "aurora-1")


def test_what_there_is_not_does_not_run_and_need_not_be_stopped(client: Any, machine: str) -> None:
    executions = Executions(lambda: client, unavailable=UNAVAILABLE)
    assert not executions.is_running(machine, "borealis-1")
    executions.stop(machine, "borealis-1", error="Silent", cause="It said nothing.")


@pytest.mark.parametrize(
    "failure",
    [
        ReadTimeoutError(endpoint_url="https://states.example"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "StartExecution"),
    ],
)
def test_a_service_that_does_not_answer_is_said_to_be_unavailable(failure: Exception) -> None:
    class Failing:
        def start_execution(self, **request: Any) -> None:
            raise failure

    executions = Executions(Failing, unavailable=UNAVAILABLE)
    with pytest.raises(UnavailableError, match="try again"):
        executions.start("arn:aws:states:eu-central-1:123456789012:stateMachine:m", "n", {})
