"""The cases that clients of offline sync are held to are those that our device, our merge and our service keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from sync_conformance import carry_out_sync, merge
from sync_transcripts import FILE, FOLDER, readable, transcripts

pytestmark = pytest.mark.contract

DEVICE: Final[Mapping[str, Any]] = json.loads((FOLDER / "device.json").read_text(encoding="utf-8"))
MERGE: Final[Mapping[str, Any]] = json.loads((FOLDER / "merge.json").read_text(encoding="utf-8"))
TRANSCRIPTS: Final[Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
FILES: Final = {"device.json": DEVICE, "merge.json": MERGE, "transcripts.json": TRANSCRIPTS}
API: Final[Mapping[str, Any]] = json.loads((FOLDER.parent / "openapi.json").read_text(encoding="utf-8"))


def _named(case: Mapping[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_of_the_schema_and_each_case_has_a_name_of_its_own(name: str) -> None:
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    kind = f"#/$defs/{FILES[name]['kind']}File"
    Draft202012Validator({**schema, "oneOf": [{"$ref": kind}]}).validate(FILES[name])
    names = [_named(case) for case in FILES[name]["cases"]]
    assert len(set(names)) == len(names)


def test_the_schema_has_no_room_for_what_it_does_not_know() -> None:
    schema = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    case = {**DEVICE["cases"][0], "surprise": 1}
    assert not Draft202012Validator(schema).is_valid({**DEVICE, "cases": [case]})


def test_the_files_are_written_for_people() -> None:
    for name, content in FILES.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == readable(content) + "\n", name


@pytest.mark.parametrize("case", DEVICE["cases"], ids=_named)
def test_a_device_of_ours_asks_and_keeps_what_the_case_says(case: Mapping[str, Any], tmp_path: Path) -> None:
    asked, kept = carry_out_sync(case, tmp_path / "store")
    wanted = [{name: value for name, value in each.items() if name != "answer"} for each in case["exchange"]]
    # Behind the end of the script there is no network: it may have asked once more, in vain.
    assert asked[: len(wanted)] == wanted
    assert len(asked) <= len(wanted) + 1
    assert kept == case["then"]


@pytest.mark.parametrize("case", MERGE["cases"], ids=_named)
def test_the_service_merges_as_the_case_says(case: Mapping[str, Any]) -> None:
    assert merge(case, MERGE["codes"]) == case["then"]


def test_the_service_answers_as_the_transcripts_say() -> None:
    assert transcripts() == TRANSCRIPTS, (
        "run `.venv/bin/python tests/sync_transcripts.py` and look at what changed"
    )


def test_what_transcripts_say_is_of_the_api_document() -> None:
    components = {"components": API["components"]}
    seen: set[str] = set()
    for step in (step for case in TRANSCRIPTS["cases"] for step in case["steps"] if "request" in step):
        request, answer = step["request"], step["answer"]
        operation = _operation(request)
        seen.add(operation["operationId"])
        if "body" in request and answer["status"] == 200:
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            Draft202012Validator({**body, **components}).validate(request["body"])
        said = operation["responses"][str(answer["status"])]
        if "$ref" in said:
            said = API["components"]["responses"][said["$ref"].rpartition("/")[2]]
        if "body" in answer:
            content = said["content"].get("application/problem+json") or said["content"]["application/json"]
            Draft202012Validator({**content["schema"], **components}).validate(answer["body"])
    assert {"pullChanges", "pushChanges", "getSyncHead", "getSyncStatus", "resolveConflict"} <= seen


def _operation(request: Mapping[str, Any]) -> Mapping[str, Any]:
    path = str(request["path"])
    if path.startswith("/v1/sync/conflicts/"):
        path = "/v1/sync/conflicts/{conflictId}" + (":resolve" if path.endswith(":resolve") else "")
    operation: Mapping[str, Any] = API["paths"][path][request["method"].lower()]
    return operation
