"""The state machines of tenants: the steps that the code has, tried again, recorded, and never without end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from zebros_auth.domain.operation import STEPS, OperationKind

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]


@pytest.fixture(params=list(OperationKind))
def machine(request: pytest.FixtureRequest, prod: Stacks) -> tuple[OperationKind, dict[str, Any]]:
    """One kind of operation, and the properties of its machine."""
    found = prod["auth"].resources("AWS::StepFunctions::StateMachine").values()
    (properties,) = (
        each for each in found if each["StateMachineName"] == f"zebros-prod-{request.param.value}"
    )
    return request.param, properties


def states(properties: dict[str, Any]) -> dict[str, Any]:
    return json.loads(properties["DefinitionString"])["States"]


def test_the_steps_are_those_of_the_code_in_their_order(
    machine: tuple[OperationKind, dict[str, Any]],
) -> None:
    kind, properties = machine
    tasks = [state["Parameters"] for state in states(properties).values() if state["Type"] == "Task"]
    assert [task["step"] for task in tasks] == [*STEPS[kind], "give-up"]
    assert {task["kind"] for task in tasks} == {kind.value}


def test_a_step_is_tried_again_with_jitter_and_what_goes_on_failing_is_recorded(
    machine: tuple[OperationKind, dict[str, Any]],
) -> None:
    _, properties = machine
    for name, state in states(properties).items():
        if state["Type"] == "Task":
            (retry,) = state["Retry"]
            assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["States.ALL"], "FULL")
            assert retry["BackoffRate"] > 1
            assert name == "GiveUp" or state["Catch"][0]["Next"] == "GiveUp"
            assert state["TimeoutSeconds"] > 330, "the function's own time"


def test_no_loop_is_without_end(machine: tuple[OperationKind, dict[str, Any]]) -> None:
    _, properties = machine
    document = json.loads(properties["DefinitionString"])
    assert document["TimeoutSeconds"] <= 7 * 24 * 3600
    for state in document["States"].values():
        if state["Type"] == "Choice":
            (loop,) = (choice for choice in state["Choices"] if "And" in choice)
            assert loop["And"][1]["NumericLessThan"] <= 1500
            assert state["Default"] == "GiveUp"


def test_other_containers_have_time_to_learn_that_a_tenant_leaves(prod: Stacks) -> None:
    found = prod["auth"].resources("AWS::StepFunctions::StateMachine").values()
    (properties,) = (each for each in found if each["StateMachineName"] == "zebros-prod-offboarding")
    document = json.loads(properties["DefinitionString"])
    first = document["States"][document["StartAt"]]
    # The registry's staleness, and a request that was let in at its end.
    assert (first["Type"], first["Seconds"]) == ("Wait", 60)


def test_machines_may_call_the_one_function_and_are_logged_and_traced(
    machine: tuple[OperationKind, dict[str, Any]], prod: Stacks
) -> None:
    _, properties = machine
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["LoggingConfiguration"]["Level"] == "ALL"
    role = prod["auth"].resources("AWS::IAM::Role")[properties["RoleArn"]["Fn::GetAtt"][0]]
    (policy,) = role["Policies"]
    calls = [
        statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in statement["Action"]
    ]
    assert calls == [[{"Fn::GetAtt": ["TenancyLambdaFunction", "Arn"]}]]
