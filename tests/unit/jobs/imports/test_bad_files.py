"""What bad files get: a stated end of the job, and nothing done of which nobody is told."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from import_sources import rows_of, workbook
from jobs_in_process import carry_out, step

from zebros_core.clock import FixedClock
from zebros_jobs.bootstrap import Container
from zebros_jobs.use_cases.reap_jobs import reap_jobs, watch_job

Tenants = Callable[..., str]
Importers = Callable[..., Any]
MAP = {"account": "companyName", "sector": "industry"}


# -- files that are no table --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" ", "empty-file"),
        (b"\xef\xbb\xbf", "empty-file"),
        (b"PK\x03\x04 and so on", "damaged-workbook"),
        (bytes(range(256)) * 10, "not-a-table"),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "too-many-columns"),
        (b"\x1f\x8b\x08", "not-a-table"),
    ],
)
def test_a_file_that_is_no_table_is_refused_before_anything_begins(
    tenant: Tenants, importer: Importers, content: bytes, code: str
) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", content)
    for refused in (ada.person.post(f"/v1/imports/{job_id}:preview", {}), ada.start(job_id, MAP)):
        assert refused.status == 422
        assert (refused.body["errors"][0]["field"], refused.body["errors"][0]["code"]) == ("/file", code)
    assert ada.shown(job_id)["state"] == "awaitingFile"


def test_a_header_alone_is_an_import_of_nothing(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account,sector\n", MAP)
    assert (ada.shown(job)["state"], ada.result(job)["rows"], job.files) == ("succeeded", 0, ())
    assert ada.rows(job) == []
    assert ada.person.post(f"/v1/imports/{job.id}:undo").status == 409


def test_what_comes_before_a_quote_that_is_never_closed_is_in_and_listed(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    job = ada.run("customer", 'account,sector\nAcme,x\n,y\n"Globex,z\nHooli,z\n', MAP)
    shown = ada.shown(job)
    assert shown["state"] == "failed"
    assert shown["problem"]["errors"][0] == {
        "field": "/file",
        "code": "quote-never-closed",
        "message": "Line 4: a quote is opened and never closed; nothing from there on was read.",
    }
    assert ada.counts(job) == (1, 0, 0, 1)
    assert shown["result"]["stoppedAfterLine"] == 3
    assert [row["outcome"] for row in ada.rows(job)] == ["created", "rejected"]
    assert [record["companyName"] for record in ada.records("customer")] == ["Acme"]
    assert b"the company's name is empty" in ada.file(job)


def test_rows_that_cannot_be_read_are_rejected_and_block_no_other(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    content = (
        "account,sector\nÄcme,üöä\nToo,many,cells\n".encode()
        + b"M\xfcller,y\n"
        + b"Nul\0l,z\n"
        + b'"Bro"ken,z\n'
        + b"Huge,"
        + b"x" * 2_000_000
        + b"\nHooli,x\n"
    )
    job = ada.run("customer", content, MAP)
    assert ada.counts(job) == (2, 0, 0, 5)
    assert {line: reason.partition(";")[0] for line, reason in ada.reasons(job).items()} == {
        3: "the row has more or fewer columns than the file",
        4: "the row is not in utf-8",
        5: "the row has NUL characters",
        6: "the quoting is broken",
        7: "the row is longer than 1,048,576 bytes",
    }
    errors = ada.file(job)
    assert b"M\xfcller,y,4," in errors, "bytes come back as they were"
    assert len(errors) < 10_000
    assert {problem["code"] for problem in ada.result(job)["problems"]} == {
        "row-width",
        "row-encoding",
        "row-nul",
        "row-quoting",
        "row-too-long",
    }


def test_columns_of_one_name_are_told_apart(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "name,name\nAcme,retail\n", {"name": "companyName", "name (2)": "industry"})
    assert ada.counts(job) == (1, 0, 0, 0)
    assert ada.records("customer")[0]["industry"] == "retail"


# -- files that change --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_file_that_was_changed_after_the_start_fails_the_import(
    tenant: Tenants, importer: Importers, change: str
) -> None:
    ada = importer(tenant())
    job_id = ada.begin("customer", "account,sector\nAcme,x\n", MAP)
    if change == "replaced":
        ada.put(job_id, b"account,sector\nEvil,x\n")
    else:
        _delete(ada, job_id)
    job = carry_out(ada.world.jobs, ada.tenant, job_id)
    problem = ada.shown(job)["problem"]
    assert (job.state, problem["errors"][0]["code"]) == ("failed", "file-changed")
    assert ada.records("customer") == []
    assert ada.shown(job)["result"] is None


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_file_that_is_changed_in_the_middle_fails_with_what_was_done_listed(
    tenant: Tenants, importer: Importers, change: str
) -> None:
    ada = importer(tenant())
    rows = "".join(f"Company {number},{'x' * 60}\n" for number in range(30))
    job_id = ada.begin("customer", f"account,sector\n{rows}", MAP)
    calls: list[int] = []

    def meddle(service: str, call: Any) -> None:
        if call["verb"] == "apply":
            calls.append(1)
            if len(calls) == 2:
                # The stream that is open goes on; the next one finds another object.
                _delete(ada, job_id) if change == "deleted" else ada.put(job_id, b"account,sector\nEvil,x\n")
                raise _PausedWorkerError

    ada.world.doors.after = meddle
    with pytest.raises(_PausedWorkerError):
        for name in ("prepare", "work"):
            step(ada.world.jobs, ada.tenant, job_id, name)
    ada.world.doors.after = lambda service, call: None
    assert isinstance(ada.world.jobs.clock, FixedClock)
    ada.world.jobs.clock.advance(120)
    job = carry_out(ada.world.jobs, ada.tenant, job_id)
    shown = ada.shown(job)
    assert (shown["state"], shown["problem"]["errors"][0]["code"]) == ("failed", "file-changed")
    assert shown["result"]["created"] == 5
    assert shown["result"]["stoppedAfterLine"] == 6
    assert len(ada.rows(job)) == 5
    # The second batch was sent by the worker that died; nobody lists it, an undo finds it by the history.
    assert len(ada.records("customer")) == 10


class _PausedWorkerError(BaseException):
    """The worker is gone."""


def _delete(ada: Any, job_id: str) -> None:
    workspace = ada.world.jobs.job_workspace(ada.tenant, job_id)
    workspace.objects("transfers").delete(workspace.objects("transfers").key("imports", job_id, "source"))


# -- files that never come ----------------------------------------------------------------------------------------


def test_an_upload_that_is_never_finished_fails_after_a_day(
    container: Container, tenant: Tenants, importer: Importers, clock: FixedClock
) -> None:
    ada, other = importer(tenant()), importer(tenant())
    waiting = ada.create("customer", 10)
    late = other.create("customer", 10)

    def watch(who: Any, job_id: str) -> None:
        watch_job(container.system_workspace(who.tenant, "followup"), container.watched, job_id)

    def reap() -> None:
        reap_jobs(container.watched, lambda id: container.system_workspace(id, "reaper"))

    watch(ada, waiting)
    clock.advance(23 * 3600)
    watch(other, late)
    reap()
    assert ada.shown(waiting)["state"] == "awaitingFile"
    clock.advance(2 * 3600)
    reap()
    shown = ada.shown(waiting)
    assert (shown["state"], shown["problem"]["code"]) == ("failed", "upload-never-finished")
    assert ada.start(waiting).status == 409
    reap()
    assert [job for _, job in container.watched.all()] in ([late], [])


def test_an_import_that_waits_can_be_cancelled(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.create("customer", 10)
    assert ada.person.post(f"/v1/jobs/{job_id}:cancel").body["state"] == "cancelled"
    assert ada.start(job_id).status == 409


# -- the file of rejected rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "delimiter", "newline"),
    [("utf-8", ",", "\n"), ("utf-8-sig", ";", "\r\n"), ("utf-16", "\t", "\r\n"), ("cp1252", ";", "\n")],
)
def test_rejected_rows_come_back_as_they_were_written_and_can_be_mended(
    tenant: Tenants, importer: Importers, encoding: str, delimiter: str, newline: str
) -> None:
    ada = importer(tenant())
    rows = [
        ["account", "sector", "umsatz"],
        ["Müller", "x", "1"],
        ["", 'Größe; äh, "so"', "2"],
        ["Zwei\nZeilen", "y" * 70, "-3"],
    ]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=newline).writerows(rows)
    job = ada.run("customer", out.getvalue().encode(encoding), MAP, name="kunden.csv")
    assert ada.counts(job) == (1, 0, 0, 2)
    (file,) = ada.shown(job)["files"]
    assert file["name"] == "kunden.errors.csv"
    errors = ada.file(job)
    text = errors.decode("utf-16" if encoding == "utf-16" else encoding)
    listed = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert listed[0] == [*rows[0], "import_line", "import_reason"]
    assert listed[1] == [*rows[2], "3", "companyName: the company's name is empty"]
    assert listed[2][:4] == [*rows[3], "4"]
    assert newline in text
    mended = text.replace(f"{newline}{delimiter}", f"{newline}Gemendet{delimiter}").replace("y" * 70, "y")
    again = ada.run("customer", mended.encode(encoding), MAP, encoding=table_encoding(encoding))
    assert ada.counts(again) == (2, 0, 0, 0), ada.reasons(again)
    assert {record["companyName"] for record in ada.records("customer")} >= {"Müller", "Gemendet"}


def table_encoding(encoding: str) -> str:
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "cp1252": "windows-1252"}.get(encoding, encoding)


def test_rejects_of_rejects_carry_one_reason_only(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account,import_line,sector,import_reason\n,3,x,was wrong\n", MAP)
    assert ada.file(job).decode().splitlines() == [
        "account,sector,import_line,import_reason",
        ",x,2,companyName: the company's name is empty",
    ]


def test_cells_beyond_the_header_are_not_lost(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account,sector\nAcme,x,more,and more\nGlobex\n", MAP)
    first, second = ada.file(job).decode().splitlines()[1:]
    assert first.startswith("Acme,x,2,") and first.endswith(",more,and more")
    assert second.startswith("Globex,,3,")


def test_a_formula_does_not_leave_by_the_file_of_rejected_rows(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account,sector\n,=cmd()\n,+49 30 1\n,-12\n,'=x\n", MAP)
    lines = [line.split(",")[1] for line in ada.file(job).decode().splitlines()[1:]]
    assert lines == ["'=cmd()", "'+49 30 1", "-12", "'=x"]


def test_rejected_rows_of_a_workbook_are_a_workbook(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    content = workbook(
        (
            "Accounts",
            [
                ("account", "sector", "since", "staff"),
                ("Acme", "x", None, 1),
                (None, "+y", None, 2.5),
                (None, "z", None, True),
            ],
        )
    )
    job = ada.run("customer", content, MAP, name="a.xlsx")
    (file,) = ada.shown(job)["files"]
    assert (file["name"], file["contentType"]) == (
        "a.errors.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    errors = ada.file(job)
    sheet = openpyxl.load_workbook(io.BytesIO(errors)).active
    assert sheet is not None
    listed = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert listed[0] == ["account", "sector", "since", "staff", "import_line", "import_reason"]
    assert listed[1][1:5] == ["'+y", None, 2.5, 3]
    assert listed[2][3] is True
    assert [row.cells[3] for row in rows_of(errors)] == [2.5, True]


def test_there_is_no_file_of_rejected_rows_without_any(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    assert ada.run("customer", "account\nAcme\n", {"account": "companyName"}).files == ()


# -- outcomes that are gone ---------------------------------------------------------------------------------------


def test_outcomes_that_were_erased_since_are_left_out(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    rows = "".join(f"Company {number},x\n" for number in range(8))
    job = ada.run("customer", f"account,sector\n{rows}", MAP)
    workspace = ada.world.jobs.job_workspace(ada.tenant, job.id)
    prefix = workspace.objects("transfers").key("imports", job.id, "outcomes")
    (first, _), (_, _) = workspace.streams("transfers").keys(f"{prefix}/")
    workspace.objects("transfers").delete(first)
    assert [row["row"] for row in ada.rows(job)] == [6, 7, 8]


def test_rows_are_paged_and_filtered(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    rows = "".join(f"{'' if number % 5 == 0 else f'Company {number}'},x\n" for number in range(1, 33))
    job = ada.run("customer", f"account,sector\n{rows}", MAP)
    assert ada.counts(job) == (26, 0, 0, 6)
    rejected = ada.rows(job, outcome="rejected", limit=2)
    assert [row["row"] for row in rejected] == [5, 10, 15, 20, 25, 30]
    assert len(ada.rows(job, limit=7)) == 32
    assert ada.rows(job, outcome="updated") == []
    page = ada.person.get(f"/v1/imports/{job.id}/rows", limit=5).body
    foreign = other.person.get(f"/v1/imports/{job.id}/rows", cursor=page["nextCursor"])
    assert foreign.status in {400, 404}
    wrong = ada.person.get(f"/v1/imports/{job.id}/rows", cursor=page["nextCursor"], outcome="rejected")
    assert wrong.status == 400
    assert ada.person.get(f"/v1/imports/{job.id}/rows", outcome="lost").status == 400
