"""How names are compared, sorted and searched.

Two names are the same when they differ only in case, accents, punctuation or spacing. The fold is Unicode's
compatibility decomposition (NFKD) without combining marks, case-folded (Unicode Standard, sections 3.11 and 5.18),
and letters that have no decomposition go by the table below: "Ørsted" folds to "orsted", as people type it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["MAX_WORD_LENGTH", "fold", "name_key", "normalised_name", "words"]

MAX_WORD_LENGTH: Final = 32
"""Characters of a word that are compared in a search; longer words are cut."""

_NAME_KEY_LENGTH: Final = 64
_UNDECOMPOSED: Final = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_NOT_A_WORD: Final = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return `text` without case and accents; spaces and punctuation stay."""
    if text.isascii():
        return text.lower()
    # Folding case first opens compositions such as "İ"; folding again makes fold(fold(x)) == fold(x).
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFKD", bare.casefold().translate(_UNDECOMPOSED))


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, each at most 32 characters."""
    return [word[:MAX_WORD_LENGTH] for word in _NOT_A_WORD.split(fold(text)) if word]


def normalised_name(text: str) -> str:
    """Return the form in which two names are the same: folded words with one space between.

    A name of punctuation alone has no words and is compared by its fold.
    """
    folded = [word for word in _NOT_A_WORD.split(fold(text)) if word]
    return " ".join(folded) or fold(text).strip()


def name_key(text: str) -> str:
    """Return the sort key of a name: its normalised form, cut to 64 characters."""
    return normalised_name(text)[:_NAME_KEY_LENGTH]
