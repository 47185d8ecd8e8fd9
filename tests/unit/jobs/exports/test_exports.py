"""Exports: which records, which fields, in which format, for whom."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld
from openpyxl import load_workbook

from zebros_core.audit import InMemoryAuditTrail
from zebros_core.clock import FixedClock
from zebros_jobs.adapters.tables.files import Files
from zebros_jobs.domain.formulas import unguarded
from zebros_jobs.domain.job import Job, JobState
from zebros_jobs.use_cases.exports.work import ExportWork

Export = Callable[..., Job]
Fill = Callable[..., list[str]]
Content = Callable[[str, Job], bytes]


def table(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def in_parts() -> ExportWork:
    """Small pages and a part for each, as a large export has large ones."""
    return ExportWork(Files(), page=2, part_bytes=1)


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_everything_is_exported_once_and_nothing_of_another_tenant(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content, clock: FixedClock, model: str
) -> None:
    here, elsewhere = tenant(model), tenant(model)
    ids = fill(here, "customer", [{"companyName": f"Old {n}"} for n in range(5)])
    fill(elsewhere, "customer", [{"companyName": "Theirs"}])
    clock.advance(3600)
    ids += fill(here, "customer", [{"companyName": f"New {n}"} for n in range(3)])
    job = export(here, {"entity": "customer"}, in_parts())
    assert job.state is JobState.SUCCEEDED
    rows = table(content(here, job))
    assert sorted(row["customerId"] for row in rows) == sorted(ids)
    assert [row["companyName"][:3] for row in rows] == ["Old"] * 5 + ["New"] * 3, "the oldest first"
    assert json.loads(job.result or "") == {"records": 8}
    assert job.files[0].name == f"customers-{job.created_at:%Y-%m-%d}.csv"


def test_only_its_own_tenant_gets_the_file(
    tenant: Callable[..., str], fill: Fill, export: Export, person: Callable[..., Person]
) -> None:
    here, elsewhere = tenant(), tenant()
    fill(here, "customer", [{"companyName": "Ours"}])
    job = export(here, {"entity": "customer"})
    assert person(here).get(f"/v1/jobs/{job.id}/files").body["items"][0]["name"] == job.files[0].name
    assert person(elsewhere).get(f"/v1/jobs/{job.id}/files").status == 404
    assert person(here, user="user-2", roles=("sales-manager",)).get(f"/v1/jobs/{job.id}").status == 404


def test_nothing_to_export_is_a_file_with_a_header(
    tenant: Callable[..., str], export: Export, content: Content
) -> None:
    here = tenant()
    for format in ("csv", "jsonl", "xlsx"):
        job = export(here, {"entity": "lead", "format": format, "fields": ["leadId", "lastName"]})
        data = content(here, job)
        if format == "xlsx":
            rows = list(load_workbook(io.BytesIO(data))["Leads"].iter_rows(values_only=True))
            assert rows == [("leadId", "lastName")]
        else:
            assert data == (b"leadId,lastName\r\n" if format == "csv" else b"")


HOSTILE = ["=1+1", '@SUM("A")', "-2+3", "'=quoted", 'a "b", c; d', "x\u2028y", "😀 ünï", "  =spaced"]


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
def test_hostile_values_come_back_as_they_are_and_are_no_formulas(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content, format: str
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": text} for text in HOSTILE])
    job = export(here, {"entity": "customer", "format": format, "fields": ["companyName"]}, in_parts())
    data = content(here, job)
    if format == "csv":
        texts = [row["companyName"] for row in table(data)]
    elif format == "xlsx":
        book = load_workbook(io.BytesIO(data))
        texts = [str(row[0]) for row in book.active.iter_rows(min_row=2, values_only=True)]
    else:
        texts = [json.loads(line)["companyName"] for line in data.decode().split("\n") if line]
        assert sorted(texts) == sorted(text.strip() for text in HOSTILE)
        return
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]
    assert sorted(map(unguarded, texts)) == sorted(text.strip() for text in HOSTILE)


def test_amounts_dates_and_truths_are_values_in_each_format(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    here = tenant()
    fill(
        here,
        "opportunity",
        [{"title": "Deal", "value": 123456789012.34, "expectedCloseDate": "2026-12-31", "tags": ["b", "a"]}],
    )
    fields = ["title", "value", "expectedCloseDate", "tags", "createdAt", "customerDeleted"]
    body = {"entity": "opportunity", "fields": fields}
    row = table(content(here, export(here, body)))[0]
    assert (row["value"], row["expectedCloseDate"], row["tags"]) == ("123456789012.34", "2026-12-31", "a; b")
    sheet = load_workbook(io.BytesIO(content(here, export(here, {**body, "format": "xlsx"}))))[
        "Opportunities"
    ]
    cells = [cell.value for cell in sheet[2]]
    assert cells[1] == 123456789012.34
    assert cells[2].date().isoformat() == "2026-12-31"
    assert cells[4].year >= 2025
    assert cells[5] is False
    line = json.loads(content(here, export(here, {**body, "format": "jsonl"})), parse_float=Decimal)
    assert (line["value"], line["tags"]) == (Decimal("123456789012.34"), ["a", "b"])


def test_json_lines_have_the_shape_of_the_api(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    here = tenant()
    info = {"email": "info@example.com", "address": {"city": "Essen"}}
    fill(here, "customer", [{"companyName": "A", "contactInfo": info}])
    line = json.loads(content(here, export(here, {"entity": "customer", "format": "jsonl"})))
    assert line["contactInfo"] == info
    assert "industry" not in line


def test_a_spreadsheets_own_csv(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": "Müller; Söhne"}])
    body = {"entity": "customer", "fields": ["companyName", "tier"], "csv": {"delimiter": ";", "bom": True}}
    data = content(here, export(here, body))
    assert data == '\ufeffcompanyName;tier\r\n"Müller; Söhne";\r\n'.encode()


CUSTOMERS: list[dict[str, Any]] = [
    {"companyName": "A", "industry": "retail", "tier": "gold", "tags": ["x", "y"], "ownerId": "user-7"},
    {"companyName": "B", "industry": "retail", "tags": ["x"], "teamId": "south"},
    {"companyName": "C", "industry": "medical", "tier": "gold"},
]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"industry": "retail"}, "AB"),
        ({"industry": ["retail", "medical"], "tier": "gold"}, "AC"),
        ({"tags": "x"}, "AB"),
        ({"tags": ["x", "y"]}, "A"),
        ({"ownerId": "user-7"}, "A"),
        ({"teamId": "south"}, "B"),
        ({"createdAt": {"from": "2000-01-01T00:00:00Z"}}, "ABC"),
        ({"createdAt": {"to": "2000-01-01T00:00:00+02:00"}}, ""),
        ({"updatedAt": {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}}, "ABC"),
        ({"industry": "nothing"}, ""),
    ],
)
def test_filters_say_which(
    tenant: Callable[..., str],
    fill: Fill,
    export: Export,
    content: Content,
    filters: dict[str, Any],
    names: str,
) -> None:
    here = tenant()
    fill(here, "customer", CUSTOMERS)
    job = export(here, {"entity": "customer", "filters": filters, "fields": ["companyName"]})
    assert "".join(sorted(row["companyName"] for row in table(content(here, job)))) == names


def test_days_and_amounts_of_deals_are_filtered_as_such(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    here = tenant()
    days = ["2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"]
    fill(
        here, "opportunity", [{"title": day, "expectedCloseDate": day} for day in days] + [{"title": "none"}]
    )
    filters = {"expectedCloseDate": {"from": "2026-02-01", "to": "2026-03-01"}, "outcome": "open"}
    job = export(here, {"entity": "opportunity", "filters": filters, "fields": ["title"]})
    assert sorted(row["title"] for row in table(content(here, job))) == days[1:3]


def test_custom_fields_are_columns_and_filters(
    world: JobsWorld, tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    from zebros_customers.domain.custom_field import FieldDraft, FieldEntity
    from zebros_customers.use_cases.manage_fields import define_field

    here, elsewhere = tenant(), tenant()
    for tenant_id, name, type in [
        (here, "region", "text"),
        (here, "score", "number"),
        (here, "vip", "boolean"),
        (elsewhere, "secret", "text"),
    ]:
        workspace = world.customers.system_workspace(tenant_id, "test")
        define_field(workspace, FieldDraft(entity=FieldEntity.CUSTOMER, name=name, type=type))  # type: ignore[arg-type]
    fill(
        here,
        "customer",
        [
            {"companyName": "A", "custom": {"region": "north", "score": 1, "vip": True}},
            {"companyName": "B", "custom": {"region": "north", "score": 1.5, "vip": False}},
            {"companyName": "C", "custom": {"region": "12.5"}},
        ],
    )
    rows = table(content(here, export(here, {"entity": "customer"})))
    rows.sort(key=lambda row: row["companyName"])
    assert [(row["custom.region"], row["custom.score"], row["custom.vip"]) for row in rows] == [
        ("north", "1", "true"),
        ("north", "1.5", "false"),
        ("12.5", "", ""),
    ]
    assert "custom.secret" not in rows[0]

    def names(**filters: Any) -> str:
        wanted = {f"custom.{name}": value for name, value in filters.items()}
        job = export(here, {"entity": "customer", "fields": ["companyName"], "filters": wanted})
        return "".join(row["companyName"] for row in table(content(here, job)))

    assert names(region="north", score=1.5) == "B"
    assert names(vip=True) == "A"
    assert names(score=1) == "A", "a number is not true"
    assert names(region="12.5") == "C"
    failed = export(here, {"entity": "customer", "fields": ["companyName", "custom.secret"]})
    assert failed.state is JobState.FAILED
    assert failed.problem is not None
    assert failed.problem.errors[0]["field"] == "/fields/1"
    assert failed.files == ()


def test_what_lies_beside_a_record_is_part_of_it(
    tenant: Callable[..., str], fill: Fill, export: Export, content: Content
) -> None:
    here = tenant()
    text = "A long call.\nIt took an hour. " * 40
    (customer,) = fill(here, "customer", [{"companyName": "Acme"}])
    (product,) = fill(here, "product", [{"name": "Pump", "unitPrice": 10, "currency": "EUR"}])
    fill(
        here,
        "activity",
        [
            {
                "type": "call",
                "subject": "Long",
                "description": text,
                "relatedType": "customer",
                "relatedId": customer,
            },
            {"type": "note", "subject": "Short", "description": "brief"},
        ],
    )
    fill(here, "opportunity", [{"title": "Deal", "customerId": customer, "lines": [{"productId": product}]}])
    rows = table(
        content(here, export(here, {"entity": "activity", "fields": ["description", "relatedName"]}))
    )
    found = {row["relatedName"]: row["description"] for row in rows}
    assert found == {"Acme": text.strip(), "": "brief"}
    body = {"entity": "opportunity", "format": "jsonl", "fields": ["title", "lines", "customerName"]}
    deal = json.loads(content(here, export(here, body)))
    assert deal["lines"][0]["name"] == "Pump"
    assert deal["customerName"] == "Acme"


def test_names_beside_ids_are_read_once_and_only_what_the_requester_may_see(
    world: JobsWorld,
    tenant: Callable[..., str],
    fill: Fill,
    export: Export,
    content: Content,
    person: Callable[..., Person],
) -> None:
    here, elsewhere = tenant(), tenant()
    (ours,) = fill(here, "customer", [{"companyName": "Ours"}])
    fill(elsewhere, "customer", [{"companyName": "Theirs"}])
    fill(
        here,
        "contact",
        [{"lastName": f"N{n}", "customerId": ours} for n in range(7)] + [{"lastName": "Free"}],
    )
    body = {"entity": "contact", "fields": ["lastName", "customerName"]}
    job = export(person(here, roles=("sales-manager",)), body, in_parts())
    rows = table(content(here, job))
    assert sorted(row["customerName"] for row in rows) == ["", *["Ours"] * 7]
    reads = [call for _, call in world.doors.calls if call["verb"] == "read"]
    assert [call["ids"] for call in reads] == [[ours]]


def test_people_export_what_their_roles_allow(
    tenant: Callable[..., str], fill: Fill, person: Callable[..., Person]
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": "Ours"}])
    for role, status in [("sales-rep", 403), ("viewer", 403), ("sales-manager", 202), ("tenant-admin", 202)]:
        answer = person(here, roles=(role,)).post("/v1/exports", {"entity": "customer"})
        assert answer.status == status, (role, answer.text)
    limited = person(here, scope="records:read")
    assert limited.post("/v1/exports", {"entity": "customer"}).status == 403


def test_a_requesters_reach_is_that_of_the_door(
    world: JobsWorld, tenant: Callable[..., str], fill: Fill, export: Export, person: Callable[..., Person]
) -> None:
    here = tenant()
    fill(here, "customer", [{"companyName": "Ours"}])
    export(person(here, user="user-5", roles=("sales-manager",)), {"entity": "customer"})
    callers = {
        (claims.user_id, tuple(claims.roles))
        for service, call in world.doors.calls
        if call["verb"] == "export"
        for claims in [
            world.customers.internal_tokens.verify(call["token"], audience=world.customers.bulk_function)
        ]
    }
    assert callers == {("user-5", ("sales-manager",))}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"entity": "planet"}, "/entity"),
        ({"entity": "customer", "format": "pdf"}, "/format"),
        ({"entity": "customer", "filters": {"nonsense": "x"}}, "/filters/nonsense"),
        ({"entity": "customer", "filters": {"createdAt": "2026-01-01"}}, "/filters/createdAt"),
        ({"entity": "customer", "filters": {"createdAt": {"from": "2026-01-01"}}}, "/filters/createdAt/from"),
        ({"entity": "customer", "filters": {"createdAt": {}}}, "/filters/createdAt"),
        (
            {"entity": "opportunity", "filters": {"closeDate": {"from": "2026-02-30"}}},
            "/filters/closeDate/from",
        ),
        (
            {"entity": "opportunity", "filters": {"closeDate": {"from": "2026-02-01", "to": "2026-02-01"}}},
            "/filters/closeDate",
        ),
        ({"entity": "customer", "filters": {"industry": {"from": "a"}}}, "/filters/industry"),
        ({"entity": "customer", "filters": {"tags": True}}, "/filters/tags"),
        ({"entity": "document", "filters": {"custom.x": "y"}}, "/filters/custom.x"),
        ({"entity": "customer", "fields": ["companyName", "nothing"]}, "/fields/1"),
        ({"entity": "customer", "fields": ["tier", "tier"]}, "/fields/1"),
        ({"entity": "document", "fields": ["custom.x"]}, "/fields/0"),
        ({"entity": "customer", "fields": []}, "/fields"),
        ({"entity": "customer", "csv": {"delimiter": "x"}}, "/csv/delimiter"),
        ({"entity": "customer", "limit": 5}, "/limit"),
    ],
)
def test_what_is_wrong_is_named(
    tenant: Callable[..., str], person: Callable[..., Person], body: dict[str, Any], field: str
) -> None:
    answer = person(tenant()).post("/v1/exports", body)
    assert answer.status == 422, answer.text
    assert any(fault["field"].startswith(field) for fault in answer.body["errors"]), answer.text


def test_a_repeated_request_is_one_export(tenant: Callable[..., str], person: Callable[..., Person]) -> None:
    here = tenant()
    first, again = (
        person(here).post("/v1/exports", {"entity": "customer"}, Idempotency_Key="key-1") for _ in range(2)
    )
    assert first.body["jobId"] == again.body["jobId"]
    assert first.body["title"] == "Export of customers as CSV"
    other = person(here).post("/v1/exports", {"entity": "lead"}, Idempotency_Key="key-1")
    assert other.status == 422


def test_the_audit_log_says_who_exported_what(
    world: JobsWorld, tenant: Callable[..., str], fill: Fill, export: Export
) -> None:
    trail = world.jobs.audit_trail
    assert isinstance(trail, InMemoryAuditTrail)
    here = tenant()
    fill(here, "customer", [{"companyName": "Ours"}])
    job = export(here, {"entity": "customer", "format": "jsonl"})
    (entry,) = [event for event in trail.events if event.id == job.id]
    assert (entry.action, entry.tenant_id, entry.actor, entry.entity) == (
        "records.exported",
        here,
        "user-1",
        "customer",
    )
    assert entry.details == {"format": "jsonl", "records": 1, "operation": "export"}
