"""The key by which a second import finds what the first one created."""

from __future__ import annotations

import hashlib
import re
import unicodedata

__all__ = ["email_name", "match_key", "normalised"]

_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)
_SLUG_CHARS = 40


def normalised(name: str) -> str:
    """The name without case, accents, punctuation and double spaces: `ACMÉ  Corp.` is `acme corp`."""
    folded = name
    # Twice: a decomposition can bring out letters that fold further (Unicode 3.13, compatibility caseless).
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", folded.casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", plain.replace("_", " ")).strip()


def match_key(name: str) -> str:
    """An external id made of a name: readable, stable, the same for spellings that mean the same.

    The slug alone would not do: it is cut, and it is empty for names in most scripts; the hash is of the
    whole normalised name. Raises ValueError for a name without a letter or digit.
    """
    plain = normalised(name)
    if not plain:
        raise ValueError(f"{name!r} has no letter or digit")
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_CHARS].strip("-")
    digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"name:{slug}-{digest}" if slug else f"name:{digest}"


def email_name(name: str) -> str:
    """What stands before the @ of an address made of a name: `Moses Frase` is `moses.frase`.

    Raises ValueError for a name that has no letter of the Latin alphabet.
    """
    words = re.findall(r"[a-z0-9]+", normalised(name))
    if not words:
        raise ValueError(f"no e-mail address can be made of {name!r}; give one in a column")
    return ".".join(words)
