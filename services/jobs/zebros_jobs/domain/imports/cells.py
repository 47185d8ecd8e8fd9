"""Cells as values of the API: what a column's kind and the file's styles make of a text, a number or a truth value.

Each conversion raises ValueError with a message that has nothing of the cell in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zebros_core.names import words
from zebros_core.records.custom import FieldDefinition, FieldType
from zebros_jobs.domain.formulas import unguarded
from zebros_jobs.domain.imports.source import Cell

__all__ = ["CellStyle", "Convert", "Kind", "cell_text", "choices_of", "date_pattern", "zone_named"]

_TRUE: Final = frozenset({"true", "yes", "y", "1", "x", "on", "wahr", "ja", "vrai", "oui", "si", "sí"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "off", "falsch", "nein", "faux", "non"})
_POINT: Final = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_COMMA: Final = re.compile(r"-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
_ORNAMENTS: Final = re.compile("[\\s'’€$£¥\u00a0\u202f]")
_BREAKS: Final = re.compile(r"[\r\n\t\v\f]+")
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
_FORMAT: Final = re.compile(r"(?P<day>(?:YYYY|YY|MM|M|DD|D|[-./ ])+?)(?P<time> HH:mm(?::ss)?)?")
_PARTS: Final[Mapping[str, str]] = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
}
_PART: Final = re.compile("YYYY|YY|MM|M|DD|D|.")
_MAX_DIGITS: Final = 15
_CENTURY_FROM: Final = 70
"""Years of two digits from here on are of the last century."""

Convert = Callable[[Cell], Any]


class Kind(StrEnum):
    """How a cell is read. The last ones name a record, which is found before the row is sent."""

    TEXT = "text"
    PARAGRAPHS = "paragraphs"
    CODE = "code"
    WEBSITE = "website"
    TAGS = "tags"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    AMOUNT = "amount"
    DATE = "date"
    INSTANT = "instant"
    CHOICE = "choice"
    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"
    OPPORTUNITY = "opportunity"
    PRODUCT = "product"
    PERSON = "person"
    TEAM = "team"
    STAGE = "stage"

    @property
    def is_reference(self) -> bool:
        """Whether a cell names a record."""
        return self in _REFERENCES


_REFERENCES: Final = frozenset(list(Kind)[list(Kind).index(Kind.CUSTOMER) :])


def cell_text(cell: Cell) -> str:
    """Return a cell as the text that it reads like, without what guards it from being taken for a formula."""
    if isinstance(cell, str):
        text = cell.strip()
        return unguarded(text) if text[:1] == "'" else text
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


class CellStyle:
    """How a file writes dates and numbers, and so what turns its cells into values."""

    def __init__(
        self,
        *,
        date_format: str | None = None,
        decimal_style: Literal["point", "comma"] = "point",
        zone: tzinfo = UTC,
    ) -> None:
        self._date_format = date_format
        self._date_pattern = date_pattern(date_format) if date_format is not None else None
        self._comma = decimal_style == "comma"
        self._amounts = _COMMA if self._comma else _POINT
        self._zone = zone

    def conversion(self, kind: Kind, choices: Mapping[str, str] | None = None) -> Convert:
        """Return what reads the cells of a kind; `choices` are values by what they are called (`choices_of`)."""
        match kind:
            case Kind.CODE:
                return lambda cell: cell_text(cell).upper()
            case Kind.WEBSITE:
                return _website
            case Kind.TAGS:
                return _tags
            case Kind.BOOLEAN:
                return _boolean
            case Kind.INTEGER:
                return self._integer
            case Kind.AMOUNT:
                return self._amount
            case Kind.DATE:
                return self._day
            case Kind.INSTANT:
                return self._instant
            case Kind.CHOICE:
                return _choice(choices or {})
            case Kind.PARAGRAPHS:
                return cell_text
            case _:
                return _line

    def custom(self, definition: FieldDefinition) -> Convert:
        """Return what reads the cells of a custom field."""
        match definition.type:
            case FieldType.NUMBER:
                return self._amount
            case FieldType.BOOLEAN:
                return _boolean
            case FieldType.DATE:
                return self._day
            case FieldType.CHOICE:
                return _choice({_called(choice): choice for choice in definition.choices})
            case FieldType.TEXT:
                return _line

    def _amount(self, cell: Cell) -> int | float:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return cell
        text = _ORNAMENTS.sub("", cell_text(cell))
        if text.isdecimal() and len(text) <= _MAX_DIGITS:
            return int(text)
        if not self._amounts.fullmatch(text):
            raise ValueError(f"is not a number like {'1.234,50' if self._comma else '1,234.50'}")
        text = text.replace(".", "").replace(",", ".") if self._comma else text.replace(",", "")
        whole, _, decimals = text.lstrip("-").partition(".")
        if len(whole.lstrip("0") + decimals.rstrip("0")) > _MAX_DIGITS:
            raise ValueError(f"has more than {_MAX_DIGITS} digits")
        return float(text) if decimals.strip("0") else int(text.partition(".")[0])

    def _integer(self, cell: Cell) -> int:
        try:
            value = self._amount(cell)
        except ValueError:
            raise ValueError("is not a whole number") from None
        if value != int(value):
            raise ValueError("is not a whole number")
        return int(value)

    def _day(self, cell: Cell) -> str:
        text = cell_text(cell)
        if _ISO_DAY.fullmatch(text):
            return _existing(text).isoformat()
        if self._date_pattern is not None:
            found = self._date_pattern.fullmatch(text)
            if found is not None:
                return _moment(found.groupdict()).date().isoformat()
        elif _ISO_MOMENT.fullmatch(text):
            # A workbook's day with a time of its own.
            return _existing(text[:10]).isoformat()
        raise ValueError(f"is not a date like {self._date_format or 'YYYY-MM-DD'}")

    def _instant(self, cell: Cell) -> str:
        text = cell_text(cell)
        moment: datetime | None = None
        if _ISO_DAY.fullmatch(text) or _ISO_MOMENT.fullmatch(text):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise ValueError("is not a day of the calendar") from None
        elif self._date_pattern is not None and (found := self._date_pattern.fullmatch(text)):
            moment = _moment(found.groupdict())
        if moment is None:
            raise ValueError(f"is not a time like {self._date_format or 'YYYY-MM-DD HH:mm'}")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        try:
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except OverflowError:  # in UTC it is before the year 1 or after 9999
            raise ValueError("is not a day of the calendar") from None


def date_pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of texts in a format of dates. Raises ValueError for what is none."""
    found = _FORMAT.fullmatch(text)
    parts: list[str] = _PART.findall(found["day"]) if found else []
    if sorted(part[0] for part in parts if part in _PARTS) != ["D", "M", "Y"]:
        raise ValueError("a format has a day, a month and a year once each")
    pattern = "".join(_PARTS.get(part) or re.escape(part) for part in parts)
    # Whoever states a format with a time has days without one, too, and the other way about.
    return re.compile(rf"{pattern}(?:[ T](?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?)?")


