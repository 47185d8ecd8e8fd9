"""Numbers of a workbook's cells: plain ones, and those whose format makes them dates and times."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import Final

from zebros_jobs.adapters.import_files.workbook_package import Package, parse_part, whole_number

__all__ = ["NumberFormats", "plain_number"]

_STYLES: Final = "xl/styles.xml"
_DIGITS: Final = 15
"""Significant digits that a spreadsheet keeps; what is beyond is how a double writes them."""
_BUILT_IN_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_BUILT_IN_TIMES: Final = frozenset({18, 19, 20, 21, 32, 33, 45, 46, 47, 55, 56})
_NOT_CODES: Final = re.compile(r'"[^"]*"|\[(?![hms]+\])[^\]]*\]|\\.|_.|\*.|General', re.IGNORECASE)
_DAY_CODES: Final = re.compile(r"[dy]", re.IGNORECASE)
_TIME_CODES: Final = re.compile(r"[hs]", re.IGNORECASE)
_MONTH_CODES: Final = re.compile(r"m", re.IGNORECASE)
_SECONDS_A_DAY: Final = 86_400
_LAST_SERIAL: Final = 2_958_466
"""The day after 31 December 9999."""


class NumberFormats:
    """Which styles of a workbook make a number a date or a time."""

    def __init__(self, package: Package, *, since_1904: bool) -> None:
        self._epoch = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
        self._since_1904 = since_1904
        self._dated: dict[str, bool] = {}
        """By number of the style, whether it shows a day; styles of plain numbers are not in it."""
        if package.has(_STYLES):
            self._read(package)

    def value(self, text: str, style: str | None) -> int | float | str:
        """Return the value of a numeric cell; dates and times as ISO 8601 text. Raises ValueError for no number."""
        shows_day = self._dated.get(style) if style is not None else None
        if shows_day is None:
            return plain_number(text)
        serial = float(text)
        if not 0 <= serial < _LAST_SERIAL:
            return plain_number(text)
        return self._moment(serial, shows_day)

    def _moment(self, serial: float, shows_day: bool) -> str:
        days, part = divmod(serial, 1)
        seconds = round(part * _SECONDS_A_DAY)
        if days == 0 and not shows_day:
            return (datetime.min + timedelta(seconds=min(seconds, _SECONDS_A_DAY - 1))).time().isoformat()
        # Excel counts a 29 February 1900 that there was not.
        leap = 1 if not self._since_1904 and days < 60 else 0
        moment = self._epoch + timedelta(days=days + leap, seconds=seconds)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat()

    def _read(self, package: Package) -> None:
        codes: dict[int, str] = {}
        inside: list[str] = []
        number = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal number
            if tag == "numFmt":
                codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif tag == "cellXfs":
                inside.append(tag)
            elif tag == "xf" and inside:
                shows = _shows_day(_whole(attributes.get("numFmtId")), codes)
                if shows is not None:
                    self._dated[str(number)] = shows
                number += 1

        def end(tag: str) -> None:
            if tag == "cellXfs":
                inside.clear()

        parse_part(package, _STYLES, start, end)


def plain_number(text: str) -> int | float:
    """Return a number as a spreadsheet shows it, with 15 significant digits. Raises ValueError for none."""
    try:
        return int(text)
    except ValueError:
        value = float(text)
    if value - value != 0:
        raise ValueError(f"{text!r} is no finite number")
    rounded = float(f"{value:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _shows_day(format_id: int, codes: dict[int, str]) -> bool | None:
    """Return whether a format shows a day; None for one of plain numbers."""
    code = codes.get(format_id)
    if code is None:
        return format_id not in _BUILT_IN_TIMES if format_id in _BUILT_IN_DATES else None
    # Of the parts for positive and negative numbers and zero, the first one counts.
    bare = _NOT_CODES.sub("", code.split(";")[0])
    if _DAY_CODES.search(bare):
        return True
    if _TIME_CODES.search(bare):
        return False
    return True if _MONTH_CODES.search(bare) else None


def _whole(text: str | None) -> int:
    return whole_number(text or "") or 0
