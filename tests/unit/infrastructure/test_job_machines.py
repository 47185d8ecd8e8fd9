"""The state machines of jobs, walked: what each answer of a step leads to, and that no way lacks an end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from state_machine_walk import TaskFailed, Walk, walk

from zebros_jobs.domain.job import JobKind
from zebros_jobs.use_cases.run_step import STEPS

DEFINITIONS = Path(__file__).resolve().parents[3] / "services/jobs/state_machines"
INPUT = {"tenantId": "aurora", "jobId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH", "attempt": "1", "turn": 0}
MOST_EVENTS = 25_000
"""Of one execution, a limit of Step Functions."""
LAMBDA_SECONDS = 900


def load(kind: JobKind) -> dict[str, Any]:
    return json.loads((DEFINITIONS / f"{kind.value}.asl.json").read_text(encoding="utf-8"))


@pytest.fixture(params=list(JobKind), ids=lambda kind: kind.value)
def kind(request: pytest.FixtureRequest) -> JobKind:
    return request.param


@pytest.fixture
def machine(kind: JobKind) -> dict[str, Any]:
    return load(kind)


class Steps:
    """A worker that answers each step from a list, the last answer for ever. `task`: how tasks end."""

    def __init__(self, task: TaskFailed | None = None, **answers: Any) -> None:
        self._answers = {
            name: list(given) if isinstance(given, tuple) else [given] for name, given in answers.items()
        }
        self._task = task
        self.asked: list[str] = []
        self.tasks: list[dict[str, str]] = []

    def __call__(self, state: str, parameters: Mapping[str, Any]) -> Any:
        if state == "WorkInTask":
            (override,) = parameters["Overrides"]["ContainerOverrides"]
            self.tasks.append({each["Name"]: each["Value"] for each in override["Environment"]})
            if self._task is not None:
                raise self._task
            return {"tasks": []}
        assert parameters["tenantId"] == INPUT["tenantId"]
        assert parameters["jobId"] == INPUT["jobId"]
        self.asked.append(parameters["step"])
        answers = self._answers.get(parameters["step"], ["done"])
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(given, TaskFailed):
            raise given
        return {"outcome": given, "waitSeconds": 7 if given == "again" else 0}


def run(machine: Mapping[str, Any], steps: Steps) -> Walk:
    done = walk(machine, INPUT, steps)
    assert done.events < MOST_EVENTS
    return done


def test_each_kind_has_a_machine_and_each_machine_a_kind() -> None:
    assert {path.name for path in DEFINITIONS.iterdir()} == {f"{kind.value}.asl.json" for kind in JobKind}


def test_machines_differ_in_their_kind_and_bounds_and_in_nothing_else() -> None:
    def common(kind: JobKind) -> dict[str, Any]:
        machine = load(kind)
        del machine["Comment"], machine["TimeoutSeconds"]
        text = json.dumps(machine).replace(f'"{kind.value}"', '"kind"')
        (turns,) = {turn["NumericLessThan"] for turn in turns_of(machine)}
        return json.loads(text.replace(f'"NumericLessThan": {turns}', '"NumericLessThan": 0'))

    first, *others = (common(kind) for kind in JobKind)
    assert all(other == first for other in others)


def turns_of(machine: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for state in machine["States"].values():
        for choice in state.get("Choices", ()):
            yield from (rule for rule in choice.get("And", ()) if rule["Variable"] == "$.turn")


def test_a_small_job_is_worked_on_by_the_function(machine: dict[str, Any]) -> None:
    steps = Steps(prepare="small")
    done = run(machine, steps)
    assert steps.asked == ["prepare", "work", "check", "finalize", "notify"]
    assert (done.states[-1], done.error, steps.tasks) == ("Done", None, [])


def test_a_large_job_is_worked_on_by_a_task_that_knows_which_it_is(
    kind: JobKind, machine: dict[str, Any]
) -> None:
    steps = Steps(prepare="large")
    done = run(machine, steps)
    assert steps.asked == ["prepare", "check", "finalize", "notify"]
    assert steps.tasks == [
        {
            "ZEBROS_JOB_KIND": kind.value,
            "ZEBROS_TENANT_ID": INPUT["tenantId"],
            "ZEBROS_JOB_ID": INPUT["jobId"],
        }
    ]
    assert done.states[-1] == "Done"


@pytest.mark.parametrize("size", ["small", "large"])
def test_work_goes_on_in_turns_where_it_began_until_it_is_whole(machine: dict[str, Any], size: str) -> None:
    steps = Steps(prepare=size, check=("again", "again", "done"))
    done = run(machine, steps)
    worked = len(steps.tasks) if size == "large" else steps.asked.count("work")
    assert (worked, done.waited, done.states[-1]) == (3, 14, "Done")


def test_what_cannot_begin_yet_is_asked_again_after_a_wait(machine: dict[str, Any]) -> None:
    steps = Steps(prepare=("again", "again", "small"))
    done = run(machine, steps)
    assert steps.asked == ["prepare"] * 3 + ["work", "check", "finalize", "notify"]
    assert done.waited == 14


def test_what_cannot_be_put_together_yet_is_asked_again_after_a_wait(machine: dict[str, Any]) -> None:
    steps = Steps(prepare="small", finalize=("again", "done"))
    done = run(machine, steps)
    assert steps.asked[-3:] == ["finalize", "finalize", "notify"]
    assert done.waited == 7


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
@pytest.mark.parametrize("step", ["prepare", "check"])
def test_a_job_that_failed_or_was_cancelled_is_ended_and_told_and_is_no_failure_of_ours(
    machine: dict[str, Any], step: str, outcome: str
) -> None:
    steps = Steps(**{"prepare": "small", step: outcome})
    done = run(machine, steps)
    assert steps.asked[-2:] == ["finalize", "notify"]
    assert (done.states[-1], done.error) == ("Done", None)
    assert ("work" in steps.asked) is (step == "check")


@pytest.mark.parametrize("step", ["prepare", "work", "check", "finalize"])
def test_a_step_that_goes_on_failing_ends_the_job_and_says_so(machine: dict[str, Any], step: str) -> None:
    steps = Steps(**{"prepare": "small", step: TaskFailed("whatever")})
    done = run(machine, steps)
    assert steps.asked.count(step) > 3, "it was tried again"
    assert steps.asked[-2:] == ["giveUp", "notify"]
    assert done.error == "Stopped"


@pytest.mark.parametrize("step", ["prepare", "work", "check", "finalize", "notify", "giveUp"])
def test_a_step_that_fails_once_is_carried_out_the_next_time(machine: dict[str, Any], step: str) -> None:
    steps = Steps(
        **{"prepare": "small", step: (TaskFailed("once"), "small" if step == "prepare" else "done")}
    )
    assert run(machine, steps).error is None


@pytest.mark.parametrize("how", ["States.TaskFailed", "States.Timeout", "ECS.AmazonECSException"])
def test_however_a_task_ends_the_job_itself_says_what_came_of_it(machine: dict[str, Any], how: str) -> None:
    """Step Functions counts an exit status as failure, the emulator does not: neither decides anything."""
    steps = Steps(TaskFailed(how), prepare="large", check=("again", "done"))
    done = run(machine, steps)
    assert (done.states[-1], done.error) == ("Done", None)
    started = len(steps.tasks)
    assert started > 2 if "ECS." in how else started == 2, "only what was not started is tried again at once"


def test_those_whom_nobody_can_tell_leave_the_job_as_it_ended(machine: dict[str, Any]) -> None:
    steps = Steps(prepare="small", notify=TaskFailed("no mail"))
    done = run(machine, steps)
    assert "giveUp" not in steps.asked
    assert done.error == "Untold"


@pytest.mark.parametrize("failing", ["giveUp", "notify"])
def test_even_giving_up_may_fail_and_the_execution_still_ends(machine: dict[str, Any], failing: str) -> None:
    steps = Steps(**{"prepare": TaskFailed("x"), failing: TaskFailed("y")})
    assert run(machine, steps).error == "Stopped"


@pytest.mark.parametrize("step", ["prepare", "check", "finalize"])
@pytest.mark.parametrize("size", ["small", "large"])
def test_no_loop_is_without_end(machine: dict[str, Any], step: str, size: str) -> None:
    steps = Steps(**{"prepare": size, step: "again"})
    done = run(machine, steps)
    assert steps.asked[-2:] == ["giveUp", "notify"]
    assert done.error == "Stopped"


@pytest.mark.parametrize("step", ["prepare", "check", "finalize"])
@pytest.mark.parametrize("answer", ["", "DONE", "small "])
def test_an_answer_that_nobody_knows_ends_the_job(machine: dict[str, Any], step: str, answer: str) -> None:
    steps = Steps(**{"prepare": "small", step: answer})
    assert run(machine, steps).error == "Stopped"


def test_the_steps_and_names_are_those_of_the_code(kind: JobKind, machine: dict[str, Any]) -> None:
    calls = [
        state["Parameters"]
        for state in machine["States"].values()
        if state.get("Resource") == "${WorkerFunction}"
    ]
    assert {call["step"] for call in calls} == set(STEPS)
    assert {call["kind"] for call in calls} == {kind.value}


def test_every_task_is_tried_again_with_jitter_has_its_time_and_somewhere_to_go(
    machine: dict[str, Any],
) -> None:
    assert machine["TimeoutSeconds"] <= 7 * 24 * 3600
    for name, state in machine["States"].items():
        if state["Type"] != "Task":
            continue
        (retry,) = state["Retry"]
        assert (retry["JitterStrategy"], retry["BackoffRate"] > 1) == ("FULL", True), name
        assert retry["MaxDelaySeconds"] <= 120, name
        (caught,) = state["Catch"]
        assert caught["ErrorEquals"] == ["States.ALL"], name
        quick = state["Parameters"].get("step") in ("check", "giveUp")
        assert state["TimeoutSeconds"] >= (60 if quick else LAMBDA_SECONDS), (
            f"{name}: the function's own time"
        )


def test_an_execution_carries_ids_counts_and_answers_and_nothing_else(machine: dict[str, Any]) -> None:
    done = run(
        machine, Steps(prepare=("again", "large"), check=("again", "done"), finalize=("again", "done"))
    )
    assert set(done.data) <= {*INPUT, "plan", "answer"}
    for state in machine["States"].values():
        assert state.get("ResultPath") in (None, "$.plan", "$.answer")
