"""The erasure ledger: who was erased, as hashes that hold no value. Every restore asks it before it writes.

A row is a hash of a record's entity and id, of an e-mail address in the form in which addresses are compared, or of a
full name, made with a salt of the tenant's own that is in no backup. A backup from before an erasure holds the person;
what a restore writes of it is what `Erased.cleaned` leaves.

An import or a person may bring somebody in again, lawfully: the ledger is asked by restores and by nothing else.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from zebros_core.dynamodb.codec import instant_text
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.privacy.subject import Subject
from zebros_core.privacy.texts import REPLACED
from zebros_core.values import normalised_email

__all__ = ["Erased", "ErasureLedger"]

_KEY: Final = ("ledger",)
_SALT_KEY: Final = ("ledger-salt",)
_SORT_KEY: Final = "-"
_PAGE: Final = 1000
_SALT_BYTES: Final = 32
_MOST_KNOWN_WORDS: Final = 50_000

_EMAIL: Final = re.compile(r"[^\s@,;:<>()\[\]\\\"'=]{1,64}(?:@|%40)[\w.-]{1,190}\.\w{2,63}")
_TOKEN: Final = re.compile(r"[^\s,;:|\"<>()\[\]{}!?/]+")
_EDGES: Final = ".'’*_-"
"""What may stand around a word of a name and is no part of it."""
_BETWEEN: Final = " \t\r\n,"
_MOST_WORDS: Final = 6
_LEAST_WORDS: Final = 2


class ErasureLedger:
    """One tenant's ledger, in the lookup table of jobs."""

    def __init__(self, lookup: LookupTable) -> None:
        self._lookup = lookup

    def hash(self, kind: str, value: str) -> str:
        """Return the hash that stands for a value of a kind: `email`, `name`, or an entity with an id."""
        return _hash(self._salt(), kind, value)

    def hashes(self, subject: Subject, documents: Iterable[str] = ()) -> list[str]:
        """Return the hashes of everything by which a person is known, and of these documents.

        Those that the subject names are not all the person's: some are a customer's and were sent to them.
        """
        salt = self._salt()
        marked = [(entity, id) for entity, ids in subject.record_ids.items() for id in ids]
        marked += [("document", id) for id in documents]
        marked += [("email", email) for email in subject.emails]
        names = [words for name in subject.names if len(words := _words(name)) >= _LEAST_WORDS]
        marked += [("name", " ".join(words)) for words in names]
        # What a name begins with: a text is looked through word by word, and only there further.
        marked += [("word", words[0]) for words in names]
        return list(dict.fromkeys(_hash(salt, kind, value) for kind, value in marked))

    def enter(
        self, subject: Subject, request_id: str, at: datetime, documents: Iterable[str] = ()
    ) -> list[str]:
        """Enter a person and their documents; return the hashes. May be repeated: the first entry of a hash stays."""
        hashes = self.hashes(subject, documents)
        row = {"requestId": request_id, "at": instant_text(at)}
        for value in hashes:
            self._lookup.put(_KEY, value, row, condition="absent")
        return hashes

    def load(self) -> Erased:
        """Return everybody who was erased, to be asked without a call: some hundred bytes for each."""
        hashes: set[str] = set()
        cursor: str | None = None
        while True:
            page = self._lookup.query(_KEY, limit=_PAGE, cursor=cursor)
            hashes.update(row["sk"] for row in page.items)
            cursor = page.next_cursor
            if cursor is None:
                return Erased(self._salt() if hashes else b"", frozenset(hashes))

    def _salt(self) -> bytes:
        row = self._lookup.get(_SALT_KEY, _SORT_KEY)
        if row is None:
            made = {"salt": secrets.token_hex(_SALT_BYTES)}
            self._lookup.put(_SALT_KEY, _SORT_KEY, made, condition="absent")
            row = self._lookup.get(_SALT_KEY, _SORT_KEY) or made
        return bytes.fromhex(row["salt"])


class Erased:
    """Who was erased, as hashes."""

    def __init__(self, salt: bytes, hashes: frozenset[str]) -> None:
        self._salt = salt
        self._hashes = hashes
        self._begins_name: dict[str, bool] = {}

    def has(self, entity: str, id: str) -> bool:
        """Tell whether a record was an erased person's own."""
        return bool(self._hashes) and self._knows(entity, id)

    def cleaned(self, entity: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return an exported record as it may be written: None for an erased person's own, else without their names
        and addresses.
        """
        if not self._hashes:
            return dict(record)
        if self._knows(entity, str(record.get(f"{entity}Id", ""))):
            return None
        return cast("dict[str, Any]", self.cleaned_value(record))

    def cleaned_value(self, value: Any) -> Any:
        """Return anything that JSON has with `[erased]` in each place where a text names somebody who was erased."""
        if not self._hashes:
            return value
        if isinstance(value, str):
            return self._without_names(self._without_addresses(value))
        if isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value)
            return {name: self.cleaned_value(member) for name, member in members.items()}
        if isinstance(value, list | tuple):
            return [self.cleaned_value(member) for member in cast("Iterable[Any]", value)]
        return value

    def _without_addresses(self, text: str) -> str:
        if "@" not in text and "%40" not in text:
            return text
        return _EMAIL.sub(lambda found: REPLACED if self._is_address(found.group()) else found.group(), text)

    def _is_address(self, found: str) -> bool:
        address = normalised_email(found.replace("%40", "@"))
        # Whatever the address stands in may be taken for a part of it.
        return any(self._knows("email", form) for form in {address, address.strip(_EDGES)})

    def _without_names(self, text: str) -> str:
        words = list(_TOKEN.finditer(text))
        if len(words) < _LEAST_WORDS:
            return text
        parts: list[str] = []
        end = number = 0
        while number < len(words):
            length = self._name_at(text, words, number)
            if not length:
                number += 1
                continue
            last = words[number + length - 1]
            parts += [text[end : words[number].start()], REPLACED]
            end = last.end() - (len(last.group()) - len(last.group().rstrip(_EDGES)))
            number += length
        return "".join([*parts, text[end:]])

    def _name_at(self, text: str, words: list[re.Match[str]], first: int) -> int:
        """Return of how many words a name is that begins at a word; 0 for none. The longest counts."""
        if not self._begins(words[first].group()):
            return 0
        behind = first + 1
        while (
            behind < len(words)
            and behind - first < _MOST_WORDS
            and not text[words[behind - 1].end() : words[behind].start()].strip(_BETWEEN)
        ):
            behind += 1
        for end in range(behind, first + _LEAST_WORDS - 1, -1):
            name = " ".join(_word(word.group()) for word in words[first:end])
            if self._knows("name", name):
                return end - first
        return 0

    def _begins(self, word: str) -> bool:
        known = self._begins_name.get(word)
        if known is None:
            if len(self._begins_name) >= _MOST_KNOWN_WORDS:
                self._begins_name.clear()
            known = self._begins_name[word] = self._knows("word", _word(word))
        return known

    def _knows(self, kind: str, value: str) -> bool:
        return _hash(self._salt, kind, value) in self._hashes


def _words(name: str) -> list[str]:
    return [_word(word) for word in name.replace(",", " ").split()]


def _word(word: str) -> str:
    return unicodedata.normalize("NFC", word).casefold().strip(_EDGES)


def _hash(salt: bytes, kind: str, value: str) -> str:
    return hmac.new(salt, f"{kind}\0{value}".encode(), "sha256").hexdigest()
