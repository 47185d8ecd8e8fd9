"""Walks through a state machine's definition as Step Functions would, with answers that a test gives.

Knows as much of the Amazon States Language as our machines use: Task, Choice, Wait, Pass, Succeed, Fail, with paths,
retries and catches; anything else is an error, so that a definition says nothing that is not walked.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[[str, Mapping[str, Any]], Any]
"""Name of the state and its parameters to what the task answers; it raises TaskFailed."""

_INTRINSIC = re.compile(r"States\.MathAdd\((\$[\w.]+), (\d+)\)\Z")
_MOST_STEPS = 30_000
_FIELDS: Mapping[str, frozenset[str]] = {
    "Task": frozenset(
        {"Type", "Resource", "Parameters", "ResultPath", "TimeoutSeconds", "Retry", "Catch", "Next"}
    ),
    "Choice": frozenset({"Type", "Choices", "Default"}),
    "Wait": frozenset({"Type", "SecondsPath", "Next"}),
    "Pass": frozenset({"Type", "Parameters", "Next"}),
    "Succeed": frozenset({"Type"}),
    "Fail": frozenset({"Type", "Error", "Cause"}),
}


class TaskFailed(Exception):
    """A task failed with an error of this name."""


@dataclass
class Walk:
    """What an execution did: the states in their order, the seconds it waited, its data, and how it ended."""

    states: list[str] = field(default_factory=list[str])
    waited: float = 0.0
    data: Any = None
    error: str | None = None
    events: int = 0
    """About as many as its history would have."""


def walk(definition: Mapping[str, Any], data: Mapping[str, Any], answer: Answer) -> Walk:
    """Carry out an execution. A task that fails is tried again as its `Retry` says, without the waits between."""
    done = Walk(data=copy.deepcopy(dict(data)))
    name: str | None = definition["StartAt"]
    while name is not None:
        assert len(done.states) < _MOST_STEPS, f"it never ends: {done.states[-20:]}"
        state = definition["States"][name]
        assert set(state) <= _FIELDS[state["Type"]], (name, set(state) - _FIELDS[state["Type"]])
        done.states.append(name)
        done.events += 2
        name = _STEPS[state["Type"]](name, state, done, answer)
    return done


def _task(name: str, state: Mapping[str, Any], done: Walk, answer: Answer) -> str | None:
    parameters = _filled(state["Parameters"], done.data)
    tries: dict[int, int] = {}
    while True:
        done.events += 4
        try:
            result = answer(name, parameters)
            break
        except TaskFailed as error:
            at = _matching(state.get("Retry", ()), error)
            if at is not None and tries.get(at, 0) < state["Retry"][at]["MaxAttempts"]:
                tries[at] = tries.get(at, 0) + 1
                continue
            caught = _matching(state.get("Catch", ()), error)
            if caught is None:
                done.error = str(error)
                return None
            assert state["Catch"][caught]["ResultPath"] is None, (
                "what went wrong is in the log, not in the data"
            )
            return state["Catch"][caught]["Next"]
    if state["ResultPath"] is not None:
        done.data[state["ResultPath"].removeprefix("$.")] = result
    return state["Next"]


def _choice(_name: str, state: Mapping[str, Any], done: Walk, _answer: Answer) -> str:
    return next(
        (choice["Next"] for choice in state["Choices"] if _holds(choice, done.data)), state["Default"]
    )


def _wait(_name: str, state: Mapping[str, Any], done: Walk, _answer: Answer) -> str:
    seconds = _at(state["SecondsPath"], done.data)
    assert isinstance(seconds, int) and seconds >= 0
    done.waited += seconds
    return state["Next"]


def _pass(_name: str, state: Mapping[str, Any], done: Walk, _answer: Answer) -> str:
    done.data = _filled(state["Parameters"], done.data)
    return state["Next"]


def _succeed(_name: str, _state: Mapping[str, Any], done: Walk, _answer: Answer) -> None:
    return None


def _fail(_name: str, state: Mapping[str, Any], done: Walk, _answer: Answer) -> None:
    done.error = state["Error"]


_STEPS: Mapping[str, Callable[..., Any]] = {
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Pass": _pass,
    "Succeed": _succeed,
    "Fail": _fail,
}


def _matching(rules: Any, error: TaskFailed) -> int | None:
    """The first rule for an error: for its name or for all."""
    named = str(error)
    return next(
        (
            at
            for at, rule in enumerate(rules)
            if named in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]
        ),
        None,
    )


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    if "And" in rule:
        return all(_holds(each, data) for each in rule["And"])
    if "Or" in rule:
        return any(_holds(each, data) for each in rule["Or"])
    value = _at(rule["Variable"], data)
    (test,) = set(rule) - {"Variable", "Next"}
    if test == "StringEquals":
        return value == rule[test]
    assert test == "NumericLessThan", test
    return value < rule[test]


def _filled(template: Any, data: Any) -> Any:
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): _at(value, data) if name.endswith(".$") else _filled(value, data)
            for name, value in template.items()
        }
    return [_filled(item, data) for item in template] if isinstance(template, list) else template


def _at(path: str, data: Any) -> Any:
    added = _INTRINSIC.match(path)
    if added:
        return _at(added[1], data) + int(added[2])
    found = data
    for name in path.removeprefix("$.").split("."):
        found = found[name]
    return found
