"""Which records of a kind: equal to a value or one of several, tagged, from and to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from zebros_core.errors import FieldError
from zebros_core.values import Number, Value, normalised_email
from zebros_jobs.domain.export_entities import Exported
from zebros_jobs.domain.tables import ColumnKind

__all__ = ["FilterValue", "Range", "checked_filters", "created_from", "record_filter"]

_TAGS: Final = "tags"
_EMAIL: Final = "email"
_CUSTOM: Final = "custom."
_Text = Annotated[str, StringConstraints(min_length=1, max_length=254)]


class Range(Value):
    """From an instant or a day on, and up to before another one; either may be left open."""

    from_: Annotated[_Text | None, Field(alias="from")] = None
    to: _Text | None = None


FilterValue = (
    bool | Number | _Text | Annotated[tuple[_Text, ...], Field(min_length=1, max_length=100)] | Range
)
"""One value, several of which one has to be it (of tags: all), or a range."""

Test = Callable[[Mapping[str, Any]], bool]


def checked_filters(exported: Exported, filters: Mapping[str, FilterValue]) -> Iterable[FieldError]:
    """Give the faults of filters."""
    ranged = exported.ranged
    for name, value in filters.items():
        where = f"/filters/{name}"
        if isinstance(value, Range):
            if name not in ranged:
                yield FieldError(where, "no_range", f"from and to are for {', '.join(ranged)}")
            else:
                yield from _range_faults(where, ranged[name], value)
        elif name in ranged:
            yield FieldError(where, "range", 'a range: {"from": …, "to": …}')
        elif name == _TAGS and _TAGS in exported.fields:
            if isinstance(value, bool | Decimal):
                yield FieldError(where, "tags", "a tag, or a list of them")
        elif name not in exported.equal and not (exported.custom and name.startswith(_CUSTOM)):
            some = ", ".join(
                [*sorted(exported.equal), *([_TAGS] if _TAGS in exported.fields else []), *ranged]
            )
            yield FieldError(where, "unknown_filter", f"not one of {some}")


def _range_faults(where: str, kind: ColumnKind, value: Range) -> Iterable[FieldError]:
    read = _READ[kind]
    ends: list[Any] = []
    for end, text in (("from", value.from_), ("to", value.to)):
        if text is None:
            continue
        try:
            ends.append(read(text))
        except ValueError:
            what = (
                "a day such as 2026-01-31"
                if kind is ColumnKind.DATE
                else "an instant with a zone, as in 2026-01-31T09:30:00Z"
            )
            yield FieldError(f"{where}/{end}", "invalid", f"not {what}")
    if value.from_ is None and value.to is None:
        yield FieldError(where, "empty", "from, to, or both")
    if len(ends) == 2 and ends[0] >= ends[1]:
        yield FieldError(where, "empty", "nothing is between: to has to be after from")


def _day(text: str) -> date:
    if len(text) != len("2026-01-31"):
        raise ValueError("not a day")
    return date.fromisoformat(text)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at


_READ: Final[Mapping[ColumnKind, Callable[[str], Any]]] = {
    ColumnKind.DATE: _day,
    ColumnKind.INSTANT: _instant,
}


def record_filter(exported: Exported, filters: Mapping[str, FilterValue]) -> Test:
    """Return the test that a record, by wire names, has to pass. The filters were checked."""
    tests = [_test(exported, name, value) for name, value in filters.items()]
    return lambda record: all(test(record) for test in tests)


def created_from(filters: Mapping[str, FilterValue]) -> datetime | None:
    """Return the instant from which on records were made, if that is asked for: those before need not be read."""
    value = filters.get("createdAt")
    return _instant(value.from_) if isinstance(value, Range) and value.from_ is not None else None


def _test(exported: Exported, name: str, value: FilterValue) -> Test:
    if isinstance(value, Range):
        return _within(name, _READ[exported.ranged[name]], value)
    if name == _TAGS:
        wanted = {value} if isinstance(value, str) else set(value) if isinstance(value, tuple) else set[str]()
        return lambda record: wanted <= set(record.get(_TAGS, ()))
    wanted_values = value if isinstance(value, tuple) else (value,)
    if name == _EMAIL:
        wanted_values = tuple(normalised_email(str(each)) for each in wanted_values)
    allowed = {_plain(each) for each in wanted_values}
    if name.startswith(_CUSTOM):
        own = name.removeprefix(_CUSTOM)
        return lambda record: _plain(record.get("custom", {}).get(own)) in allowed
    return lambda record: _plain(record.get(name)) in allowed


def _plain(value: Any) -> tuple[bool, Any]:
    """Return a value so that it equals what a filter says: numbers exactly, and none of them true or false."""
    number = isinstance(value, float | int) and not isinstance(value, bool)
    return isinstance(value, bool), Decimal(repr(value)) if number else value


def _within(name: str, read: Callable[[str], Any], value: Range) -> Test:
    begin = read(value.from_) if value.from_ is not None else None
    end = read(value.to) if value.to is not None else None

    def within(record: Mapping[str, Any]) -> bool:
        text = record.get(name)
        if not isinstance(text, str):
            return False
        at = read(text)
        return (begin is None or begin <= at) and (end is None or at < end)

    return within
