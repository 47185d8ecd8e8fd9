"""Whom a privacy request is about: the ids of their records, and the values that name them in texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Self, TypeVar

from pydantic import Field, model_validator
from pydantic import ValidationError as ModelError
from pydantic_core import PydanticCustomError

from zebros_core.errors import ValidationError
from zebros_core.values import Email, Name, PrincipalId, RecordId, Value

__all__ = ["MAX_IDS", "MAX_VALUES", "Subject", "names_of"]

MAX_IDS: Final = 100
MAX_VALUES: Final = 20

T = TypeVar("T")

_Ids = Annotated[tuple[RecordId, ...], Field(max_length=MAX_IDS)]


class Subject(Value):
    """One person, by everything that is known to be theirs.

    ``emails`` are in the form in which addresses are compared. ``names`` are full names, in each order of their parts
    that texts may have. Someone of whom nothing is given is a ValidationError.
    """

    contact_ids: _Ids = ()
    lead_ids: _Ids = ()
    user_ids: Annotated[tuple[PrincipalId, ...], Field(max_length=MAX_IDS)] = ()
    document_ids: _Ids = ()
    emails: Annotated[tuple[Email, ...], Field(max_length=MAX_VALUES)] = ()
    names: Annotated[tuple[Name, ...], Field(max_length=MAX_VALUES)] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise PydanticCustomError("nobody", "name somebody by an id, an e-mail address or a name")
        return self

    @property
    def record_ids(self) -> dict[str, tuple[str, ...]]:
        """The ids of the person's own records, by entity."""
        return {"contact": self.contact_ids, "lead": self.lead_ids, "user": self.user_ids}

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the person's own records, of whatever entity."""
        return frozenset(id for ids in self.record_ids.values() for id in ids)

    def joined(
        self,
        *,
        contact_ids: Iterable[str] = (),
        lead_ids: Iterable[str] = (),
        user_ids: Iterable[str] = (),
        document_ids: Iterable[str] = (),
        emails: Iterable[str | None] = (),
        names: Iterable[str] = (),
    ) -> Subject:
        """Return the same person with what else was found, each once.

        Raises ValidationError beyond the limits: so many records are not one person's.
        """
        try:
            return Subject(
                contact_ids=_united(self.contact_ids, contact_ids),
                lead_ids=_united(self.lead_ids, lead_ids),
                user_ids=_united(self.user_ids, user_ids),
                document_ids=_united(self.document_ids, document_ids),
                emails=_united(self.emails, (address for address in emails if address)),
                names=_united(self.names, names),
            )
        except ModelError:
            message = (
                f"one person has at most {MAX_IDS} records of a kind, and {MAX_VALUES} addresses and names"
            )
            raise ValidationError.for_field("/subject", "too_many", message) from None

    def united(self, other: Subject) -> Subject:
        """Return the one person that two answers are about."""
        return self.joined(**{name: getattr(other, name) for name in type(self).model_fields})


def names_of(first: str | None, last: str) -> tuple[str, ...]:
    """Return the full names of somebody as texts have them; none for somebody of whom only one part is known.

    One word alone is a name of many, and a word of the language besides: texts are not searched for it.
    """
    return (f"{first} {last}", f"{last} {first}") if first else ()


def _united(known: tuple[T, ...], more: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *more)))
