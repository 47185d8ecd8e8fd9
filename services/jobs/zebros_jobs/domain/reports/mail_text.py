"""What a mail says that brings a report: the key figures, so that nobody has to open a file for them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.reports.figures import change_text, figure
from zebros_jobs.domain.reports.result import ReportResult

__all__ = ["html_of", "subject_of", "text_of"]


def subject_of(result: ReportResult) -> str:
    """Return the subject: `Sales by team: March 2017`."""
    return f"{result.title}: {result.period.label}"


def text_of(result: ReportResult, linked: Sequence[JobFile], where: str) -> str:
    """Return the mail as text. `linked` are files that are not attached, `where` says where they are."""
    lines = [f"{result.title}, {result.subtitle}", f"{result.tenant}", ""]
    lines += [
        f"{label}: {value}{f' ({change})' if change else ''}" for label, value, change in _figures(result)
    ]
    if result.is_empty:
        lines.append("There was nothing in this period.")
    return "\n".join([*lines, "", *_closing(result, linked, where), ""])


def html_of(result: ReportResult, linked: Sequence[JobFile], where: str) -> str:
    """Return the same as HTML, which needs nothing from elsewhere."""
    rows = "".join(
        f'<tr><td style="padding:4px 24px 4px 0;color:#5F6C7B">{escape(label)}</td>'
        f'<td style="padding:4px 24px 4px 0;text-align:right;font-weight:bold">{escape(value)}</td>'
        f'<td style="padding:4px 0;text-align:right;color:#5F6C7B">{escape(change)}</td></tr>'
        for label, value, change in _figures(result)
    )
    empty = "<p>There was nothing in this period.</p>" if result.is_empty else ""
    closing = "".join(
        f'<p style="color:#5F6C7B;font-size:12px">{escape(line)}</p>'
        for line in _closing(result, linked, where)
        if line
    )
    return (
        '<!doctype html><html lang="en"><body style="font-family:Roboto,Helvetica,Arial,sans-serif;color:#1B2A38">'
        f'<p style="color:#5F6C7B;margin:0">{escape(result.tenant)}</p>'
        f'<h1 style="font-size:22px;margin:0">{escape(result.title)}</h1>'
        f'<p style="color:#5F6C7B;margin:0 0 16px">{escape(result.subtitle)}</p>'
        f'<table style="border-collapse:collapse;font-size:14px">{rows}</table>{empty}{closing}</body></html>'
    )


def _figures(result: ReportResult) -> list[tuple[str, str, str]]:
    shown: list[tuple[str, str, str]] = []
    for key in result.tiles:
        column = result.column(key)
        value: Decimal | None = result.totals.values[key]
        change = change_text((result.totals.change or {}).get(key), column) if result.former_period else ""
        shown.append((column.label, figure(value, column, unit=True), change))
    return shown


def _closing(result: ReportResult, linked: Sequence[JobFile], where: str) -> list[str]:
    lines: list[str] = []
    if linked:
        names = ", ".join(f"{file.name} ({file.size_bytes / 1_048_576:,.1f} MB)" for file in linked)
        lines.append(f"Too large for a mail: {names}. {where}")
    lines += [
        f"As of {result.generated_at:%Y-%m-%d %H:%M} UTC."
        + (f" Changes are against {result.former_period.label}." if result.former_period else ""),
        "You get this report since somebody of your company has chosen you as a recipient; they can take you out.",
    ]
    return lines
