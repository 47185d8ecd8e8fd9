"""Rows to what is to be done about each: sent as a mutation, or known already to be refused or left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from zebros_core.bulk.calls import MAX_READS
from zebros_core.ids import derived_id, is_id
from zebros_jobs.domain.imports.cells import Kind
from zebros_jobs.domain.imports.entities import Reference
from zebros_jobs.domain.imports.mapping import Draft, RowMapping
from zebros_jobs.domain.imports.match_key import made_up_id, match_value
from zebros_jobs.domain.imports.options import MatchRule, OnDuplicate, OnMissing
from zebros_jobs.domain.imports.outcomes import Outcome
from zebros_jobs.domain.imports.problems import RowProblem, RowProblemError
from zebros_jobs.domain.imports.sameness import says_nothing_new
from zebros_jobs.domain.imports.seen import SeenRow, SeenRows, key_hash
from zebros_jobs.domain.imports.source import Cell, Row
from zebros_jobs.use_cases.imports.references import Named, References
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["CHANGED_SINCE", "Judge", "JudgedRow"]

_MADE: Final = frozenset({Kind.CUSTOMER, Kind.PRODUCT, Kind.TEAM})
"""Records that can be made of a name alone."""
CHANGED_SINCE: Final = RowProblem(
    "changed-since",
    "the record was changed after the file had been written; export it again, or import with overwriteChanges",
    "version",
)


@dataclass(slots=True)
class JudgedRow:
    """A row on its way. `outcome` is None while it has to be sent; `mutation` is what to send."""

    number: int
    line: int
    cells: Sequence[Cell]
    outcome: Outcome | None = None
    problem: RowProblem | None = None
    id: str | None = None
    keys: tuple[int, ...] = ()
    digest: int = 0
    mutation: dict[str, Any] | None = None
    if_there: RowProblem | Outcome | None = None
    """What it comes to when its owner finds the record there already."""
    made: list[str] = field(default_factory=list[str])
    """The entities of records that were made because this row, as the first one, names them."""

    def reject(self, problem: RowProblem) -> None:
        """Refuse the row."""
        self.settle(problem)

    def settle(self, what: RowProblem | Outcome) -> None:
        """Say what the row comes to, or why it is refused; it is not sent."""
        refused = isinstance(what, RowProblem)
        self.outcome, self.problem = (Outcome.REJECTED, what) if refused else (what, None)
        self.mutation = None


@dataclass(slots=True)
class _Pending:
    """A row whose cells could be read."""

    row: JudgedRow
    draft: Draft
    found: dict[str, Reference] = field(default_factory=dict[str, Reference])
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    values: dict[MatchRule, str] = field(default_factory=dict[MatchRule, str])
    version: int | None = None
    """At which the record was when the file was written."""
    record: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The record that the row names by its id, as it is now."""


