"""Exported, edited in a spreadsheet and imported again: exactly what was edited changes, and nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from jobs_in_process import carry_out

from zebros_core.clock import FixedClock
from zebros_jobs.bootstrap import Container

Tenants = Callable[..., str]
Importers = Callable[..., Any]
Row = dict[str, str]

CUSTOMERS = [
    {
        "companyName": "Acme, Inc.",
        "industry": "retail",
        "tier": "gold",
        "externalId": "A-1",
        "tags": ["b", "a,c"],
        "ownerId": "gone",
        "teamId": "north",
        "contactInfo": {
            "email": "info@acme.example",
            "phone": "+49 30 1234567",
            "website": "https://acme.example",
            "address": {"street": "=1+1 Street", "city": "Berlin", "country": "Germany"},
        },
    },
    {"companyName": "Globex", "ownerId": "gone"},
    # Two records with one name, which a person has allowed.
    {"companyName": "Globex"},
]


def exported(ada: Any, entity: str, **more: Any) -> bytes:
    """Export all records of a kind; give the file."""
    answer = ada.person.post("/v1/exports", {"entity": entity, "format": "csv", **more})
    assert answer.status == 202, answer.text
    return ada.file(carry_out(ada.world.jobs, ada.tenant, answer.body["jobId"]))


def rows_of(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def names_of(ada: Any) -> list[str]:
    return sorted(record["companyName"] for record in ada.records("customer"))


def tiers_of(ada: Any) -> list[str]:
    records = sorted(ada.records("customer"), key=lambda record: record["companyName"])
    return [record["tier"] for record in records]


def csv_of(rows: Iterable[Row]) -> str:
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def filled(ada: Any) -> dict[str, list[str]]:
    """Make records of every kind that name each other; give their ids."""
    acme, *_ = customers = ada.fill("customer", CUSTOMERS)
    contacts = ada.fill(
        "contact",
        [
            {
                "customerId": acme,
                "firstName": "Ada",
                "lastName": "O'Neil",
                "email": "ada@acme.example",
                "phone": "030 123",
                "details": {"department": "R&D", "mobile": "0170 1", "language": "en"},
                "doNotContact": True,
                "ownerId": "gone",
            },
            {"lastName": "Nobody", "tags": ["x"]},
        ],
    )
    leads = ada.fill(
        "lead",
        [
            {
                "lastName": "Turing",
                "firstName": "Alan",
                "companyName": "Hooli",
                "email": "alan@x.example",
                "status": "contacted",
                "rating": "hot",
                "score": 70,
                "estimatedValue": 1234.5,
                "currency": "EUR",
                "source": "fair",
            },
            {"lastName": "Hopper"},
        ],
    )
    products = ada.fill(
        "product",
        [
            {"name": "One", "series": "S", "unitPrice": 10.25, "currency": "EUR"},
            {"name": "Two", "active": False},
        ],
    )
    deals = ada.fill(
        "opportunity",
        [
            {
                "title": "Big",
                "customerId": acme,
                "contactId": contacts[0],
                "stage": "proposal",
                "value": 99.5,
                "currency": "EUR",
                "probability": 40,
                "expectedCloseDate": "2027-01-31",
            },
            {
                "title": "Won",
                "stage": "won",
                "closeDate": "2026-01-01",
                "lines": [{"productId": products[0]}],
            },
            {"title": "Lost", "stage": "lost", "closeDate": "2026-01-01", "lossReason": "price", "value": 5},
        ],
    )
    activities = ada.fill(
        "activity",
        [
            {
                "type": "meeting",
                "subject": "About the deal",
                "relatedType": "opportunity",
                "relatedId": deals[0],
                "description": "line one\nline two " + "word " * 400,
                "scheduledAt": "2026-12-24T10:30:00Z",
                "endsAt": "2026-12-24T11:00:00Z",
            },
            {"type": "note", "subject": "Alone", "description": "short"},
            {"type": "task", "subject": "Of Acme", "relatedType": "customer", "relatedId": acme},
        ],
    )
    return {
        "customer": customers,
        "contact": contacts,
        "lead": leads,
        "product": products,
        "opportunity": deals,
        "activity": activities,
    }


EDITED = {
    "customer": ("industry", "steel"),
    "contact": ("details.department", "Sales"),
    "lead": ("score", "71"),
    "product": ("unitPrice", "11.5"),
    "opportunity": ("title", "Bigger"),
    "activity": ("subject", "About the big deal"),
}


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("entity", EDITED)
def test_a_file_that_nobody_edited_changes_nothing(
    tenant: Tenants, importer: Importers, entity: str, file_format: str
) -> None:
    ada = importer(tenant())
    ids = filled(ada)[entity]
    before = ada.records(entity)
    content = exported(ada, entity, format=file_format)
    job = ada.run(entity, content, name=f"table.{file_format}")
    assert ada.counts(job) == (0, 0, len(ids), 0), ada.reasons(job)
    assert ada.records(entity) == before
    assert {row["id"] for row in ada.rows(job)} == set(ids)


@pytest.mark.parametrize("entity", EDITED)
def test_exactly_the_edited_record_changes(tenant: Tenants, importer: Importers, entity: str) -> None:
    here, elsewhere = tenant(), tenant()
    ada, other = importer(here), importer(elsewhere)
    filled(other)
    ids, theirs = filled(ada)[entity], other.records(entity)
    before = {record[f"{entity}Id"]: record for record in ada.records(entity)}
    rows = rows_of(exported(ada, entity))
    field, value = EDITED[entity]
    next(row for row in rows if row[f"{entity}Id"] == ids[0])[field] = value
    job = ada.run(entity, csv_of(rows))
    assert ada.counts(job) == (0, 1, len(ids) - 1, 0), ada.reasons(job)
    changed = [record for record in ada.records(entity) if record != before[record[f"{entity}Id"]]]
    assert [record[f"{entity}Id"] for record in changed] == [ids[0]]
    names = {name for name, value in changed[0].items() if before[ids[0]].get(name) != value}
    assert names - {"version", "updatedAt", "fieldVersions", "hlc", "jobId"} == {field.partition(".")[0]}
    assert other.records(entity) == theirs
    dry = ada.run(entity, csv_of(rows), dry_run=True)
    assert ada.result(dry)["unchanged"] == len(ids)


def test_columns_that_cannot_be_written_are_left_out_of_the_suggestion(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    filled(ada)
    for entity in EDITED:
        fields = [
            *rows_of(exported(ada, entity))[0],
            *(["ownerName", "teamName"] if entity != "product" else []),
        ]
        job = ada.upload(entity, exported(ada, entity, fields=fields))
        shown = ada.person.post(f"/v1/imports/{job}:preview", {"options": {}}).body
        suggested = {each["column"]: each["field"] for each in shown["mapping"]}
        assert suggested[f"{entity}Id"] == "id"
        assert suggested["version"] == "version"
        left = {
            "createdAt",
            "createdBy",
            "updatedAt",
            "updatedBy",
            "ownerName",
            "teamName",
            "delivery.status",
        }
        assert not left & suggested.keys()
        assert [row["problem"] for row in shown["rows"]] == [None] * len(shown["rows"])


def test_an_id_that_is_not_there_is_refused_and_never_made(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    mine, trashed = ada.fill("customer", [{"companyName": "Mine"}, {"companyName": "Trashed"}])
    (foreign,) = other.fill("customer", [{"companyName": "Foreign"}])
    ada.door("customers").apply(
        [{"mutationId": "d", "entity": "customer", "operation": "delete", "id": trashed}]
    )
    never = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    cells = [mine.lower(), trashed, foreign, never, "x' or 1=1", "=1+1", mine, ""]
    content = "id,name\n" + "".join(f"{cell},Name {number}\n" for number, cell in enumerate(cells))
    columns = {"id": "id", "name": "companyName"}
    dry = ada.run("customer", content, columns, dry_run=True)
    job = ada.run("customer", content, columns)
    for each in (dry, job):
        assert ada.counts(each) == (1, 1, 0, 6)
        assert [row["problem"] and row["problem"]["code"] for row in ada.rows(each)] == [
            None,
            *["unknown-id"] * 5,
            "repeated",
            None,
        ]
    assert "that you may see has this id" in ada.reasons(job)[3]
    assert names_of(ada) == ["Name 0", "Name 7"]
    assert names_of(other) == ["Foreign"]


def test_rows_without_an_id_go_by_the_other_rules(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    one, two = ada.fill("customer", [{"companyName": "One"}, {"companyName": "Two", "externalId": "2"}])
    content = f"customerId,externalId,companyName,tier\n,,one,a\n,2,Two,b\n,,Three,c\n{one},,One,d\n"
    job = ada.run("customer", content)
    assert [(row["outcome"], row["id"] in {one, two}) for row in ada.rows(job)] == [
        ("updated", True),
        ("updated", True),
        ("created", False),
        ("rejected", True),
    ]


def test_a_row_with_an_id_is_no_other_record_whatever_it_says(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    one, two = ada.fill("customer", [{"companyName": "One"}, {"companyName": "Two"}])
    job = ada.run("customer", f"id,name\n{one},Two\n", {"id": "id", "name": "companyName"}, matchBy=["name"])
    assert "has the same name" in ada.reasons(job)[2]
    job = ada.run("customer", f"id,tier\n{one},gold\n{two},\n", {"id": "id", "tier": "tier"})
    assert ada.counts(job) == (0, 1, 1, 0), "what every new record needs is no matter here"


def test_what_was_changed_since_the_export_is_refused_unless_asked_otherwise(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    ids = ada.fill("customer", [{"companyName": f"N{number}", "tier": "a"} for number in range(3)])
    rows = sorted(rows_of(exported(ada, "customer")), key=lambda row: row["companyName"])
    update = {"entity": "customer", "operation": "update"}
    ada.door("customers").apply(
        [
            update | {"mutationId": "1", "id": ids[0], "changes": {"tier": "theirs"}},
            update | {"mutationId": "2", "id": ids[1], "changes": {"tier": "theirs"}},
        ]
    )
    rows[0]["industry"] = rows[2]["industry"] = "mine"
    content = csv_of(rows)
    for dry in (True, False):
        job = ada.run("customer", content, dry_run=dry)
        assert [row["outcome"] for row in ada.rows(job)] == ["rejected", "rejected", "updated"]
        assert {row["problem"]["code"] for row in ada.rows(job, outcome="rejected")} == {"changed-since"}
    assert tiers_of(ada) == ["theirs", "theirs", "a"]
    job = ada.run("customer", content, overwriteChanges=True)
    assert ada.counts(job) == (0, 2, 1, 0)
    assert tiers_of(ada) == ["a", "a", "a"]


def test_others_files_with_ids_of_their_own_are_read_as_before(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "id,company,version\n17,Acme,3\n18,Globex,4\n")
    assert ada.counts(job) == (2, 0, 0, 0)
    assert sorted(record["externalId"] for record in ada.records("customer")) == ["17", "18"]
    refused = ada.start(ada.upload("customer", "nr,company\n1,Acme\n"), matchBy=["id"])
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "/options/matchBy")
    job = ada.run("customer", "id,company\n17,Acme\n", matchBy=["id"])
    assert ada.counts(job) == (0, 0, 0, 1), "whoever says so is taken at their word"


def test_people_are_known_by_their_ids_and_not_invited_again(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    other.run("user", "name,mail\nBob,bob@other.example\n", {"name": "name", "mail": "email"})
    ada.run("user", "name,mail\nAda,ada@x.example\nAlan,alan@x.example\n", {"name": "name", "mail": "email"})
    people = ada.records("user")
    rows = rows_of(exported(ada, "user"))
    rows[0]["name"] = "Ada L"
    foreign = rows[0] | {"userId": other.records("user")[0]["userId"], "email": "new@x.example"}
    content = csv_of([*rows, foreign])
    job = ada.run("user", content)
    assert (ada.counts(job), ada.result(job)["skipped"]) == ((0, 0, 0, 1), 2), ada.reasons(job)
    assert ada.records("user") == people
    job = ada.run("user", content, onDuplicate="update")
    assert ada.counts(job) == (0, 1, 1, 1), ada.rows(job)
    assert sorted(person["name"] for person in ada.records("user")) == ["Ada L", "Alan"]
    assert [person["name"] for person in other.records("user")] == ["Bob"]


class KilledError(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("at", range(1, 6))
def test_killed_anywhere_it_ends_as_one_never_killed(
    container: Container, tenant: Tenants, importer: Importers, clock: FixedClock, at: int
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": f"N{number:02}", "tier": "a"} for number in range(12)])
    rows = sorted(rows_of(exported(ada, "customer")), key=lambda row: row["companyName"])
    for row in rows[::2]:
        row["tier"] = "b"
    job_id = ada.begin("customer", csv_of(rows))
    calls = iter(range(1000))

    def die(service: str, call: Any) -> None:
        if next(calls) == at:
            raise KilledError

    ada.world.doors.after = die
    try:
        ended = carry_out(container, ada.tenant, job_id)
    except KilledError:
        clock.advance(container.settings.lease.total_seconds() + 1)
        ada.world.doors.after = lambda service, call: None
        ended = carry_out(container, ada.tenant, job_id)
    ada.world.doors.after = lambda service, call: None
    assert ada.counts(ended) == (0, 6, 6, 0), ada.reasons(ended)
    assert tiers_of(ada) == ["b", "a"] * 6
