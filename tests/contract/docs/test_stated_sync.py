"""architecture/sync.md says the numbers, codes, states and shapes of offline sync as the code has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from zebros.offline.engine import MOST_MUTATIONS
from zebros.offline.queue import ACKNOWLEDGED, QUEUED, REJECTED
from zebros_core.dynamodb.cursor import MAX_CURSOR_BYTES
from zebros_core.http.incoming import MAX_BODY_BYTES
from zebros_core.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from zebros_core.tenancy.sync_strategies import Strategy
from zebros_sync.adapters.owner_schemas import STALENESS
from zebros_sync.domain.cursor import ResetReason
from zebros_sync.domain.log import BUCKET_SEGMENTS, KEPT_DAYS, MAX_ENTRIES, STATE_SHARDS
from zebros_sync.domain.push import MAX_MUTATIONS, OutcomeKind, corrected
from zebros_sync.handlers.bodies import PullRequest, PushRequest
from zebros_sync.settings import OWNERS, PEOPLE
from zebros_sync.use_cases.append_changes import MAX_BYTES
from zebros_sync.use_cases.pull import MAX_PAGE_BYTES
from zebros_sync.use_cases.pull_changes import MAX_EXAMINED_BYTES

ROOT: Final = Path(__file__).resolve().parents[3]
TEXT: Final = (ROOT / "architecture/sync.md").read_text(encoding="utf-8")
API: Final[Mapping[str, Any]] = json.loads(
    (ROOT / "services/sync/contracts/openapi.json").read_text(encoding="utf-8")
)
METHODS: Final = ("get", "post")


def _section(heading: str) -> str:
    return TEXT.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def _rows(text: str) -> list[list[str]]:
    """The cells of each row of tables, without their headings."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row] for row in rows]
    return [cells[n] for n in range(2, len(cells)) if cells[n][0] and not cells[n][0].startswith("---")]


def _mebibytes(size: int) -> str:
    return f"{size // 1024**2} MiB"


