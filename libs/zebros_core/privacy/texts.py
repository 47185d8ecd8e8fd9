"""Texts that may name a person: where they do, and the same without it.

An address is found in any case, also as links write it. A full name is found with whatever white space or comma between
its words, in any case, and as HTML escapes it. Other spellings are not: a nickname, a first name alone, a typing error.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

__all__ = ["REPLACED", "Sought"]

REPLACED: Final = "[erased]"
"""What stands in a text where it named somebody."""

_LEAST_WORDS: Final = 2
_LEAST_LETTERS: Final = 5
"""Of a name: a shorter one would be found in what is about others."""


class Sought:
    """The values of one person, to be found in texts and in anything that JSON has."""

    def __init__(self, emails: Iterable[str], names: Iterable[str]) -> None:
        patterns = [_address(email) for email in emails]
        patterns += [_name(name) for name in names if _is_telling(name)]
        self._pattern = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None

    def found_in(self, value: Any) -> bool:
        """Tell whether the person is named anywhere in a value. Names of fields are not looked at."""
        if self._pattern is None:
            return False
        if isinstance(value, str):
            return self._pattern.search(value) is not None
        return any(map(self.found_in, _members(value)))

    def without(self, value: Any) -> Any:
        """Return the value with `[erased]` in each place where it names the person."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(REPLACED, value)
        if isinstance(value, Mapping):
            return {name: self.without(member) for name, member in cast("Mapping[str, Any]", value).items()}
        if isinstance(value, list | tuple | set | frozenset):
            members = cast("Iterable[Any]", value)
            return type(cast("Any", value))(self.without(member) for member in members)
        return value


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).values()
    if isinstance(value, list | tuple | set | frozenset):
        return cast("Iterable[Any]", value)
    return ()


def _address(email: str) -> str:
    local, _, host = email.rpartition("@")
    # Not the end of a longer address, nor the beginning of a longer host; a full stop may end a sentence.
    return rf"(?<![\w.+-]){re.escape(local)}(?:@|%40){re.escape(host)}(?![\w-]|\.\w)"


def _is_telling(name: str) -> bool:
    words = name.split()
    return len(words) >= _LEAST_WORDS and sum(len(word) for word in words) >= _LEAST_LETTERS


def _name(name: str) -> str:
    words = [_word(word) for word in unicodedata.normalize("NFC", name).replace(",", " ").split()]
    return r"(?<!\w)" + r"[\s,]+".join(words) + r"(?!\w)"


def _word(word: str) -> str:
    forms = {word, html.escape(word), html.escape(word).replace("&#x27;", "&#39;")}
    return f"(?:{'|'.join(sorted(map(re.escape, forms), reverse=True))})"
