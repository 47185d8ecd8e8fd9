"""architecture/long-running.md draws the state machines as their definitions are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "architecture/long-running.md"
MACHINES = sorted((ROOT / "services/jobs/state_machines").glob("*.asl.json"))


def _ways(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "[*]", definition["StartAt"]
    for name, state in definition["States"].items():
        for follower in (state, *state.get("Choices", ()), *state.get("Catch", ())):
            if "Next" in follower:
                yield name, follower["Next"]
        if "Default" in state:
            yield name, state["Default"]
        if state["Type"] in ("Succeed", "Fail"):
            yield name, "[*]"


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_way_through_a_machine_is_drawn_and_no_other(path: Path) -> None:
    drawing = DOCUMENT.read_text(encoding="utf-8").split("stateDiagram-v2", 1)[1].split("```", 1)[0]
    drawn = set(re.findall(r"^ +(\S+) --> (\w+|\[\*\])", drawing, re.MULTILINE))
    assert drawn == set(_ways(json.loads(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_the_time_after_which_a_kind_gives_up_is_stated(path: Path) -> None:
    kind = path.name.removesuffix(".asl.json")
    rows = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \|.*\| (\d+) (day|hour)s? \|$",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    (stated,) = [
        int(number) * {"day": 86400, "hour": 3600}[unit]
        for kinds, number, unit in rows
        if f"`{kind}`" in kinds
    ]
    assert stated == json.loads(path.read_text(encoding="utf-8"))["TimeoutSeconds"]
