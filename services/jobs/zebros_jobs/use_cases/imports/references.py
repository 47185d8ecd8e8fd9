"""The records that rows name: looked up through the doors of their owners, many at once, and few of them kept."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from zebros_core.bulk.client import decided
from zebros_core.ids import derived_id, is_id
from zebros_core.names import normalised_name
from zebros_core.values import normalised_email, normalised_external_id
from zebros_jobs.domain.imports.cells import Kind
from zebros_jobs.domain.imports.entities import Reference
from zebros_jobs.domain.imports.problems import RowProblem
from zebros_jobs.domain.imports.seen import key_hash
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["Named", "References"]

Named = tuple[Kind, str]
"""What a cell names: a kind of record, and the text."""

_KEPT: Final = 20_000
"""Records of a kind that are remembered; a file names the same ones again and again."""
_SUGGESTED_FROM: Final = 5_000
_MOST_PEOPLE: Final = 100_000
_TEAM_ID: Final = re.compile(r"[^a-z0-9]+")

_SOURCES: Final[Mapping[Kind, tuple[str, str, tuple[str, ...]]]] = {
    Kind.CUSTOMER: ("customers", "companyName", ("externalId", "name")),
    Kind.CONTACT: ("customers", "lastName", ("externalId", "email")),
    Kind.PRODUCT: ("pipeline", "name", ("externalId", "name")),
    Kind.LEAD: ("pipeline", "lastName", ("externalId", "email")),
    Kind.OPPORTUNITY: ("pipeline", "title", ("externalId",)),
}
"""Of each kind that may have millions of records: who owns it, its name, and by what a text may name one, in turn."""

_PLURALS: Final[Mapping[Kind, str]] = {Kind.PERSON: "people", Kind.TEAM: "teams", Kind.STAGE: "stages"}


class References:
    """A tenant's records by what files call them, as the requester of a job may see them."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._found: dict[Kind, OrderedDict[str, Reference | RowProblem]] = {}
        self._all: dict[Kind, _Names] = {}

    def look_up(self, named: Iterable[Named]) -> dict[Named, Reference | RowProblem]:
        """Return each record that is named, or why there is none. Raises UnavailableError."""
        wanted = list(dict.fromkeys(named))
        answers: dict[Named, Reference | RowProblem] = {}
        for kind in dict.fromkeys(kind for kind, _ in wanted):
            texts = [text for each, text in wanted if each is kind]
            found = self._search(kind, texts) if kind in _SOURCES else self._pick(kind, texts)
            answers |= {(kind, text): answer for text, answer in found.items()}
        return answers

    def make(self, kind: Kind, texts: Iterable[str], *, rehearse: bool) -> dict[str, Reference | RowProblem]:
        """Make records that have nothing but a name, and return them by it.

        The same name is made once, however often a job is begun again.
        """
        wanted = list(dict.fromkeys(texts))
        if rehearse:
            # No id looks like this one, and none is sent.
            return {text: Reference(f"new:{text}", text) for text in wanted}
        service, mutations = self._making(kind, wanted)
        outcomes = decided(self._run.door(service).apply(mutations))
        made: dict[str, Reference | RowProblem] = {}
        for text, mutation, outcome in zip(wanted, mutations, outcomes, strict=True):
            if outcome["outcome"] in {"created", "unchanged", "updated"}:
                made[text] = Reference(outcome["id"] or mutation["changes"].get("teamId", ""), text)
            else:
                detail = str((outcome["problem"] or {}).get("detail", ""))
                made[text] = RowProblem(
                    "reference-not-made", f"the {kind.value} could not be made", kind.value, text, detail
                )
        if kind is Kind.TEAM:
            for text, each in made.items():
                if isinstance(each, Reference):
                    self._names(kind).add(each, text)
        else:
            self._keep(kind, made)
        return made

    def is_made(self, kind: Kind, text: str, reference: Reference) -> bool:
        """Tell whether a record is one that this job has made of a name, in whichever stretch of its work."""
        return kind in _SOURCES and reference.id == derived_id(
            self._run.tenant.id, self._mutation_id(kind, text)
        )

    # -- kinds of which there may be millions ------------------------------------------------------------------

    def _search(self, kind: Kind, texts: Sequence[str]) -> dict[str, Reference | RowProblem]:
        kept = self._found.setdefault(kind, OrderedDict())
        answers = {text: kept[text] for text in texts if text in kept}
        unknown = [text for text in texts if text not in kept]
        if unknown:
            found = self._found_now(kind, unknown)
            nobody = {
                text: RowProblem("unknown-reference", f"names no {kind.value} that there is", value=text)
                for text in unknown
                if text not in found
            }
            self._keep(kind, found)
            answers |= {**found, **nobody}
        return answers

    def _found_now(self, kind: Kind, texts: Sequence[str]) -> dict[str, Reference | RowProblem]:
        service, name_field, rules = _SOURCES[kind]
        door = self._run.door(service)
        found: dict[str, Reference | RowProblem] = {}
        ids = [text for text in texts if is_id(text)]
        if ids:
            for record in door.read(kind.value, ids):
                id = str(record[f"{kind.value}Id"])
                found[id] = Reference(id, str(record[name_field]))
        for rule in rules:
            values = {
                text: value
                for text in texts
                if text not in found and (value := _value(rule, text)) and len(value) <= _LONGEST_VALUE
            }
            if not values:
                continue
            items = door.find(kind.value, rule, list(values.values()), records=True)
            for text, value in values.items():
                if value in items:
                    found[text] = Reference(items[value]["id"], str(items[value]["record"][name_field]))
        return found

    def _keep(self, kind: Kind, found: Mapping[str, Reference | RowProblem]) -> None:
        """Remember records that were found; one that was not found may be there a moment later."""
        kept = self._found.setdefault(kind, OrderedDict())
        for text, answer in found.items():
            if isinstance(answer, Reference):
                kept[text] = answer
        while len(kept) > _KEPT:
            kept.popitem(last=False)

    # -- kinds of which there are few --------------------------------------------------------------------------

    def _pick(self, kind: Kind, texts: Sequence[str]) -> dict[str, Reference | RowProblem]:
        names = self._names(kind)
        return {text: names.one(text) for text in texts}

    def person(self, email: str) -> Reference | None:
        """Return who has an e-mail address."""
        found = self._names(Kind.PERSON).one(email)
        return found if isinstance(found, Reference) else None

    def is_person(self, id: str) -> bool:
        """Tell whether somebody has this id."""
        found = self._names(Kind.PERSON).one(id)
        return isinstance(found, Reference) and found.id == id

    def _names(self, kind: Kind) -> _Names:
        names = self._all.get(kind)
        if names is None:
            names = self._all[kind] = _Names(kind)
            for reference, others in self._everything(kind):
                names.add(reference, *others)
        return names

    def _everything(self, kind: Kind) -> Iterator[tuple[Reference, tuple[str, ...]]]:
        run = self._run
        match kind:
            case Kind.PERSON:
                for count, user in enumerate(run.system_door("auth").export_all("user")):
                    if count >= _MOST_PEOPLE:
                        return
                    yield (
                        Reference(user["userId"], user["name"], user.get("teamId")),
                        (user.get("email", ""),),
                    )
            case Kind.TEAM:
                cursor: str | None = None
                while True:
                    page = run.system_door("auth").call("teams", **({"cursor": cursor} if cursor else {}))
                    for team in page["items"]:
                        yield Reference(team["teamId"], team["name"]), ()
                    cursor = page["nextCursor"]
                    if cursor is None:
                        return
            case _:
                for setting in run.system_door("pipeline").settings():
                    if setting["kind"] == "stages":
                        for stage in setting["value"]["stages"]:
                            yield Reference(stage["key"], stage["name"], stage["kind"]), ()

    def _making(self, kind: Kind, texts: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
        """Return who makes records of a kind, and the mutations that make them."""
        if kind is Kind.TEAM:
            return "auth", [
                self._mutation(kind, text, {"teamId": _team_id(text), "name": text}) for text in texts
            ]
        service, name_field, _ = _SOURCES[kind]
        return service, [self._mutation(kind, text, {name_field: text}) for text in texts]

    def _mutation_id(self, kind: Kind, text: str) -> str:
        """Return the id under which a record is made, of which its own follows; the same for the same name."""
        name = key_hash(kind.value, normalised_name(text)) & 0xFFFF_FFFF_FFFF_FFFF
        return f"{self._run.job_id}:{kind.value}:{name:016x}"

    def _mutation(self, kind: Kind, text: str, changes: dict[str, Any]) -> dict[str, Any]:
        return {
            "mutationId": self._mutation_id(kind, text),
            "entity": kind.value,
            "operation": "create",
            "changes": changes,
        }


_LONGEST_VALUE: Final = 500


def _value(rule: str, text: str) -> str:
    """Return a text in the form in which doors compare it."""
    if rule == "externalId":
        return normalised_external_id(text)
    return normalised_email(text) if rule == "email" else normalised_name(text)


def _team_id(name: str) -> str:
    # An id that cannot be made of the name is refused where teams are made, with the reason.
    return _TEAM_ID.sub("-", normalised_name(name)).strip("-")[:31]


class _Names:
    """What records of one kind are called, spellings that mean the same taken as one."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._by_id: dict[str, Reference] = {}
        self._by_name: dict[str, list[Reference]] = {}

    def add(self, reference: Reference, *more: str) -> None:
        """Note a record by its id, its name, and what else it is called."""
        self._by_id[reference.id] = reference
        for name in {_key(reference.name), *(_key(each) for each in more if each)}:
            known = self._by_name.setdefault(name, [])
            if reference not in known:
                known.append(reference)

    def one(self, text: str) -> Reference | RowProblem:
        """Return the one record that is called so, or why there is none."""
        if text in self._by_id:
            return self._by_id[text]
        found = self._by_name.get(_key(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            instead = "address" if self._kind is Kind.PERSON else "id"
            return RowProblem(
                "ambiguous-reference",
                f"is what several {_PLURALS[self._kind]} are called",
                value=text,
                hint=f"give the {instead} instead",
            )
        what = "nobody" if self._kind is Kind.PERSON else f"no {self._kind.value}"
        close = get_close_matches(text, self._suggestions(), n=1, cutoff=0.75)
        hint = f"did you mean {close[0]!r}?" if close else ""
        return RowProblem("unknown-reference", f"names {what} that there is", value=text, hint=hint)

    def _suggestions(self) -> list[str]:
        if len(self._by_id) > _SUGGESTED_FROM:
            return []  # too many to compare for every row
        return [reference.name for reference in self._by_id.values()]


def _key(text: str) -> str:
    """Return the form in which names are compared; in an address punctuation counts."""
    return normalised_email(text) if "@" in text else normalised_name(text)
