"""Imports, exports, reports, requests of persons and backups on the command line: all are jobs of the service."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from jobs_server import COUNTS, JOB, SUGGESTED, JobsServer
from scripted_world import World, problem

START = f"/v1/imports/{JOB}:start"
MAP = "account=companyName"
REJECTED = {
    **COUNTS,
    "created": 1,
    "rejected": 1,
    "problems": [{"message": "no name", "count": 1, "lines": [3]}],
}
FAILED = {
    "code": "broken-file",
    "detail": "The file cannot\x1b[31m be read.",
    "errors": [{"field": "mapping", "message": "two columns are externalId"}],
}


@pytest.fixture
def server(world: World) -> JobsServer:
    made = JobsServer()
    world.respond = made
    return made


def write(world: World, name: str = "accounts.csv", content: bytes = b"account,sector\nAcme,tech\n") -> str:
    path = world.folder / name
    path.write_bytes(content)
    return str(path)


def test_an_import_uploads_the_file_starts_and_waits_for_the_end(world: World, server: JobsServer) -> None:
    result = world.run("customers", "import", write(world), "--map", MAP)
    assert (result.exit_code, result.stdout) == (0, "2 created, 0 updated, 0 unchanged, 0 rejected\n")
    assert f"zebros imports undo {JOB}" in result.stderr
    assert server.body("/v1/imports") == {"entity": "customer", "fileName": "accounts.csv", "sizeBytes": 25}
    assert b"Acme,tech" in server.uploaded[0]
    assert server.body(START) == {
        "mapping": [{"column": "account", "field": "companyName"}],
        "options": {},
        "dryRun": False,
    }
    assert len(server.paths("GET")) == 3
    assert len(world.waits) == 2


def test_without_a_mapping_the_service_finds_it_out(world: World, server: JobsServer) -> None:
    assert world.run("customers", "import", write(world)).exit_code == 0
    assert server.body(START) == {"options": {}, "dryRun": False}
    assert server.paths() == ["/v1/imports", START]


def test_what_is_said_of_columns_is_laid_over_the_suggestion(world: World, server: JobsServer) -> None:
    args = ["--value", "sector:IT=software", "--default", "size=small", "--require", "companyName"]
    assert world.run("customers", "import", write(world), *args).exit_code == 0
    name, sector = SUGGESTED
    assert server.body(START)["mapping"] == [
        {**name, "required": True},
        {**sector, "translations": {"IT": "software"}},
        {"field": "size", "default": "small"},
    ]


def test_options_are_sent_by_the_names_of_the_api(world: World, server: JobsServer) -> None:
    args = ["--map", MAP, "--external-id-column", "id", "--delimiter", ";", "--date-format", "DD.MM.YYYY"]
    more = ["--decimal", "comma", "--match-by", "externalId,name", "--on-duplicate", "skip"]
    last = [
        "--on-missing",
        "create",
        "--allow-duplicate",
        "--encoding",
        "utf-8",
        "--sheet",
        "One",
        "--dry-run",
    ]
    result = world.run("customers", "import", write(world), *args, *more, *last)
    assert result.stdout.endswith("; nothing was written\n")
    body = server.body(START)
    assert body["mapping"][1] == {"column": "id", "field": "externalId"}
    assert body["dryRun"] is True
    assert body["options"] == {
        "delimiter": ";",
        "encoding": "utf-8",
        "sheet": "One",
        "dateFormat": "DD.MM.YYYY",
        "decimalStyle": "comma",
        "matchBy": ["externalId", "name"],
        "onDuplicate": "skip",
        "onMissingReference": "create",
        "allowDuplicates": True,
    }


def test_an_edited_export_goes_by_its_ids(world: World, server: JobsServer) -> None:
    result = world.run("customers", "import", write(world), "--match", "id", "--overwrite-changes")
    assert result.exit_code == 0
    assert server.body(START)["options"] == {"matchBy": ["id"], "overwriteChanges": True}


def test_a_preview_shows_and_writes_nothing(world: World, server: JobsServer) -> None:
    result = world.run("customers", "import", write(world), "--preview")
    assert (result.exit_code, "line 2: " in result.stderr) == (0, True)
    assert result.stdout.splitlines() == ["COLUMN\tFIELD", "account\tcompanyName", "sector\tindustry"]
    assert server.paths()[-1] == f"/v1/jobs/{JOB}:cancel"
    assert START not in server.paths()


@pytest.mark.parametrize(
    ("refused", "args"),
    [
        (START, ["--map", "account=companyName,sector=nothing"]),
        (f"/v1/imports/{JOB}:preview", ["--preview"]),
        (f"/v1/imports/{JOB}:preview", ["--require", "companyName"]),
    ],
)
def test_an_import_that_is_refused_before_its_start_leaves_no_job_that_waits(
    world: World, server: JobsServer, refused: str, args: list[str]
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == refused:
            return problem(422, "validation-failed", detail="nobody knows a field nothing")
        return server(request)

    world.respond = answer
    result = world.run("customers", "import", write(world), *args)
    assert (result.exit_code, "nobody knows a field nothing" in result.stderr) == (7, True)
    assert server.paths()[-1] == f"/v1/jobs/{JOB}:cancel"


def test_standard_input_and_workbooks_are_imported(world: World, server: JobsServer) -> None:
    assert world.run("customers", "import", "-", stdin="account\nAcme\n").exit_code == 0
    assert server.body("/v1/imports")["fileName"] == "import.csv"
    server.calls.clear()
    assert world.run("contacts", "import", write(world, "people.xlsx", b"PK..")).exit_code == 0
    assert server.body("/v1/imports") == {"entity": "contact", "fileName": "people.xlsx", "sizeBytes": 4}


@pytest.mark.parametrize("chosen", [None, "bad/rows.csv"])
def test_rejected_rows_are_saved_beside_the_file_or_where_one_says(
    world: World, server: JobsServer, chosen: str | None
) -> None:
    server.result, server.files = REJECTED, {"accounts.errors.csv": b"account,error\n"}
    args = [] if chosen is None else ["--errors", str(world.folder / chosen)]
    result = world.run("customers", "import", write(world), *args)
    assert result.exit_code == 1
    assert "1 x no name (line 3)" in result.stderr
    assert (world.folder / (chosen or "accounts.errors.csv")).read_bytes() == b"account,error\n"


def test_a_failed_import_says_why(world: World, server: JobsServer) -> None:
    server.state, server.result, server.problem = "failed", None, FAILED
    result = world.run("customers", "import", write(world))
    assert (result.exit_code, result.stdout) == (7, "")
    assert "mapping: two columns are externalId" in result.stderr
    assert "\x1b" not in result.stderr


def test_a_cancelled_import_says_how_far_it_came(world: World, server: JobsServer) -> None:
    server.state, server.result = "cancelled", {**COUNTS, "stoppedAfterLine": 17}
    result = world.run("customers", "import", write(world))
    assert result.exit_code == 1
    assert "cancelled" in result.stderr
    assert "Stopped after line 17" in result.stderr
    server.result = None
    assert world.run("customers", "import", write(world)).exit_code == 1


def test_detached_and_json(world: World, server: JobsServer) -> None:
    result = world.run("customers", "import", write(world), "--detach", "--json")
    assert (json.loads(result.stdout)["state"], server.paths("GET")) == ("queued", [])
    told = json.loads(world.run("customers", "import", write(world), "--json").stdout)
    assert (told["state"], told["result"]["created"], told["errorsFile"]) == ("succeeded", 2, None)


def test_users_are_imported_with_a_role_and_a_domain(world: World, server: JobsServer) -> None:
    args = ["--role", "sales-manager", "--email-domain", "aurora.example", "--map", "agent=name"]
    assert world.run("users", "import", write(world), *args).exit_code == 0
    assert server.body("/v1/imports")["entity"] == "user"
    assert server.body(START)["options"] == {"role": "sales-manager", "emailDomain": "aurora.example"}


@pytest.mark.parametrize(
    "args",
    [
        ["empty.csv"],
        ["nowhere.csv"],
        ["accounts.csv", "--map", "account"],
        ["accounts.csv", "--map", "a=name,a=size"],
        ["accounts.csv", "--value", "sector"],
        ["accounts.csv", "--default", "size"],
        ["accounts.csv", "--decimal", "dot"],
        ["accounts.csv", "--on-duplicate", "double"],
        ["accounts.csv", "--errors", "accounts.csv"],
    ],
    ids=" ".join,
)
def test_nothing_is_sent_for_what_is_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch, args: list[str]
) -> None:
    monkeypatch.chdir(world.folder)
    write(world, "empty.csv", b"")
    write(world)
    assert world.run("customers", "import", *args).exit_code == 2
    assert world.requests == []


def test_empty_standard_input_is_refused(world: World) -> None:
    assert world.run("customers", "import", "-", stdin="").exit_code == 2


def test_jobs_are_listed_shown_watched_cancelled(world: World, server: JobsServer) -> None:
    server.answers["GET", "/v1/jobs"] = {"items": [server.job("running")], "nextCursor": None}
    listed = world.run("jobs", "list", "--kind", "import", "--state", "running").stdout.splitlines()[1]
    assert listed.split("\t")[:5] == [JOB, "import", "customer", "running", "50 %"]
    assert world.requests[-1].url.params["kind"] == "import"
    assert world.run("jobs", "list", "--kind", "lunch").exit_code == 2
    assert "50 %" in world.run("jobs", "show", JOB).stdout
    assert "succeeded" in world.run("jobs", "watch", JOB).stdout
    assert "Cancelled." in world.run("jobs", "cancel", JOB).stderr


def test_watching_a_failed_job_ends_with_an_error(world: World, server: JobsServer) -> None:
    server.state, server.problem = "failed", FAILED
    result = world.run("jobs", "watch", JOB)
    assert (result.exit_code, "mapping: two columns" in result.stderr) == (7, True)


def test_files_of_a_job_are_downloaded_by_their_own_names(world: World, server: JobsServer) -> None:
    server.files = {"a.csv": b"a", "b.csv": b"b"}
    to = world.folder / "made"
    assert len(json.loads(world.run("jobs", "download", JOB, "--to", str(to), "--json").stdout)) == 2
    assert {each.name: each.read_bytes() for each in to.iterdir()} == server.files
    server.files = {}
    waiting = world.run("jobs", "download", JOB)
    assert (waiting.exit_code, f"zebros jobs watch {JOB}" in waiting.stderr) == (0, True)
    world.run("jobs", "watch", JOB)
    assert "no files" in world.run("jobs", "download", JOB).stderr


def test_rows_of_an_import_and_taking_it_back(world: World, server: JobsServer) -> None:
    row = {"row": 1, "line": 3, "outcome": "rejected", "id": None, "problem": {"message": "no name"}}
    server.answers["GET", f"/v1/imports/{JOB}/rows"] = {"items": [row], "nextCursor": None}
    result = world.run("imports", "rows", JOB, "--outcome", "rejected")
    assert result.stdout.splitlines()[1] == "3\trejected\t\tno name"
    server.result = {"kept": 1}
    result = world.run("imports", "undo", JOB)
    assert (result.exit_code, server.paths()) == (0, [f"/v1/imports/{JOB}:undo"])
    assert "Waiting until the history knows all that the import wrote" in result.stderr
    assert f"zebros jobs download {JOB}" in result.stderr


def test_an_export_is_saved_under_the_name_that_one_gives(world: World, server: JobsServer) -> None:
    server.files = {"customers.xlsx": b"PK"}
    target = world.folder / "out" / "all.xlsx"
    args = ["--where", "createdAt=2026-01-01..", "--where", "size=5", "--fields", "companyName,size"]
    assert world.run("export", "customer", "--to", str(target), *args).exit_code == 0
    assert target.read_bytes() == b"PK"
    assert server.body("/v1/exports") == {
        "entity": "customer",
        "format": "xlsx",
        "filters": {"createdAt": {"from": "2026-01-01"}, "size": 5},
        "fields": ["companyName", "size"],
    }
    assert world.run("export", "customer", "--format", "pdf").exit_code == 2


def report() -> dict[str, Any]:
    columns = [
        {"key": "won", "label": "Won", "kind": "money", "currency": "USD"},
        {"key": "rate", "label": "Win rate", "kind": "rate"},
    ]
    row = {"group": [{"label": "Q1"}], "values": {"won": 1200.5, "rate": 0.625}}
    totals = {"group": [], "values": {"won": 2000, "rate": None}}
    result = {"title": "Sales", "by": ["quarter"], "columns": columns, "rows": [row], "totals": totals}
    return {"jobId": JOB, "report": "sales", "state": "succeeded", "result": result}


def test_a_report_is_a_table_with_totals_and_a_file(world: World, server: JobsServer) -> None:
    server.answers["GET", f"/v1/reports/{JOB}"] = report()
    server.files = {"sales.pdf": b"%PDF", "sales.json": b"{}"}
    args = ["reports", "sales", "--period", "2017", "--by", "quarter", "--pdf", "--to", str(world.folder)]
    lines = world.run(*args).stdout.splitlines()
    assert lines == ["QUARTER\tWON\tWIN RATE", "Q1\t1,200.50 USD\t62.50%", "total\t2,000 USD\t"]
    assert (world.folder / "sales.pdf").read_bytes() == b"%PDF"
    assert not (world.folder / "sales.json").exists()
    asked = {"report": "sales", "period": "2017", "by": ["quarter"], "formats": ["pdf", "json"]}
    assert server.body("/v1/reports") == asked
    assert json.loads(world.run(*args, "--json").stdout)["result"]["rows"][0]["values"]["won"] == 1200.5


def test_schedules_of_reports(world: World, server: JobsServer) -> None:
    asked = {"report": "sales", "period": "last-month", "formats": ["pdf"]}
    made = {
        "scheduleId": "s1",
        "name": "Board",
        "report": asked,
        "recurrence": {"every": "month", "at": "07:00", "day": 1},
        "recipients": ["ada@aurora.example"],
        "paused": None,
        "version": 1,
    }
    where = "/v1/report-schedules"
    server.answers |= {
        ("GET", where): {"items": [made], "nextCursor": None},
        ("POST", where): made,
        ("PATCH", f"{where}/s1"): made,
        ("DELETE", f"{where}/s1"): None,
    }
    assert "s1\tBoard\tsales\tmonth 07:00" in world.run("reports", "schedules", "list").stdout
    args = ["Board", "sales", "--at", "07:00", "--mail", "ada@aurora.example"]
    assert "s1" in world.run("reports", "schedules", "create", *args).stderr
    wanted = {name: made[name] for name in ("name", "report", "recurrence", "recipients")}
    assert server.calls[-1] == ("POST", where, wanted)
    world.run("reports", "schedules", "create", *args[:2], "--every", "week", *args[-2:])
    assert server.calls[-1][2]["recurrence"] == {"every": "week", "at": "08:00", "weekdays": ["monday"]}
    world.run("reports", "schedules", "pause", "s1")
    assert server.calls[-1] == ("PATCH", f"{where}/s1", {"paused": True})
    assert world.run("reports", "schedules", "delete", "s1", stdin="n\n").exit_code == 1
    assert "DELETE" not in {method for method, _, _ in server.calls}
    assert world.run("reports", "schedules", "delete", "s1", "--yes").exit_code == 0


def test_a_person_is_exported_and_erased_only_when_sure(world: World, server: JobsServer) -> None:
    server.files = {"archive.zip": b"PK"}
    to = ["--to", str(world.folder)]
    assert world.run("privacy", "export", "--email", "jo@example.com", *to).exit_code == 0
    assert (world.folder / "archive.zip").read_bytes() == b"PK"
    subject = {"email": "jo@example.com"}
    where = "/v1/privacy-requests"
    assert server.body(where) == {"kind": "portability", "subject": subject, "confirm": False}
    server.calls.clear()
    assert world.run("privacy", "erase", "--contact", "c1", *to, stdin="n\n").exit_code == 1
    assert server.calls == []
    assert world.run("privacy", "erase", "--contact", "c1", "--yes", "--reason", "asked", *to).exit_code == 0
    erasure = {"kind": "erasure", "subject": {"contactId": "c1"}, "confirm": True, "reason": "asked"}
    assert server.body(where) == erasure
    assert world.run("privacy", "export").exit_code == 2
    assert world.run("privacy", "erase", "--contact", "c1", "--user", "u1", "--yes").exit_code == 2
    assert world.run("privacy", "again", JOB).exit_code == 0
    assert server.paths()[-1] == f"{where}/{JOB}:again"


def test_requests_certificates_and_holds_are_shown(world: World, server: JobsServer) -> None:
    subject = {"contactIds": ["c1"], "emails": [], "emailHashes": ["5d41"]}
    asked = server.job("succeeded", request="erasure", outcome="partly", subject=subject)
    held = {"holdId": "h1", "all": True, "reason": "audit", "inForce": True}
    server.answers |= {
        ("GET", "/v1/privacy-requests"): {"items": [asked], "nextCursor": None},
        ("GET", f"/v1/privacy-requests/{JOB}/certificate"): {
            "certificate": {"erased": 3},
            "signed": "s",
            "publicKey": "k",
        },
        ("GET", "/v1/legal-holds"): {"items": [held]},
        ("POST", "/v1/legal-holds"): held,
        ("DELETE", "/v1/legal-holds/h1"): None,
    }
    assert f"{JOB}\terasure\tc1\tsucceeded\tpartly" in world.run("privacy", "list").stdout
    assert json.loads(world.run("privacy", "certificate", JOB).stdout) == {"erased": 3}
    assert json.loads(world.run("privacy", "certificate", JOB, "--json").stdout)["publicKey"] == "k"
    assert "h1\teverything\taudit" in world.run("privacy", "holds", "list").stdout
    assert world.run("privacy", "holds", "create", "--reason", "audit", "--all").exit_code == 0
    assert server.calls[-1][2] == {"reason": "audit", "all": True}
    assert world.run("privacy", "holds", "end", "h1").exit_code == 0


def test_a_rule_of_retention_is_changed_or_ended_and_the_others_stay(
    world: World, server: JobsServer
) -> None:
    rules = {"businessYears": 8, "eraseBusinessRecords": False, "inactiveContactMonths": 36}
    server.answers |= {
        ("GET", "/v1/retention"): rules,
        ("PUT", "/v1/retention"): {**rules, "previewJobId": JOB},
    }
    args = ["--set", "lostLeadMonths=24", "--set", "inactiveContactMonths=never"]
    assert f"zebros jobs watch {JOB}" in world.run("privacy", "retention", *args).stderr
    sent = server.calls[-1][2]
    assert (sent["businessYears"], sent["lostLeadMonths"], sent["inactiveContactMonths"]) == (8, 24, None)


def test_backups_are_made_listed_and_put_back_only_when_sure(world: World, server: JobsServer) -> None:
    made = {"jobId": JOB, "state": "succeeded", "createdAt": "2026-11-28", "expiresOn": "2027-11-28"}
    assert world.run("backups", "create").exit_code == 0
    server.answers["GET", "/v1/backups"] = {"items": [made], "nextCursor": None}
    assert JOB in world.run("backups", "list").stdout
    server.calls.clear()
    assert world.run("backups", "restore", JOB, "--mode", "all").exit_code == 2
    assert server.calls == []
    assert world.run("backups", "restore", JOB, stdin="y\n").exit_code == 2  # it is an import
    server.kind = "backup"
    for mode, told in (("missing", "leaves all others as they are"), ("exact", "moves those")):
        asked = world.run("backups", "restore", JOB, "--mode", mode, stdin="n\n")
        assert asked.exit_code == 1
        assert "The backup of 2026-11-28T08:00:00Z" in asked.stderr
        assert told in asked.stderr
    assert server.paths() == []
    assert world.run("backups", "restore", JOB, "--mode", "exact", "--yes").exit_code == 0
    assert server.body(f"/v1/backups/{JOB}:restore") == {"mode": "exact"}
