"""The judgement of one operation: what a tenant gets for another's things, held against what it gets for nobody's.

An answer about a thing of another tenant and one about a thing that never was must be the same, but for what the caller
sent and what differs in any two answers. So an answer tells nothing, whatever it says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api_document import Operation
from estate import Estate, Nowhere, Things
from port import Answer, Call, Caller, Service
from recipes import RECIPES, call_of, reference_calls

REFUSALS = frozenset({400, 404, 422})
_ULID = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_VERSION = re.compile(r'"version":\d+|"etag": "[^,}]*')
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_ALIKE_HEADERS = ("content-type", "etag", "cache-control", "location", "retry-after", "idempotency-replayed")


def judge(service: Service, operation: Operation, victim: Estate, *attackers: Estate) -> None:
    """Raise AssertionError when an attacker learns or changes anything of the victim's by this operation.

    Where pictures are dear, keys are judged only where the victim has used its own already.
    """
    if service.pictures_are_cheap:
        use_key(operation, victim)
    for attacker in attackers:
        # Things are made when they are first named: that is not to happen between the two pictures.
        list(_attempts(operation, victim, attacker))
    with victim.untouched():
        for attacker in attackers:
            _judge(service, operation, victim, attacker)


def use_key(operation: Operation, victim: Estate) -> None:
    """Let the victim use its idempotency key for the operation, unless it has."""
    if operation.takes_key and operation.id not in victim.key_answers:
        victim.key_answers[operation.id] = _with_key(victim.service, operation, victim, victim["key"])


def _judge(service: Service, operation: Operation, victim: Estate, attacker: Estate) -> None:
    for call, twin, harmless in _attempts(operation, victim, attacker):
        nobodys = Nowhere()
        answer = _but_own_records(service.call(attacker.admin, call), attacker)
        other = _but_own_records(service.call(attacker.admin, twin(nobodys)), attacker)
        told = f"{operation.id}: {call}\n{answer.status} {answer.text}\n{other.status} {other.text}"
        _tells_nothing(answer, call, victim, told)
        if harmless:
            assert answer.status in operation.successes, told
        else:
            assert _is_refused(answer), told
        assert _look(answer, victim) == _look(other, nobodys), f"another's and nobody's differ: {told}"
    for call in _own_calls(operation, attacker):
        answer = _but_own_records(service.call(attacker.admin, call), attacker)
        assert answer.status in operation.successes, f"{operation.id}: {call}\n{answer.status} {answer.text}"
        told = f"{operation.id} shows another tenant's: {answer.text}"
        _tells_nothing(answer, call, victim, told)
    if operation.has_cursor:
        _judge_cursor(service, operation, victim, attacker)
    if operation.id in victim.key_answers:
        _judge_key(service, operation, victim, attacker)


def _attempts(operation: Operation, victim: Estate, attacker: Estate) -> Iterator[tuple[Call, Any, bool]]:
    """Give calls that name the victim's things, how the same is asked of nobody's, and whether it may succeed."""
    if operation.path_names:
        harmless = RECIPES[operation.id].harmless
        yield call_of(operation, victim), lambda nobodys: call_of(operation, nobodys), harmless
    for index, (call, harmless) in enumerate(reference_calls(operation, victim, attacker)):
        yield call, _twin(operation, attacker, index), harmless


def _twin(operation: Operation, attacker: Estate, index: int) -> Any:
    return lambda nobodys: reference_calls(operation, nobodys, attacker)[index][0]


def _own_calls(operation: Operation, attacker: Estate) -> list[Call]:
    """Return what the attacker may do with its own: read what another's could turn up in, write what it has one of."""
    of_one = operation.method in ("PUT", "PATCH") and not operation.path_names and not operation.references
    return [call_of(operation, attacker)] if operation.method == "GET" or of_one else []


