"""Letters to people: what is in them, and records told in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, Final, cast

__all__ = [
    "Letter",
    "LetterEntry",
    "LetterSection",
    "day_in_words",
    "facts_in_words",
    "label_of",
    "value_in_words",
]

_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)\Z")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_LONGEST: Final = 4000
_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
_LABELS: Final = {
    "hlc": "Order of writing",
    "url": "Web address",
    "email": "E-mail address",
    "phone": "Telephone",
    "dateOfBirth": "Date of birth",
}


@dataclass(frozen=True, slots=True)
class LetterEntry:
    """A record in a letter: what it is, and its facts as labels and values."""

    title: str
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LetterSection:
    """A part of a letter."""

    title: str
    text: str = ""
    entries: Iterable[LetterEntry] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: who writes, when, about what, and its parts."""

    title: str
    sender: str
    on: str
    reference: str
    paragraphs: Sequence[str]
    sections: Iterable[LetterSection] = field(default_factory=list[LetterSection])


def label_of(name: str) -> str:
    """Return the words of a field's wire name: `contactInfo.zipCode` is `Contact info: zip code`."""
    parts = [_LABELS.get(part) or _words_of(part) for part in name.split(".")]
    first, *rest = parts
    return ": ".join([first, *(part[:1].lower() + part[1:] if part.isascii() else part for part in rest)])


def _words_of(name: str) -> str:
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORDS.findall(name)]
    text = " ".join(words) or name
    return text[:1].upper() + text[1:]


def day_in_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def value_in_words(value: Any, zone: tzinfo) -> str:
    """Return a value of a record in words; times on the clock of a zone, long texts shortened."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _text_in_words(value, zone)
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value)
        return "\n".join(
            f"{label_of(name)}: {value_in_words(member, zone)}"
            for name, member in members.items()
            if not _is_empty(member)
        )
    if isinstance(value, list | tuple):
        return "\n".join(value_in_words(member, zone) for member in cast("Iterable[Any]", value))
    return str(value)


def _text_in_words(text: str, zone: tzinfo) -> str:
    try:
        if _INSTANT.match(text):
            local = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(zone)
            return f"{day_in_words(local.date())}, {local:%H:%M} {local.tzname()}"
        if _DAY.match(text):
            return day_in_words(date.fromisoformat(text))
    except ValueError:
        pass  # it only looks like one
    if len(text) > _LONGEST:
        return f"{text[:_LONGEST]} … (the whole text is in the data)"
    return text


def facts_in_words(
    data: Mapping[str, Any], classification: Mapping[str, str], zone: tzinfo
) -> list[tuple[str, str]]:
    """Return what a record says, without what is empty: personal values first, then business, then the system's."""
    order = {"personal": 0, "business": 1, "system": 2}

    def rank(name: str) -> int:
        classes = [
            kind for field, kind in classification.items() if field == name or field.startswith(f"{name}.")
        ]
        return min((order.get(kind, 0) for kind in classes), default=0)

    return [
        (label_of(name), value_in_words(data[name], zone))
        for name in sorted(data, key=rank)
        if not _is_empty(data[name]) and name not in _UNTOLD
    ]


_UNTOLD: Final = frozenset({"fieldVersions", "hlc", "schemaVersion", "createFingerprint"})
"""How records are kept in order: numbers that say nothing of anybody."""


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}
