"""What reports count with: it reads files of its folder, and reaches nothing else."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from zebros_jobs.adapters.reports.engine import DuckDbEngine
from zebros_jobs.domain.reports.periods import Period
from zebros_jobs.domain.reports.request import ReportParameters

YEAR = Period(date(2017, 1, 1), date(2017, 12, 31))


def asked(**fields: Any) -> ReportParameters:
    return ReportParameters.model_validate(
        {"report": "sales", "period": "2017", "by": [], "today": date(2026, 1, 1), **fields}
    )


def deal(number: int, **facts: Any) -> dict[str, Any]:
    usual = {
        "id": f"d-{number}",
        "owner": "ada",
        "currency": "EUR",
        "outcome": "won",
        "closed_on": "2017-03-01",
    }
    return {**usual, "value": "1", **facts}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_parts_are_one_table_and_a_second_load_takes_its_place(tmp_path: Path) -> None:
    one = written(tmp_path / "1.jsonl.gz", [deal(1), deal(2)])
    two = written(tmp_path / "2.jsonl", [deal(3, outcome="lost")])
    with DuckDbEngine(tmp_path) as engine:
        assert engine.load("opportunities", [one, two]) == 3
        (whole,) = engine.count(asked(), [YEAR], by=None)
        assert (whole["won"], whole["lost"], whole["member"]) == (2, 1, None)
        assert engine.load("opportunities", [two]) == 1
        assert engine.load("opportunities", []) == 0
        assert engine.count(asked(), [YEAR], by=None) == []


@pytest.mark.parametrize(
    "value", ["0.1", "123456789012.345", "999999999999999", "0.000000000000001", "100000000000000", "0"]
)
def test_amounts_of_fifteen_digits_are_exact(tmp_path: Path, value: str) -> None:
    path = written(tmp_path / "1.jsonl", [deal(number, value=value) for number in range(1000)])
    with DuckDbEngine(tmp_path) as engine:
        engine.load("opportunities", [path])
        (whole,) = engine.count(asked(), [YEAR], by=None)
    assert whole["won_value"] == 1000 * Decimal(value)


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE opportunities; --", "$by", "名\u0000前", '"', "\\", "%_", "\u202e"]
)
def test_values_are_values_whatever_they_look_like(tmp_path: Path, hostile: str) -> None:
    path = written(tmp_path / "1.jsonl", [deal(1, owner=hostile), deal(2)])
    with DuckDbEngine(tmp_path) as engine:
        engine.load("opportunities", [path])
        found = {row["member"]: row["won"] for row in engine.count(asked(), [YEAR], by="owner")}
        assert found == {hostile: 1, "ada": 1}
        strange = asked().model_copy(
            update={"filters": asked().filters.model_copy(update={"owner_ids": (hostile,)})}
        )
        (alone,) = engine.count(strange, [YEAR], by=None)
        assert alone["won"] == 1


def test_nothing_else_is_reached(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    inside.mkdir()
    secret = written(outside / "secret.jsonl", [deal(1)])
    with DuckDbEngine(inside) as engine:
        for path in (secret, inside / ".." / "outside" / "secret.jsonl"):
            with pytest.raises(duckdb.Error, match="Permission"):
                engine.load("opportunities", [path])
        with pytest.raises(duckdb.Error):
            engine.load("opportunities", [Path("https://example.com/deals.jsonl")])


def test_a_file_that_is_no_rows_is_an_error_and_no_empty_report(tmp_path: Path) -> None:
    for number, content in enumerate(
        (b"\x00\x01\x02", b"{", b'{"closed_on": "soon"}\n', b'{"value": "1e400"}\n')
    ):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(content)
        with DuckDbEngine(tmp_path) as engine, pytest.raises(duckdb.Error):
            engine.load("opportunities", [path])
        (tmp_path / "report.duckdb").unlink()


def test_more_than_its_memory_goes_to_the_folder(tmp_path: Path) -> None:
    rows = [
        deal(number, customer=f"c-{number}" * 5, closed_on=f"2017-03-{number % 28 + 1:02}")
        for number in range(60_000)
    ]
    path = written(tmp_path / "1.jsonl.gz", rows)
    with DuckDbEngine(tmp_path, memory_megabytes=64, threads=1) as engine:
        assert engine.load("opportunities", [path]) == 60_000
        (whole,) = engine.count(asked(), [YEAR], by=None)
    assert whole["won"] == 60_000