def zone_named(name: str) -> tzinfo:
    """Return a time zone. Raises ValueError for a name that none has."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not a time zone such as Europe/Berlin") from error


def choices_of(values: Iterable[str], labels: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return values by everything that they are called, with `labels` by what else they are called."""
    return {_called(value): value for value in values} | {
        _called(label): value for label, value in (labels or {}).items()
    }


def _called(text: str) -> str:
    """Return the form in which two texts call the same value: `Best case` and `bestCase`."""
    return "".join(words(text)) or text.strip()


def _choice(choices: Mapping[str, str]) -> Convert:
    values = sorted(set(choices.values()))
    shown = ", ".join(values[:12]) + (", …" if len(values) > 12 else "")

    def convert(cell: Cell) -> str:
        value = choices.get(_called(cell_text(cell)))
        if value is None:
            raise ValueError(f"is none of: {shown}")
        return value

    return convert


def _boolean(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    text = cell_text(cell).casefold()
    if text not in _TRUE and text not in _FALSE:
        raise ValueError("is not true or false")
    return text in _TRUE


def _line(cell: Cell) -> str:
    """Return a text on one line, which is all that most fields take: addresses are often written in several."""
    text = cell_text(cell)
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def _tags(cell: Cell) -> list[str]:
    text = cell_text(cell)
    if text.startswith("["):
        # So exports write tags in which there are commas.
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return [str(tag).strip() for tag in cast("list[Any]", listed) if str(tag).strip()]
    return [tag.strip() for tag in text.replace(",", ";").split(";") if tag.strip()]


def _website(cell: Cell) -> str:
    text = cell_text(cell)
    return text if "://" in text else f"https://{text}"


def _existing(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a day of the calendar") from None


def _moment(parts: Mapping[str, str | None]) -> datetime:
    values = {name: int(text) for name, text in parts.items() if text is not None}
    if len(parts["year"] or "") == 2:
        values["year"] += 1900 if values["year"] >= _CENTURY_FROM else 2000
    try:
        return datetime(**values)  # pyright: ignore[reportArgumentType]
    except ValueError:
        raise ValueError("is not a day of the calendar") from None
