"""The words under which a customer's name is found."""

from zebros_core.names import words

MAX_SEARCH_WORDS = 12
"""Words of a name that can be found; the thirteenth and later are not indexed."""


def search_words(text: str) -> list[str]:
    """Return the distinct words under which `text` is found, in order, at most 12."""
    return list(dict.fromkeys(words(text)))[:MAX_SEARCH_WORDS]
