"""The committed results of `make bench`: complete, consistent, and within their limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RESULTS: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "benchmarks/results/latest.json").read_text(encoding="utf-8")
)


def test_the_results_name_the_engine_and_the_machine() -> None:
    assert RESULTS["engine"]
    assert set(RESULTS["machine"]) >= {"cpus", "python"}


@pytest.mark.parametrize("group", ["GET customer, ", "cold start", "flat: "])
def test_every_group_is_in_the_results(group: str) -> None:
    assert any(row["name"].startswith(group) for row in RESULTS["rows"])


def test_every_row_holds_and_says_so_rightly() -> None:
    assert len({row["name"] for row in RESULTS["rows"]}) == len(RESULTS["rows"])
    missed = [row["name"] for row in RESULTS["rows"] if not row["holds"] or row["ratio"] > row["limit"]]
    assert missed == []
