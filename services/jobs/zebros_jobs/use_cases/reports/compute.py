"""Making figures of what was read: the query for the period and for the former one, and the result of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from zebros_core import local_days
from zebros_jobs.domain.reports.assemble import Counted, assemble
from zebros_jobs.domain.reports.definitions import DEFINITIONS
from zebros_jobs.domain.reports.money import Rates
from zebros_jobs.domain.reports.periods import Period, steps
from zebros_jobs.domain.reports.ports import Engine, Engines
from zebros_jobs.domain.reports.request import Dimension, ReportParameters
from zebros_jobs.domain.reports.result import FilterLabel, ReportPeriod, ReportResult
from zebros_jobs.domain.reports.spooling import Reading, Table
from zebros_jobs.domain.reports.wording import notes_of, subtitle_of, title_of
from zebros_jobs.use_cases.reports.names import labels_of
from zebros_jobs.use_cases.reports.spool import SpoolState, fetch
from zebros_jobs.use_cases.reports.zone import time_zone
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["compute", "counted", "reading_of"]

DEFAULT_CURRENCY: Final = "EUR"


def reading_of(run: JobRun, asked: ReportParameters) -> Reading:
    """Return as of when and where records are looked at: the moment at which the job was begun, however often it is."""
    days, before = asked.days, asked.former_days
    return Reading(
        as_of=_as_of(run),
        zone=ZoneInfo(time_zone(run.tenant.settings)),
        region_field=asked.region_field,
        first=min(days.first, before.first) if before is not None else days.first,
        last=max(days.last, before.last) if before is not None else days.last,
    )


def _as_of(run: JobRun) -> datetime:
    return run.job.started_at or run.job.created_at


def compute(
    run: JobRun,
    asked: ReportParameters,
    tables: Sequence[Table],
    state: SpoolState,
    engines: Engines,
    folder: Path,
) -> ReportResult:
    """Return the report of what was read, in a work folder that the caller removes. Raises JobInputError."""
    days, before = asked.days, asked.former_days
    with engines(folder) as engine:
        for table in tables:
            paths = fetch(run, table, state, folder)
            engine.load(table.name, paths)
            for path in paths:
                path.unlink()
        now = counted(engine, asked, days)
        then = counted(engine, asked, before) if before is not None else None
    definition = DEFINITIONS[asked.report]
    rates = _rates(run)
    members = {facts["member"] for each in (now, then) if each is not None for facts in each.grouped}
    label = labels_of(run.system_door, asked.dimension, members)
    found = assemble(
        definition,
        now,
        then,
        grain=asked.grain,
        dimension=asked.dimension,
        rates=rates,
        today=asked.today,
        label=label,
    )
    zone = time_zone(run.tenant.settings)
    filters = _filters(run, asked)
    return ReportResult(
        report=asked.report,
        title=title_of(asked),
        subtitle=subtitle_of(asked),
        tenant=run.tenant.name,
        period=_period(days, zone),
        former_period=_period(before, zone) if before is not None else None,
        time_zone=zone,
        by=tuple(str(each) for each in asked.split),
        filters=filters,
        base_currency=rates.base_currency,
        missing_rates=found.missing_rates,
        generated_at=_as_of(run),
        lead=definition.lead,
        line=definition.line,
        tiles=definition.tiles,
        columns=found.columns,
        rows=found.rows,
        row_count=len(found.rows),
        totals=found.totals,
        notes=notes_of(asked, found, rates),
    )


def counted(engine: Engine, asked: ReportParameters, days: Period) -> Counted:
    """Return what there was in a period, by the groups that are asked for and on the whole."""
    parts = tuple(steps(days, asked.grain)) if asked.grain is not None else (days,)
    dimension = asked.dimension
    return Counted(
        steps=parts,
        grouped=engine.count(asked, parts, by=dimension),
        whole=engine.count(asked, (days,), by=None),
    )


def _period(days: Period, zone: str) -> ReportPeriod:
    begins_at, ends_at = local_days.bounds(days.first, days.last, zone)
    return ReportPeriod(
        id=days.id, label=days.label, first=days.first, last=days.last, begins_at=begins_at, ends_at=ends_at
    )


def _rates(run: JobRun) -> Rates:
    for setting in run.system_door("pipeline").settings():
        if setting["kind"] == "currencies":
            return Rates.of_settings(setting["value"])
    return Rates(base_currency=str(run.tenant.settings.get("currency", DEFAULT_CURRENCY)), rates={})


def _filters(run: JobRun, asked: ReportParameters) -> tuple[FilterLabel, ...]:
    chosen = asked.filters
    by_name = (
        ("Owner", Dimension.OWNER, chosen.owner_ids),
        ("Team", Dimension.TEAM, chosen.team_ids),
        ("Product", Dimension.PRODUCT, chosen.product_ids),
    )
    labels = [
        FilterLabel(label=label, values=tuple(map(labels_of(run.system_door, dimension, ids), ids)))
        for label, dimension, ids in by_name
        if ids
    ]
    if chosen.currencies:
        labels.append(FilterLabel(label="Currency", values=chosen.currencies))
    return tuple(labels)