def _judge_cursor(service: Service, operation: Operation, victim: Estate, attacker: Estate) -> None:
    def page(caller: Caller, things: Things, cursor: str | None) -> Answer:
        call = call_of(operation, things)
        more = {"limit": "1"} if cursor is None else {"limit": "1", "cursor": cursor}
        return service.call(caller, replace(call, query={**call.query, **more}))

    first = page(victim.admin, victim, None)
    cursor = first.body["nextCursor"]
    assert cursor, f"{operation.id}: the victim's list needs two pages for this proof: {first.text}"
    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    answer, other = (page(attacker.admin, attacker, text) for text in (cursor, forged))
    assert _is_refused(answer), f"{operation.id} took another tenant's cursor: {answer.status} {answer.text}"
    assert _look(answer, victim) == _look(other, victim), f"{answer.text}\n{other.text}"


def _judge_key(service: Service, operation: Operation, victim: Estate, attacker: Estate) -> None:
    """A key that the victim has used for this very operation is a fresh one for everybody else."""
    theirs = victim.key_answers[operation.id]
    own = _with_key(service, operation, attacker, victim["key"])
    assert theirs.status in operation.successes, theirs.text
    assert own.status == theirs.status, f"{operation.id}: another tenant's key counted: {own.text}"
    assert "idempotency-replayed" not in own.headers, f"{operation.id} replayed another tenant's outcome"
    shared = set(_ULID.findall(own.text)) & set(_ULID.findall(theirs.text))
    assert not shared, f"{operation.id} gave another tenant's outcome for its key: {own.text}"


def _with_key(service: Service, operation: Operation, estate: Estate, key: str) -> Answer:
    # On things of its own, since the call uses them up.
    call = call_of(operation, Estate(service, estate.admin))
    return service.call(estate.admin, replace(call, headers={**call.headers, "Idempotency-Key": key}))


def _is_refused(answer: Answer) -> bool:
    if answer.status in REFUSALS:
        return True
    outcomes = answer.body.get("outcomes") if answer.status == 200 and isinstance(answer.body, dict) else None
    return bool(outcomes) and all(
        outcome["outcome"] == "rejected" and outcome["problem"]["status"] in REFUSALS for outcome in outcomes
    )


def _tells_nothing(answer: Answer, call: Call, victim: Estate, told: str) -> None:
    """Nothing of the victim's is in an answer but what the caller itself has sent."""
    sent = json.dumps([call.path, call.body, dict(call.query), dict(call.headers)], ensure_ascii=False)
    shown = answer.text + json.dumps(dict(answer.headers))
    # As a whole word: a tenant's id may be the beginning of another's.
    found = (secret for secret in victim.secrets() if secret in shown and secret not in sent)
    seen = [secret for secret in found if re.search(rf"\b{re.escape(secret)}\b", shown)]
    assert not seen, f"shows {seen}: {told}"


def _but_own_records(answer: Answer, attacker: Estate) -> Answer:
    """Return the answer without records that the attacker has made itself, under names that it took from the victim."""
    if not isinstance(answer.body, dict) or not isinstance(answer.body.get("items"), list):
        return answer
    others = [item for item in answer.body["items"] if item.get("createdBy") != attacker.admin.user]
    return replace(answer, text=json.dumps({**answer.body, "items": others}, ensure_ascii=False))


def _look(answer: Answer, named: Estate | Nowhere) -> tuple[int, str]:
    """Return what can be told from an answer, without what the caller sent and what differs anyway."""
    text = answer.text + json.dumps({name: answer.headers.get(name) for name in _ALIKE_HEADERS})
    if answer.status >= 400:
        text = re.sub(r'"(instance|requestId)":"[^"]*"', "", text)
    for thing, name in sorted(named.made.items(), key=lambda made: -len(made[1])):
        text = text.replace(name, f"<{thing}>")
    for pattern in (_ULID, _INSTANT, _VERSION):
        text = pattern.sub("<any>", text)
    return answer.status, text