class Judge:
    """Judges the rows of one import, in their order."""

    def __init__(self, run: JobRun, mapping: RowMapping, seen: SeenRows, *, rehearse: bool) -> None:
        self._run = run
        self._mapping = mapping
        self._entity = mapping.entity
        self._seen = seen
        self._rehearse = rehearse
        self._references = References(run)
        options = mapping.options
        self._on_duplicate = options.on_duplicate or self._entity.on_duplicate
        self._on_missing = options.on_missing_reference
        # One column that is unique, and whose record is to be updated: that the owner of the record does in one step.
        self._by_upsert = mapping.rules == (MatchRule.EXTERNAL_ID,) and not rehearse
        self._by_upsert &= self._on_duplicate is OnDuplicate.UPDATE

    def judge(self, rows: Sequence[Row], *, look_up: bool) -> list[JudgedRow]:
        """Return what is to be done about rows. With `look_up` it is always found out which records are there already.

        Raises UnavailableError.
        """
        judged = [JudgedRow(row.number, row.line, row.cells) for row in rows]
        pending: list[_Pending] = []
        for row, found in zip(rows, judged, strict=True):
            if row.fault is not None:
                found.reject(row.fault)
                continue
            try:
                pending.append(_Pending(found, self._mapping.draft(row.cells)))
            except RowProblemError as error:
                found.reject(error.problem)
        pending = self._identified(pending)
        pending = self._completed(self._resolved(pending))
        existing = self._existing(pending) if look_up or not self._by_upsert else {}
        for each in pending:
            self._decide(each, existing.get(each.row.number))
        return judged

    def is_by_upsert(self) -> bool:
        """Tell whether records are found by whoever owns them, and need not be looked up."""
        return self._by_upsert

    # -- what rows name ----------------------------------------------------------------------------------------

    def _resolved(self, pending: list[_Pending]) -> list[_Pending]:
        named = {(kind, text) for each in pending for _, kind, text in each.draft.named}
        if not named:
            return pending
        answers = self._references.look_up(named)
        answers |= self._made_now(answers)
        good: list[_Pending] = []
        for each in pending:
            problem = self._name(each, answers)
            self._note_made(each)
            if problem is None:
                good.append(each)
            else:
                each.row.reject(problem)
        return good

    def _made_now(
        self, answers: Mapping[Named, Reference | RowProblem]
    ) -> dict[Named, Reference | RowProblem]:
        """Make what is missing and can be made of its name, if that is wished."""
        made: dict[Named, Reference | RowProblem] = {}
        for kind in _MADE:
            # A person's team is made whatever is wished for other records: it is what invitations have always done.
            wished = self._on_missing is OnMissing.CREATE or (kind is Kind.TEAM and self._entity.makes_teams)
            missing = [
                text
                for (each, text), answer in answers.items()
                if each is kind and isinstance(answer, RowProblem) and answer.code == "unknown-reference"
            ]
            if wished and missing:
                found = self._references.make(kind, missing, rehearse=self._rehearse)
                made |= {(kind, text): answer for text, answer in found.items()}
        return made

    def _name(self, each: _Pending, answers: Mapping[Named, Reference | RowProblem]) -> RowProblem | None:
        """Put the records that a row names into it; return why that is not possible."""
        problem: RowProblem | None = None
        for target, kind, text in each.draft.named:
            answer = answers[kind, text]
            if isinstance(answer, Reference):
                each.found[target] = answer
            elif self._on_missing is not OnMissing.LEAVE_EMPTY or answer.code != "unknown-reference":
                problem = problem or RowProblem(
                    answer.code, answer.message, target, answer.value, answer.hint
                )
        return problem

    def _note_made(self, each: _Pending) -> None:
        """Note which records were made for this row, by this worker or by one that died before it could count them."""
        if self._on_missing is not OnMissing.CREATE or self._rehearse:
            return
        for target, kind, text in each.draft.named:
            found = each.found.get(target)
            if found is None or not self._references.is_made(kind, text, found):
                continue
            key = key_hash("made", found.id)
            if self._seen.claim([key], each.row.line, 0) is None:
                each.row.keys += (key,)
                each.row.made.append(kind.value)

    # -- which record a row is ---------------------------------------------------------------------------------

    def _completed(self, pending: list[_Pending]) -> list[_Pending]:
        good: list[_Pending] = []
        for each in pending:
            row = each.row
            try:
                data = each.data = self._mapping.complete(each.draft, each.found)
                for rule in self._mapping.rules:
                    value = match_value(self._entity.name, rule, data)
                    if value is not None:
                        each.values[rule] = value
                    if rule is MatchRule.ID and value is not None:
                        break  # then it is this record, and no other
                data.pop("id", None)
                each.version = data.pop("version", None)
                if MatchRule.EXTERNAL_ID in self._mapping.rules[:1] and "externalId" not in data:
                    raise RowProblemError(RowProblem("missing-value", "the cell is empty", "externalId"))
                if self._mapping.rules and not each.values:
                    self._make_up(each)
            except RowProblemError as error:
                row.reject(error.problem)
                continue
            own = tuple(
                # A row that says its id is noted with all those whose record is found, in their order.
                key_hash(rule.value, value)
                for rule, value in each.values.items()
                if rule is not MatchRule.ID
            )
            row.keys += own
            if self._entity.repeats:
                row.digest = key_hash("row", json.dumps(data, sort_keys=True))
            former = self._seen.claim(own, row.line, row.digest) if own else None
            if former is None:
                good.append(each)
            elif self._entity.repeats and former.digest == row.digest:
                row.outcome = Outcome.UNCHANGED
            else:
                row.reject(self._said_before(former))
        return good

    def _make_up(self, each: _Pending) -> None:
        """Give a row an external id that has nothing by which it is recognised, so that it is, the next time."""
        value = made_up_id(self._entity.name, each.data)
        if value is not None and "externalId" not in each.data:
            each.data["externalId"] = each.values[MatchRule.EXTERNAL_ID] = value

    def _said_before(self, former: SeenRow) -> RowProblem:
        return RowProblem(
            "repeated",
            f"the same {self._entity.name} as in an earlier line of this file",
            hint=f"line {former.line}",
        )

    def _identified(self, pending: list[_Pending]) -> list[_Pending]:
        """Read the records that rows name by id, and refuse the rows of those that are not there for the requester."""
        named = {
            each.row.number: match_value(self._entity.name, MatchRule.ID, each.draft.data) for each in pending
        }
        wanted = {id for id in named.values() if id is not None}
        if not wanted:
            return pending
        records = self._records(sorted(wanted))
        good: list[_Pending] = []
        for each in pending:
            id = named[each.row.number]
            if id is None:
                good.append(each)
            elif id in records:
                self._take_known(each, records[id])
                good.append(each)
            else:
                message = (
                    f"no {self._entity.name} that you may see has this id; leave the cell empty for a new one"
                )
                each.row.reject(RowProblem("unknown-id", message, "id", id))
        return good

    def _take_known(self, each: _Pending, record: Mapping[str, Any]) -> None:
        """Note the record that a row is, and what it names by the very ids that the record has: that may be gone."""
        each.record = record
        left: list[tuple[str, Kind, str]] = []
        for target, kind, text in each.draft.named:
            if kind is not Kind.STAGE and record.get(self._entity.fields[target].path[-1]) == text:
                each.found[target] = Reference(text, text)
            else:
                left.append((target, kind, text))
        each.draft.named = left

    def _records(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        if self._entity.name == "user":
            return {id: {} for id in ids if self._references.is_person(id)}
        # The door refuses a call with anything that is no id.
        own = [id for id in ids if is_id(id)]
        found = self._run.door(self._entity.service).read(self._entity.name, own) if own else []
        records = {str(record[self._entity.id_field]): record for record in found}
        if "description" in self._mapping.targets:
            self._add_whole_texts(records)
        return records

    def _add_whole_texts(self, records: Mapping[str, dict[str, Any]]) -> None:
        """Put long descriptions, which activities have beside them, into the records in place of their beginnings."""
        long = [id for id, record in records.items() if record.get("descriptionAt") is not None]
        door = self._run.system_door(self._entity.service)
        for start in range(0, len(long), MAX_READS):
            for item in door.call("texts", ids=long[start : start + MAX_READS])["items"]:
                records[item[self._entity.id_field]]["description"] = item["description"]

    def _existing(self, pending: Sequence[_Pending]) -> dict[int, str]:
        """Return the ids of the records that rows are, by number of the row: by the first rule that finds one."""
        found = {
            each.row.number: each.values[MatchRule.ID] for each in pending if MatchRule.ID in each.values
        }
        for rule in dict.fromkeys((*self._mapping.rules, MatchRule.EXTERNAL_ID)):
            values = {
                each.row.number: each.values[rule]
                for each in pending
                if rule in each.values and each.row.number not in found
            }
            if values:
                ids = self._ids(rule, list(values.values()))
                found |= {
                    number: ids[value]
                    for number, value in values.items()
                    # What a worker of this job has made of this very row, and died, was not there before.
                    if value in ids and ids[value] != self._own_id(number)
                }
        return found

    def _own_id(self, number: int) -> str:
        """Return the id that a record has which is created from a row."""
        return derived_id(self._run.tenant.id, self._mutation_id(number))

    def _mutation_id(self, number: int) -> str:
        return f"{self._run.job_id}:{number}"

    def _ids(self, rule: MatchRule, values: Sequence[str]) -> dict[str, str]:
        if self._entity.name == "user":
            people = {value: self._references.person(value) for value in values}
            return {value: person.id for value, person in people.items() if person is not None}
        door = self._run.door(self._entity.service)
        items = door.find(self._entity.name, rule.value, values)
        return {value: item["id"] for value, item in items.items()}

    def _left_alone(self, id: str) -> RowProblem | Outcome | None:
        """Return what a row comes to whose record is there and is not to be changed; None where it is."""
        if self._on_duplicate is OnDuplicate.SKIP:
            return Outcome.SKIPPED
        if self._on_duplicate is OnDuplicate.REJECT:
            return RowProblem("exists", f"the {self._entity.name} is there already", hint=f"id {id}")
        return None

    # -- what is done ------------------------------------------------------------------------------------------

    def _decide(self, each: _Pending, id: str | None) -> None:
        row, data = each.row, each.data
        row.id = id
        if id is not None:
            key = key_hash("id", id)
            former = self._seen.claim([key], row.line, row.digest)
            if former is not None:
                row.reject(self._said_before(former))
                return
            row.keys += (key,)
            row.if_there = self._left_alone(id)
            by_id = MatchRule.ID in each.values
            if row.if_there is not None and (self._rehearse or by_id or self._entity.name != "user"):
                row.settle(row.if_there)
                return
            if self._is_settled(each):
                return
        mutation: dict[str, Any] = {
            "mutationId": self._mutation_id(row.number),
            "entity": self._entity.name,
            "changes": data,
        }
        if self._mapping.options.allow_duplicates:
            mutation["skipDuplicates"] = True
        if self._entity.name == "user" and MatchRule.ID not in each.values:
            # Whether somebody is there because of this very row, only its receipt can tell.
            operation = "upsert" if row.if_there is None else "create"
            mutation |= {"operation": operation, "externalId": data["email"]}
        elif id is not None:
            mutation |= {"operation": "update", "id": id}
            if each.version is not None and not self._mapping.options.overwrite_changes:
                mutation["baseVersion"] = each.version
        elif self._by_upsert:
            mutation |= {"operation": "upsert", "externalId": each.values[MatchRule.EXTERNAL_ID]}
        else:
            mutation["operation"] = "create"
        row.mutation = mutation

    def _is_settled(self, each: _Pending) -> bool:
        """Settle a row that names its record by id and need not be sent; tell whether it is one."""
        record = each.record
        if not record or record.get("jobId") == self._run.job_id:
            # What this job has written, before its worker died, is sent again: its receipt knows what became of it.
            return False
        if says_nothing_new(each.data, record):
            each.row.settle(Outcome.UNCHANGED)
            return True
        if each.version is None or self._mapping.options.overwrite_changes or not self._rehearse:
            return False
        if record["version"] == each.version:
            return False
        each.row.settle(CHANGED_SINCE)
        return True
