"""Text that a spreadsheet would take for a formula, made harmless on the way out and itself again on the way in.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break, also behind apostrophes, gets one apostrophe
more in front; whoever reads such a text takes one away. So every text comes back as it was, also one that had
apostrophes of its own. What is kept as a number, a date or a truth value is written as such and never touched.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["guarded", "unguarded"]

# The wide forms are what Excel in East Asian languages takes for the narrow ones.
_STARTS: Final = "=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20"
_RISKY: Final = re.compile(rf"'*[{_STARTS}]")
_GUARDED: Final = re.compile(rf"'+[{_STARTS}]")
_NUMBER: Final = re.compile(r"[+-][0-9]+(?:[.,][0-9]+)*%?\Z")


def guarded(text: str, *, keep_numbers: bool = False) -> str:
    """Return the text as it may stand in a cell. With `keep_numbers`, for cells whose kind nobody knows, what is
    nothing but a number with its sign stays as it is.
    """
    if not _RISKY.match(text) or (keep_numbers and _NUMBER.match(text)):
        return text
    return f"'{text}"


def unguarded(text: str) -> str:
    """Return the text that a cell stands for: what `guarded` was given, and any other text as it is."""
    return text[1:] if _GUARDED.match(text) else text
