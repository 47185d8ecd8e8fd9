"""Files to records, from the announcement to the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from import_sources import workbook
from jobs_in_process import carry_out

from zebros_core.ids import new_id

Tenants = Callable[..., str]
Importers = Callable[..., Any]

ACCOUNTS = "account,sector,office\nAcme,retail,Berlin\nGlobex,,Paris\nHooli,software,\n"
MAP = {"account": "companyName", "sector": "industry", "office": "city"}


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_a_file_becomes_records(tenant: Tenants, importer: Importers, model: str) -> None:
    ada, other = importer(tenant(model)), importer(tenant(model))
    job = ada.run("customer", ACCOUNTS, MAP)
    shown = ada.shown(job)
    assert (shown["state"], shown["title"]) == ("succeeded", "Import of customers: table.csv")
    assert shown["progress"]["done"] == shown["progress"]["total"] == len(ACCOUNTS)
    assert shown["progress"]["counters"]["rows"] == 3
    assert ada.counts(job) == (3, 0, 0, 0)
    names = {record["companyName"]: record for record in ada.records("customer")}
    assert names["Acme"]["industry"] == "retail"
    assert names["Acme"]["contactInfo"] == {"address": {"city": "Berlin"}}
    assert names["Hooli"]["contactInfo"] == {}
    assert [(row["row"], row["line"], row["outcome"]) for row in ada.rows(job)] == [
        (1, 2, "created"),
        (2, 3, "created"),
        (3, 4, "created"),
    ]
    assert {row["id"] for row in ada.rows(job)} == {record["customerId"] for record in names.values()}
    assert other.records("customer") == []
    assert other.person.get(f"/v1/imports/{job.id}/rows").status == 404
    assert other.person.post(f"/v1/imports/{job.id}:undo").status == 404


def test_a_second_import_changes_nothing_and_a_changed_row_is_updated(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    ada.run("customer", ACCOUNTS, MAP)
    assert ada.counts(ada.run("customer", ACCOUNTS, MAP)) == (0, 0, 3, 0)
    changed = ACCOUNTS.replace("Acme,retail", "ACME,software")
    job = ada.run("customer", changed, MAP)
    assert ada.counts(job) == (0, 1, 2, 0)
    assert [row["outcome"] for row in ada.rows(job)] == ["updated", "unchanged", "unchanged"]
    acme = next(record for record in ada.records("customer") if record["companyName"] == "ACME")
    assert (acme["industry"], acme["version"]) == ("software", 2)


def test_a_workbook_becomes_records(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    content = workbook(
        ("Notes", [("x",)]), ("Accounts", [("account", "sector"), ("Acme", 12), ("Globex", None)])
    )
    job = ada.run(
        "customer", content, {"account": "companyName", "sector": "tier"}, name="a.xlsx", sheet="Accounts"
    )
    assert ada.counts(job) == (2, 0, 0, 0)
    assert {record["companyName"]: record.get("tier") for record in ada.records("customer")} == {
        "Acme": "12",
        "Globex": None,
    }


def test_without_a_mapping_columns_go_where_they_seem_to_belong(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "Company Name;Branch;Where\nAcme;retail;Berlin\n")
    assert ada.counts(job) == (1, 0, 0, 0)
    assert ada.records("customer")[0]["industry"] == "retail"
    assert [each["field"] for each in ada.shown(job)["parameters"]["mapping"]] == ["companyName", "industry"]


# -- announcing, uploading, starting ------------------------------------------------------------------------------


def test_a_small_file_goes_in_one_form_and_a_large_one_in_parts(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    small = ada.person.post("/v1/imports", {"entity": "customer", "fileName": "a.csv", "sizeBytes": 12}).body
    assert (small["job"]["state"], small["upload"]["method"]) == ("awaitingFile", "POST")
    assert small["upload"]["fields"]["Content-Type"] == "text/csv"
    job_id = small["job"]["jobId"]
    assert ada.person.get(f"/v1/imports/{job_id}/upload").body["method"] == "POST"
    assert ada.person.get(f"/v1/imports/{job_id}/upload/parts").status == 409
    large = ada.person.post(
        "/v1/imports", {"entity": "customer", "fileName": "a.xlsx", "sizeBytes": 200 * 1024**2}
    ).body
    assert (large["upload"]["method"], large["upload"]["partSizeBytes"]) == ("multipart", 16 * 1024**2)
    path = f"/v1/imports/{large['job']['jobId']}/upload/parts"
    urls = ada.person.post(path, {"partNumbers": [1, 13]}).body["urls"]
    assert [each["partNumber"] for each in urls] == [1, 13]
    assert ada.person.get(path).body["items"] == []
    assert ada.person.post(path, {"partNumbers": [14]}).status == 422
    assert ada.person.post(f"/v1/imports/{large['job']['jobId']}:start", {}).status == 409
    for method, where, body in (
        ("GET", "upload", None),
        ("GET", "upload/parts", None),
        ("POST", "upload/parts", {"partNumbers": [1]}),
    ):
        assert other.person.call(method, f"/v1/imports/{job_id}/{where}", body).status == 404
    for verb in (":start", ":preview", ":undo"):
        assert other.person.post(f"/v1/imports/{job_id}{verb}", None if verb == ":undo" else {}).status == 404


def test_an_announcement_that_is_repeated_is_one_import(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    body = {"entity": "customer", "fileName": "a.csv", "sizeBytes": 12}
    first = ada.person.post("/v1/imports", body, Idempotency_Key="k1")
    again = ada.person.post("/v1/imports", body, Idempotency_Key="k1")
    assert first.body["job"]["jobId"] == again.body["job"]["jobId"]
    assert ada.person.post("/v1/imports", {**body, "sizeBytes": 13}, Idempotency_Key="k1").status == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entity": "customer", "fileName": "a.csv"},
        {"entity": "customer", "fileName": "a.csv", "sizeBytes": 0},
        {"entity": "customer", "fileName": "../a.csv", "sizeBytes": 1},
        {"entity": "customer", "fileName": "a.csv", "sizeBytes": 6 * 1024**3},
        {"entity": "document", "fileName": "a.csv", "sizeBytes": 1},
        {
            "entity": "customer",
            "fileName": "a.csv",
            "sizeBytes": 1,
            "fromJobId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
        },
        {"entity": "customer", "fileName": "a.csv", "sizeBytes": 1, "more": 1},
        {"fromJobId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"},
    ],
)
def test_an_announcement_that_is_none_is_refused(
    tenant: Tenants, importer: Importers, body: dict[str, Any]
) -> None:
    assert importer(tenant()).person.post("/v1/imports", body).status == 422


def test_who_may_not_write_records_imports_none(tenant: Tenants, importer: Importers) -> None:
    here = tenant()
    body = {"entity": "product", "fileName": "a.csv", "sizeBytes": 1}
    assert importer(here, roles=("viewer",)).person.post("/v1/imports", body).status == 403
    assert importer(here, roles=("sales-rep",)).person.post("/v1/imports", body).status == 403
    assert importer(here, roles=("tenant-admin",)).person.post("/v1/imports", body).status == 201


def test_an_import_starts_when_its_file_is_there_and_once(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.create("customer", len(ACCOUNTS))
    early = ada.start(job_id, MAP)
    assert (early.status, "nothing was uploaded yet" in early.body["detail"]) == (409, True)
    ada.put(job_id, b"account\nshorter\n")
    assert ada.start(job_id, MAP).status in {409, 422}
    ada.put(job_id, ACCOUNTS.encode())
    assert ada.start(job_id, MAP).status == 202
    again = ada.start(job_id, MAP)
    assert (again.status, "queued already" in again.body["detail"]) == (409, True)
    assert ada.person.post(f"/v1/imports/{job_id}:preview", {}).status == 409
    assert ada.person.get(f"/v1/imports/{job_id}/upload").status == 409


def test_a_start_that_is_repeated_with_its_key_is_one_start(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", ACCOUNTS)
    path = f"/v1/imports/{job_id}:start"
    first = ada.person.post(path, {}, Idempotency_Key="s1")
    assert (first.status, ada.person.post(path, {}, Idempotency_Key="s1").status) == (202, 202)


@pytest.mark.parametrize(
    ("mapping", "where", "code"),
    [
        ({"account": "companyNmae"}, "/mapping/0/field", "unknown_field"),
        ({"account": "custom.shoe"}, "/mapping/0/field", "unknown_field"),
        ({"acount": "companyName"}, "/mapping/0/column", "unknown_column"),
        ({"account": "industry"}, "/mapping", "missing_field"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_at_the_start(
    tenant: Tenants, importer: Importers, mapping: dict[str, str], where: str, code: str
) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", ACCOUNTS)
    refused = ada.start(job_id, mapping)
    assert refused.status == 422
    assert (refused.body["errors"][0]["field"], refused.body["errors"][0]["code"]) == (where, code)
    assert ada.shown(job_id)["state"] == "awaitingFile"
    assert ada.start(job_id, MAP).status == 202, "a better mapping can follow"


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "utf-7"},
        {"dateFormat": "whenever"},
        {"timeZone": "Mars/Base"},
        {"delimiter": ";;"},
        {"decimalStyle": "dot"},
        {"matchBy": ["colour"]},
        {"unknown": 1},
    ],
)
def test_options_that_are_none_are_refused(
    tenant: Tenants, importer: Importers, options: dict[str, Any]
) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", ACCOUNTS)
    assert ada.start(job_id, MAP, **options).status == 422
    assert ada.person.post(f"/v1/imports/{job_id}:preview", {"options": options}).status in {200, 422}


def test_custom_fields_are_taken_once_they_are_defined(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    fields = ada.world.jobs.bulk_doors.system_door(
        "customers", ada.world.jobs.system_workspace(ada.tenant, "test").context
    )
    fields.put_settings(
        [
            {
                "kind": "field",
                "id": new_id(ada.world.jobs.clock),
                "value": {"entity": "customer", "name": "staff", "type": "number"},
            }
        ]
    )
    job = ada.run(
        "customer",
        'account,employees\nAcme,"1.234"\n',
        {"account": "companyName", "employees": "custom.staff"},
        decimalStyle="comma",
    )
    assert ada.counts(job) == (1, 0, 0, 0)
    assert ada.records("customer")[0]["custom"] == {"staff": 1234}


# -- looking at the file ------------------------------------------------------------------------------------------


def test_a_preview_shows_how_a_file_is_read(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    content = "Firma;Branche;Mail\nMüller;Handel;info@mueller.example\n;x;y\n".encode("cp1252")
    job_id = ada.upload("customer", content)
    shown = ada.person.post(f"/v1/imports/{job_id}:preview", {}).body
    assert shown["dialect"] == {
        "format": "csv",
        "encoding": "windows-1252",
        "bom": False,
        "delimiter": ";",
        "quote": '"',
        "newline": "\n",
        "header": True,
        "sheet": None,
    }
    assert [(column["name"], column["suggestion"]) for column in shown["columns"]] == [
        ("Firma", None),
        ("Branche", None),
        ("Mail", {"field": "email", "because": "synonym"}),
    ]
    assert shown["rows"][0] == {
        "line": 2,
        "cells": ["Müller", "Handel", "info@mueller.example"],
        "record": None,
        "problem": None,
    }
    mapping = [{"column": "Firma", "field": "companyName"}, {"column": "Mail", "field": "email"}]
    shown = ada.person.post(f"/v1/imports/{job_id}:preview", {"mapping": mapping}).body
    assert shown["rows"][0]["record"] == {
        "companyName": "Müller",
        "contactInfo": {"email": "info@mueller.example"},
    }
    assert shown["rows"][1]["problem"] == "companyName: the company's name is empty"
    wrong = ada.person.post(
        f"/v1/imports/{job_id}:preview", {"mapping": [{"column": "Firma", "field": "firm"}]}
    )
    assert wrong.status == 422


def test_a_preview_of_a_file_that_breaks_off_says_so(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", 'account,sector\nAcme,x\n"open,y\n')
    shown = ada.person.post(f"/v1/imports/{job_id}:preview", {}).body
    assert len(shown["rows"]) == 1
    assert shown["problem"].startswith("Line 3: a quote is opened")


def test_a_preview_of_bytes_that_are_no_text_can_be_shown(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.upload("customer", "account,sector\nÄÄÄÄÄÄ,Ö\n".encode() + b"M\xfcller,x\n")
    shown = ada.person.post(f"/v1/imports/{job_id}:preview", {}).body
    assert (shown["rows"][1]["cells"][0], shown["rows"][1]["problem"]) == (
        "M?ller",
        "the row is not in utf-8",
    )


# -- the file of an earlier import --------------------------------------------------------------------------------


def test_after_a_dry_run_the_file_is_imported_without_being_sent_again(
    tenant: Tenants, importer: Importers
) -> None:
    ada, other = importer(tenant()), importer(tenant())
    rehearsed = ada.run("customer", ACCOUNTS, MAP, dry_run=True)
    assert ada.counts(rehearsed) == (3, 0, 0, 0)
    assert ada.records("customer") == []
    assert other.person.post("/v1/imports", {"fromJobId": rehearsed.id}).status == 422
    created = ada.person.post("/v1/imports", {"fromJobId": rehearsed.id}).body
    assert created["upload"] is None
    job_id = created["job"]["jobId"]
    assert ada.start(job_id, MAP).status == 202
    assert ada.counts(carry_out(ada.world.jobs, ada.tenant, job_id)) == (3, 0, 0, 0)
    assert len(ada.records("customer")) == 3


def test_a_dry_run_says_what_would_happen_and_writes_nothing(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme", "industry": "retail"}])
    before = ada.records("customer")
    job = ada.run("customer", ACCOUNTS + ",nothing,\nacme,again,\n", MAP, dry_run=True)
    assert ada.counts(job) == (2, 1, 0, 2)
    assert [row["outcome"] for row in ada.rows(job)] == [
        "updated",
        "created",
        "created",
        "rejected",
        "rejected",
    ]
    assert ada.reasons(job)[6] == "the same customer as in an earlier line of this file; line 2"
    assert ada.records("customer") == before
    assert b"the company's name is empty" in ada.file(job)
    assert ada.person.post(f"/v1/imports/{job.id}:undo").status == 409
