"""The record commands from the outside: what they send, print and end with."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from scripted_world import World, problem

import zebros

ACME = {
    "customerId": "c1",
    "companyName": "Acme \x1b[31mCorp",
    "industry": "software",
    "contactInfo": {"email": "a@acme.example"},
    "ownerId": "u1",
    "tags": ["vip"],
    "version": 3,
}


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def listed(*items: object, cursor: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"items": list(items), "nextCursor": cursor})


def test_a_list_in_a_pipe_is_tab_separated_with_whole_values(world: World) -> None:
    answer(world, listed(ACME))
    result = world.run("customers", "list", "--industry", "software", "--sort", "name")
    assert result.stdout.splitlines() == [
        "ID\tNAME\tINDUSTRY\tTIER\tOWNER\tVERSION",
        "c1\tAcme  [31mCorp\tsoftware\t\tu1\t3",
    ]
    assert dict(world.requests[0].url.params) == {"industry": "software", "sort": "name", "limit": "50"}


def test_json_output_is_the_records_as_the_api_gives_them(world: World) -> None:
    answer(world, listed(ACME, cursor="n"), listed(ACME))
    printed = json.loads(world.run("customers", "list", "--all", "--json").stdout)
    assert [each["companyName"] for each in printed] == ["Acme \x1b[31mCorp"] * 2
    assert printed[0]["customerId"] == "c1"


def test_limit_fetches_no_more_than_asked(world: World) -> None:
    answer(world, listed(ACME, ACME, cursor="n"))
    assert len(world.run("customers", "list", "-n", "2").stdout.splitlines()) == 3
    assert len(world.requests) == 1


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["customers", "list"], "zebros customers import"),
        (["customers", "list", "--tier", "gold"], "No customer matches these filters"),
        (["customers", "search", "acme", "corp"], "start with: acme corp"),
        (["contacts", "list"], "zebros contacts create"),
        (["documents", "list", "c1"], "zebros documents upload FILE --customer c1"),
        (["fields", "list"], "zebros fields create"),
        (["customers", "history", "c1"], "No changes"),
    ],
)
def test_an_empty_state_says_what_to_do(world: World, command: list[str], hint: str) -> None:
    answer(world, listed())
    result = world.run(*command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert hint in result.stderr
    if "history" not in command:
        assert json.loads(world.run(*command, "--json").stdout) == []


def test_search_sends_the_words(world: World) -> None:
    answer(world, listed(ACME))
    world.run("customers", "search", "acme", "corp")
    assert world.requests[0].url.path == "/v1/customers/search"
    assert world.requests[0].url.params["name"] == "acme corp"


def test_get_shows_the_record_without_control_characters(world: World) -> None:
    answer(world, httpx.Response(200, json=ACME))
    result = world.run("customers", "get", "c1")
    assert "email     a@acme.example" in result.stdout
    assert "\x1b" not in result.stdout


def test_get_by_external_id(world: World) -> None:
    answer(world, httpx.Response(200, json=ACME))
    world.run("customers", "get", "name:acme/1", "--external-id")
    assert world.requests[0].url.raw_path == b"/v1/customers/by-external-id/name%3Aacme%2F1"


def test_create_sends_what_was_given_and_nothing_else(world: World) -> None:
    answer(world, httpx.Response(201, json=ACME))
    world.run("customers", "create", "Acme", "--email", "a@acme.example", "--tag", "x", "--tag", "y")
    assert world.sent("/v1/customers") == [
        {"companyName": "Acme", "contactInfo": {"email": "a@acme.example"}, "tags": ["x", "y"]}
    ]


def test_create_with_a_custom_field_sends_its_type(world: World) -> None:
    field = {"fieldId": "f", "entity": "customer", "name": "seats", "type": "number"}
    answer(world, listed(field), httpx.Response(201, json=ACME))
    world.run("customers", "create", "Acme", "--custom", "seats=12")
    assert world.sent("/v1/customers")[0]["custom"] == {"seats": 12}


def test_a_duplicate_names_the_record_and_the_option(world: World) -> None:
    answer(
        world,
        problem(
            409,
            "duplicate",
            detail="exists",
            records=[{"entity": "customer", "id": "c9", "match": "name"}],
        ),
    )
    result = world.run("customers", "create", "Acme")
    assert result.exit_code == 5
    assert "customer c9 has the same name" in result.stderr
    assert "--allow-duplicate" in result.stderr


def test_update_sends_a_merge_patch_under_the_version(world: World) -> None:
    answer(world, httpx.Response(200, json=ACME))
    world.run("customers", "update", "c1", "--tier", "gold", "--clear", "contactInfo.phone", "--version", "3")
    assert world.sent("/v1/customers/c1") == [{"tier": "gold", "contactInfo": {"phone": None}}]
    assert world.requests[0].headers["if-match"] == '"3"'


def test_update_without_a_change_is_a_usage_error(world: World) -> None:
    assert world.run("customers", "update", "c1").exit_code == 2


def test_delete_says_how_to_restore(world: World) -> None:
    answer(world, httpx.Response(204))
    assert "zebros customers restore c1" in world.run("customers", "delete", "c1").stderr


def test_merge_asks_first(world: World) -> None:
    answer(
        world,
        httpx.Response(200, json=ACME),
        httpx.Response(200, json={**ACME, "companyName": "Acme Ltd"}),
        httpx.Response(202, json={"mergeId": "m1", "status": "running", "moved": 4}),
    )
    assert world.run("customers", "merge", "c1", "c2", stdin="n\n").exit_code != 0
    assert world.sent("/v1/customers/c1/merge") == []
    answer(world, httpx.Response(202, json={"mergeId": "m1", "status": "running", "moved": 4}))
    assert "running" in world.run("customers", "merge", "c1", "c2", "--yes").stdout
    assert world.sent("/v1/customers/c1/merge") == [{"loserId": "c2"}]


@pytest.mark.parametrize(
    ("status", "code", "exit_code"),
    [
        (401, "unauthenticated", 3),
        (403, "forbidden", 8),
        (404, "not-found", 4),
        (409, "conflict", 5),
        (412, "version-mismatch", 5),
        (428, "precondition-required", 5),
        (400, "bad-request", 7),
        (413, "payload-too-large", 7),
        (422, "validation-failed", 7),
        (429, "rate-limited", 6),
        (500, "internal", 6),
        (503, "unavailable", 6),
    ],
)
def test_exit_codes_and_json_errors(world: World, status: int, code: str, exit_code: int) -> None:
    answer(world, problem(status, code, detail="why"))
    result = world.run("customers", "get", "c1", "--json")
    assert (result.exit_code, result.stdout) == (exit_code, "")
    error = json.loads(result.stderr)["error"]
    assert (error["status"], error["code"], error["message"], error["exitCode"]) == (
        status,
        code,
        "why",
        exit_code,
    )


def test_no_network_is_unavailable_and_says_what_to_check(world: World) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    world.respond = refuse
    result = world.run("customers", "list")
    assert result.exit_code == 6
    assert "make up" in result.stderr


def test_faults_are_shown_by_field(world: World) -> None:
    fault = {"field": "/contactInfo/email", "code": "email", "message": "not an address"}
    answer(world, problem(422, "validation-failed", detail="not accepted", errors=[fault]))
    assert (
        "/contactInfo/email: not an address" in world.run("customers", "create", "A", "--email", "x").stderr
    )


def test_contacts_of_a_customer_and_by_address(world: World) -> None:
    contact = {"contactId": "p1", "firstName": "Ada", "lastName": "Lovelace", "email": "ada@acme.example"}
    answer(world, listed(contact))
    assert "Ada Lovelace" in world.run("contacts", "list", "--customer", "c1").stdout
    assert world.requests[-1].url.path == "/v1/customers/c1/contacts"
    world.run("contacts", "list", "--email", "ada@acme.example")
    assert world.requests[-1].url.params["email"] == "ada@acme.example"
    answer(world, httpx.Response(201, json=contact))
    world.run("contacts", "create", "Lovelace", "--first-name", "Ada", "--customer", "c1")
    assert world.sent("/v1/contacts") == [{"lastName": "Lovelace", "firstName": "Ada", "customerId": "c1"}]


def test_a_choice_field_needs_choices(world: World) -> None:
    assert world.run("fields", "create", "customer", "size", "--type", "choice").exit_code == 2
    answer(
        world,
        httpx.Response(201, json={"fieldId": "f", "entity": "customer", "name": "size", "type": "choice"}),
    )
    world.run("fields", "create", "customer", "size", "--type", "choice", "--choice", "S", "--choice", "L")
    assert world.sent("/v1/fields") == [
        {"entity": "customer", "name": "size", "type": "choice", "choices": ["S", "L"]}
    ]


def test_a_downloads_name_cannot_lead_out_of_the_folder(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {"documentId": "d1", "fileName": "../../../evil.pdf", "sizeBytes": 3}

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.host == "s3.test":
            return httpx.Response(200, content=b"pdf")
        if request.url.path.endswith("/download"):
            return httpx.Response(200, json={"url": "https://s3.test/x"})
        return httpx.Response(200, json=document)

    world.respond = respond
    below = world.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert world.run("documents", "download", "d1").exit_code == 0
    assert (below / "evil.pdf").read_bytes() == b"pdf"
    again = world.run("documents", "download", "d1")
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_an_upload_that_stops_says_how_to_resume(world: World, tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(b"x" * 12)

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.host == "s3.test":
            return httpx.Response(403, content=b"<Error><Code>AccessDenied</Code></Error>")
        if request.url.path.endswith("/parts"):
            return httpx.Response(
                200, json={"urls": [{"partNumber": n, "url": "https://s3.test/p"} for n in (1, 2)]}
            )
        document = {"documentId": "d7", "fileName": "big.bin", "sizeBytes": 12}
        upload = {"method": "multipart", "uploadId": "u", "partSizeBytes": 6}
        return httpx.Response(201, json={"document": document, "upload": upload})

    world.respond = respond
    result = world.run("documents", "upload", str(file), "--customer", "c1")
    assert result.exit_code == 1
    assert "--resume d7" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(world: World, shell: str) -> None:
    result = world.run("completion", shell)
    assert result.exit_code == 0
    assert "_ZEBROS_COMPLETE" in result.stdout


def test_the_version_is_printed_without_a_command(world: World) -> None:
    result = world.run("--version")
    assert (result.exit_code, result.stdout) == (0, f"zebros {zebros.__version__}\n")


def test_usage_errors_end_with_2(world: World) -> None:
    for command in (["customers", "list", "--sort", "age"], ["nothing"], ["completion", "tcsh"]):
        assert world.run(*command).exit_code == 2


def test_help_starts_without_the_http_and_model_libraries() -> None:
    code = "import sys, zebros.cli.main; print([m for m in ('httpx', 'pydantic', 'rich.table') if m in sys.modules])"
    started = time.perf_counter()
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
    assert time.perf_counter() - started < 5
