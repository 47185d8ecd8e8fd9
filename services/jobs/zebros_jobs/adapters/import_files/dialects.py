"""Delimiter, quote and header of a CSV file, found out from its first rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

__all__ = ["LINES", "sniff_delimiter", "sniff_header", "sniff_newline", "sniff_quote"]

DELIMITERS: Final = ",;\t|"
LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""The lines of a text with their ends, as CSV has them: not at the many other characters that Python takes for one."""

_SAMPLED_ROWS: Final = 30
_QUOTED_SINGLY: Final = re.compile(r"(?:^|[,;\t|])'[^'\r\n]*'(?=[,;\t|\r\n]|$)", re.MULTILINE)
_NUMBER: Final = re.compile(r"[+-]?[\d.,' ]*\d[\d.,' ]*%?")
_DATE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?")
_NOT_A_NAME: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|https?://\S+|\+\d[\d ()/-]{5,}")


def sniff_quote(sample: str) -> str:
    """Return the character that cells are quoted with: the double quote, unless only the single one is used so."""
    if '"' not in sample and len(_QUOTED_SINGLY.findall(sample)) > 1:
        return "'"
    return '"'


def sniff_newline(sample: str) -> str:
    """Return how lines end."""
    return "\r\n" if "\r\n" in sample else "\n" if "\n" in sample or "\r" not in sample else "\r"


def sniff_delimiter(sample: str, quote: str) -> str:
    """Return the delimiter that cuts the first rows into equally many cells, most of them of several; else a comma.

    Of two that do, the one that cuts the first row into more.
    """
    best, best_score = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        widths = [len(row) for row in _rows(sample, delimiter, quote)]
        if not widths or widths[0] < 2:
            continue
        same = Counter(widths)[widths[0]] / len(widths)
        # A little disorder is broken rows; much of it is a character that stands in texts.
        score = (round(same, 1), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def sniff_header(first: Sequence[object]) -> bool:
    """Tell whether a file's first row names the columns: texts that look like names and are mostly different."""
    given = [cell.strip() for cell in first if isinstance(cell, str) and cell.strip()]
    if len(given) < len(first) / 2 or any(not isinstance(cell, str | None) for cell in first):
        return False
    if any(_NUMBER.fullmatch(cell) or _is_date(cell) or _NOT_A_NAME.fullmatch(cell) for cell in given):
        return False
    # One name that stands twice is a mistake in a header; a row of data that repeats itself is not one.
    return len({cell.casefold() for cell in given}) >= len(given) / 2


def _rows(sample: str, delimiter: str, quote: str) -> list[list[str]]:
    lines = LINES.findall(sample)
    if len(lines) > 1 and not lines[-1].endswith(("\n", "\r")):
        lines.pop()
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            if row:
                rows.append(row)
            if len(rows) == _SAMPLED_ROWS:
                break
    except csv.Error:
        pass  # what was read until then tells enough
    return rows


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text):
        return True
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
