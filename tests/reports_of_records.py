"""Reports of records that are given as their owners export them, with the real query and without any door."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from zebros_core import local_days
from zebros_jobs.adapters.reports.engine import DuckDbEngine
from zebros_jobs.domain.reports.assemble import assemble
from zebros_jobs.domain.reports.definitions import DEFINITIONS
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.domain.reports.periods import Period
from zebros_jobs.domain.reports.request import ReportParameters
from zebros_jobs.domain.reports.result import ReportPeriod, ReportResult
from zebros_jobs.domain.reports.spooling import SCHEMA, Reading, tables_of
from zebros_jobs.domain.reports.wording import notes_of, subtitle_of, title_of
from zebros_jobs.use_cases.reports.compute import counted

Records = Mapping[str, Sequence[Mapping[str, Any]]]
"""Records by entity."""

EUROS = Rates(base_currency="EUR", rates={})
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _engine() -> tuple[Path, DuckDbEngine]:
    """Return the engine of this process: to open one takes longer than a small report does."""
    folder = Path(tempfile.mkdtemp(prefix="reports-of-records-"))
    engine = DuckDbEngine(folder)
    atexit.register(lambda: (engine.close(), shutil.rmtree(folder)))
    return folder, engine


def report_of(
    records: Records,
    *,
    zone: str = "UTC",
    rates: Rates = EUROS,
    as_of: datetime = AS_OF,
    label: Callable[[str | None], str] = lambda member: member or "None",
    tenant: str = "Acme",
    **asked: Any,
) -> ReportResult:
    """Return a report of records; `asked` are the fields of the request, `today` among them if it matters."""
    wanted = ReportParameters.model_validate({"today": date(2026, 1, 1), **asked})
    wanted.check(wanted.today)
    days, before = wanted.days, wanted.former_days
    reading = Reading(
        as_of=as_of,
        zone=ZoneInfo(zone),
        region_field=wanted.region_field,
        first=min(days.first, before.first) if before else days.first,
        last=max(days.last, before.last) if before else days.last,
    )
    folder, engine = _engine()
    wants = {table.name: table for table in tables_of(wanted)}
    for name in SCHEMA:
        path = folder / f"{name}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            if (table := wants.get(name)) is not None:
                for record in records.get(table.entity, ()):
                    if table.keep(record, reading):
                        file.write(json.dumps(table.row(record, reading)) + "\n")
        engine.load(name, [path])
    now = counted(engine, wanted, days)
    then = counted(engine, wanted, before) if before is not None else None
    definition = DEFINITIONS[wanted.report]
    found = assemble(
        definition,
        now,
        then,
        grain=wanted.grain,
        dimension=wanted.dimension,
        rates=rates,
        today=wanted.today,
        label=label,
    )
    return ReportResult(
        report=wanted.report,
        title=title_of(wanted),
        subtitle=subtitle_of(wanted),
        tenant=tenant,
        period=_period(days, zone),
        former_period=_period(before, zone) if before is not None else None,
        time_zone=zone,
        by=tuple(str(each) for each in wanted.split),
        base_currency=rates.base_currency,
        missing_rates=found.missing_rates,
        generated_at=as_of,
        lead=definition.lead,
        line=definition.line,
        tiles=definition.tiles,
        columns=found.columns,
        rows=found.rows,
        row_count=len(found.rows),
        totals=found.totals,
        notes=notes_of(wanted, found, rates),
    )


def _period(days: Period, zone: str) -> ReportPeriod:
    begins_at, ends_at = local_days.bounds(days.first, days.last, zone)
    return ReportPeriod(
        id=days.id, label=days.label, first=days.first, last=days.last, begins_at=begins_at, ends_at=ends_at
    )


def by_group(result: ReportResult, key: str) -> dict[Any, Any]:
    """Return a figure by the ids of groups; a single one as it is."""
    found = {tuple(each.id for each in row.group): row.values[key] for row in result.rows}
    return {ids[0] if len(ids) == 1 else ids: value for ids, value in found.items()}