def _schema(model: type[Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = model.model_json_schema(by_alias=True)["properties"][name]
    return found


def _limits() -> dict[str, str]:
    pushed = _schema(PushRequest, "mutations")
    page = _schema(PullRequest, "maxBytes")
    entities = next(each for each in _schema(PullRequest, "entities")["anyOf"] if "maxProperties" in each)
    oldest = corrected(datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), _NOW)
    assert pushed["maxItems"] == MAX_MUTATIONS
    assert page["maximum"] == MAX_PAGE_BYTES
    return {
        "mutations of a push": f"{pushed['minItems']} to {MAX_MUTATIONS} (the Python client sends {MOST_MUTATIONS})",
        "a request's body": _mebibytes(MAX_BODY_BYTES),
        "records of a pull's answer": f"{_mebibytes(page['default'])}; `maxBytes` takes {page['minimum']} to "
        f"{_mebibytes(page['maximum'])}; one record more may be in it",
        "what a pull reads at most": f"{_mebibytes(MAX_EXAMINED_BYTES)}; then the page ends, perhaps empty",
        "entities named in a pull": str(entities["maxProperties"]),
        "a cursor": f"{MAX_CURSOR_BYTES:,} characters",
        "`clientId`, `mutationId`": "64 characters: letters, digits, `_`, `-`; a mutation's also `.` and `:`",
        "log, tombstones, outcomes, settled conflicts": f"{KEPT_DAYS} days",
        "the oldest edit": f"counts as {(_NOW - oldest).days} days old",
        "entries of a segment": str(MAX_ENTRIES),
        "states of an append": _mebibytes(MAX_BYTES),
        "sequence numbers in a partition of the log": f"{BUCKET_SEGMENTS:,}",
        "partitions of the states": str(STATE_SHARDS),
        "the schema of an owner is kept for": f"{STALENESS // timedelta(minutes=1)} minutes",
        "conflicts in a page": f"{DEFAULT_LIMIT}, up to {MAX_LIMIT}",
    }


_NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_limits_are_those_of_the_code() -> None:
    assert {row[0]: row[1] for row in _rows(_section("## Limits"))} == _limits()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("clientId", r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"),
        ("mutationId", r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"),
    ],
)
def test_the_letters_of_ids_are_stated(name: str, pattern: str) -> None:
    schemas = API["components"]["schemas"]
    (found,) = {
        json.dumps(schema["properties"][name]["pattern"])
        for schema in schemas.values()
        if "pattern" in schema.get("properties", {}).get(name, {})
    }
    assert json.loads(found) == pattern


def test_figures_in_sentences_are_those_of_the_code() -> None:
    sentences = " ".join(TEXT.split())
    days = {int(each) for each in re.findall(r"(\d+) days", sentences)}
    assert days == {KEPT_DAYS, 365}
    assert f"spread over {STATE_SHARDS} partitions" in sentences
    assert f'"logDays": {KEPT_DAYS}, "maxMutations": {MAX_MUTATIONS}' in sentences


def test_the_entities_and_their_owners_are_those_of_the_code() -> None:
    stated = {
        row[1]: tuple(re.findall(r"`(\w+)`", row[0])) for row in _rows(_section("## What devices keep"))
    }
    assert stated == {**OWNERS, "auth": (PEOPLE,)}
    written = {
        name
        for row in _rows(_section("## What devices keep"))
        if row[2] == "yes"
        for name in re.findall(r"`(\w+)`", row[0])
    }
    assert written == {entity for entities in OWNERS.values() for entity in entities}


def test_every_call_is_stated_with_its_permission() -> None:
    stated = {
        (row[0].strip("`"), re.sub(r",.*", "", row[1]))
        for row in _rows(TEXT.split("\n## The calls\n", 1)[1].split("\n###", 1)[0])
    }
    promised = {
        (f"{method.upper()} {path}", f"`{said['entity']}` {said['action']}")
        for path, methods in API["paths"].items()
        for method in METHODS
        if method in methods
        for said in [methods[method]["x-permission"]]
    }
    assert stated == promised


def test_every_reason_to_start_anew_is_stated() -> None:
    assert {row[0].strip("`") for row in _rows(_section("### Starting anew"))} == set(ResetReason)


def test_every_outcome_of_a_mutation_is_stated() -> None:
    rows = _rows(_section("## Pushing"))
    assert {row[0].strip("`") for row in rows} >= set(OutcomeKind)


def test_every_strategy_is_stated() -> None:
    assert {row[0].strip("`") for row in _rows(_section("## How edits are merged"))} == set(Strategy)


def test_every_problem_of_a_call_is_stated_and_no_other() -> None:
    stated = {(row[0], row[1].strip("`")) for row in _rows(_section("## Errors"))}
    answered = {
        (str(example["value"]["status"]), code)
        for response in API["components"]["responses"].values()
        for code, example in response["content"]
        .get("application/problem+json", {})
        .get("examples", {})
        .items()
    }
    assert stated == answered


def test_the_states_of_a_change_are_those_of_our_device() -> None:
    drawings = TEXT.split("stateDiagram-v2")
    drawn = {name for way in _ways(drawings[2]) for name in way} - {"[*]"}
    assert drawn == {QUEUED, ACKNOWLEDGED, REJECTED}
    by_outcome = {
        kind
        for way in re.findall(r"queued --> \w+: ([\w, ]+)$", drawings[2], re.MULTILINE)
        for kind in way.split(", ")
    }
    assert set(OutcomeKind) <= by_outcome


def test_a_device_gets_from_each_of_its_states_to_being_level_or_wiped() -> None:
    ways = set(_ways(TEXT.split("stateDiagram-v2")[1]))
    states = {name for way in ways for name in way} - {"[*]"}
    for end in ("Level", "Wiped"):
        reached = {end}
        for _ in states:
            reached |= {begin for begin, then in ways if then in reached}
        assert states - reached <= {"Wiped"}, end


def _ways(drawing: str) -> list[tuple[str, str]]:
    return re.findall(r"^ +(\S+) --> (\w+|\[\*\])", drawing.split("```", 1)[0], re.MULTILINE)


def _examples() -> Iterator[tuple[str, str, Any]]:
    """Operation, `request` or `answer`, and each example below the heading of a call."""
    calls = list(re.finditer(r"^### `(GET|POST) (\S+)`$", TEXT, re.MULTILINE))
    for heading, following in pairwise([*calls, None]):
        assert heading is not None
        part = TEXT[heading.end() : following.start() if following is not None else None].split("\n## ", 1)[0]
        operation = API["paths"][heading[2]][heading[1].lower()]
        names = ["request", "answer"] if "requestBody" in operation else ["answer"]
        texts = re.findall(r"```json\n(.*?)```", part, re.DOTALL)
        assert len(texts) == len(names), heading[0]
        for name, text in zip(names, texts, strict=True):
            content = operation["requestBody"] if name == "request" else operation["responses"]["200"]
            yield f"{operation['operationId']} {name}", content["content"]["application/json"]["schema"], text


@pytest.mark.parametrize(
    ("name", "schema", "text"), [pytest.param(*each, id=each[0]) for each in _examples()]
)
def test_every_example_is_of_the_api_document(name: str, schema: Any, text: str) -> None:
    assert name
    Draft202012Validator({**schema, "components": API["components"]}).validate(json.loads(text))
