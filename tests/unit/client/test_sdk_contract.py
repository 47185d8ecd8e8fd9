"""What the SDK sends to services, held against their own API documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import account_calls
import activity_calls
import job_calls
import jsonschema
import pytest
import sales_calls
import sync_calls

from zebros import Client
from zebros.models import (
    Activity,
    AuditEntry,
    CategoryFigures,
    Certificate,
    ClosingFigures,
    Comment,
    Conflict,
    Conversion,
    Converted,
    Currencies,
    CurrencySum,
    Dashboard,
    Delivery,
    Device,
    EmailPreview,
    EmailTemplate,
    EndedSeries,
    FieldConflict,
    Forecast,
    GroupFigures,
    IdentityProvider,
    ImportPreview,
    ImportRow,
    Integration,
    Job,
    JobProblem,
    JobProgress,
    Lead,
    LegalHold,
    LinkedFile,
    Me,
    Model,
    MonthFigures,
    NewCustomers,
    NewImport,
    Operation,
    OperationStep,
    Opportunity,
    OpportunityLine,
    OverdueActivities,
    Participants,
    Permission,
    PipelineSummary,
    PipelineValue,
    Preferences,
    Product,
    Report,
    Stage,
    StageFigures,
    Stages,
    StageSpan,
    SyncStatus,
    Team,
    Tenant,
    TimelineEntry,
    TotalsStep,
    UndatedFigures,
    User,
)

SERVICES = Path(__file__).parents[3] / "services"
DOCUMENTS: dict[str, Any] = {
    name: json.loads((SERVICES / name / "contracts" / "openapi.json").read_text(encoding="utf-8"))
    for name in ("auth", "pipeline", "activities", "jobs", "sync")
}
CALLS = {
    "auth": account_calls.CALLS,
    "pipeline": sales_calls.CALLS,
    "activities": activity_calls.CALLS,
    "jobs": job_calls.CALLS,
    "sync": sync_calls.CALLS,
}
EVERY_CALL = [
    pytest.param(service, *each, id=f"{each[1]} {each[2]}")
    for service, calls in CALLS.items()
    for each in calls
]


def operation_of(service: str, method: str, path: str) -> dict[str, Any] | None:
    """The operation that serves a path; one without parameters before one with."""
    for template, operations in sorted(DOCUMENTS[service]["paths"].items(), key=lambda each: "{" in each[0]):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/:]+", re.escape(template)), path):
            return operations.get(method.lower())
    return None


@pytest.mark.parametrize(("service", "call", "method", "target", "body"), EVERY_CALL)
def test_each_call_is_in_the_document(
    service: str, call: Callable[[Client], object], method: str, target: str, body: Any
) -> None:
    parts = urlsplit(target)
    operation = operation_of(service, method, parts.path)
    assert operation is not None, f"{method} {parts.path} is not in the document"
    known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
    assert {name for name, _ in parse_qsl(parts.query)} <= known
    if body is not None:
        content = operation["requestBody"]["content"]
        schema = content["application/merge-patch+json" if method == "PATCH" else "application/json"][
            "schema"
        ]
        jsonschema.validate(body, {**schema, "components": DOCUMENTS[service]["components"]})


@pytest.mark.parametrize("service", CALLS)
def test_no_operation_of_the_document_is_left_out(service: str) -> None:
    called = {
        id(operation_of(service, method, urlsplit(target).path)) for _, method, target, _ in CALLS[service]
    }
    left_out = {
        operation["operationId"]
        for operations in DOCUMENTS[service]["paths"].values()
        for method, operation in operations.items()
        if method in {"get", "post", "put", "patch", "delete"} and id(operation) not in called
    }
    assert left_out == set()


@pytest.mark.parametrize(
    ("service", "model", "schema"),
    [
        ("auth", AuditEntry, "AuditEntryBody"),
        ("auth", Device, "DeviceBody"),
        ("auth", IdentityProvider, "IdentityProviderBody"),
        ("auth", Integration, "NewIntegrationBody"),
        ("auth", Me, "MeBody"),
        ("auth", Operation, "OperationBody"),
        ("auth", OperationStep, "Step"),
        ("auth", Permission, "PermissionBody"),
        ("auth", Preferences, "Preferences"),
        ("auth", Team, "TeamBody"),
        ("auth", Tenant, "TenantBody"),
        ("auth", User, "UserBody"),
        ("pipeline", Lead, "LeadBody"),
        ("pipeline", Product, "ProductBody"),
        ("pipeline", Opportunity, "OpportunityBody"),
        ("pipeline", OpportunityLine, "Line"),
        ("pipeline", Conversion, "ConversionBody"),
        ("pipeline", Stage, "Stage"),
        ("pipeline", Stages, "StagesBody"),
        ("pipeline", StageSpan, "StageStayBody"),
        ("pipeline", Currencies, "CurrenciesBody"),
        ("pipeline", PipelineValue, "PipelineValueBody"),
        ("pipeline", PipelineSummary, "SummaryBody"),
        ("pipeline", StageFigures, "StageFiguresBody"),
        ("pipeline", CurrencySum, "CurrencyWorthBody"),
        ("pipeline", Converted, "WorthBody"),
        ("pipeline", GroupFigures, "GroupBody"),
        ("pipeline", Forecast, "ForecastBody"),
        ("pipeline", MonthFigures, "ForecastMonthBody"),
        ("pipeline", CategoryFigures, "CategoryFiguresBody"),
        ("pipeline", UndatedFigures, "UndatedBody"),
        ("pipeline", Dashboard, "DashboardBody"),
        ("pipeline", ClosingFigures, "FiguresBody"),
        ("pipeline", OverdueActivities, "OverdueBody"),
        ("pipeline", NewCustomers, "NewCustomersBody"),
        ("pipeline", TotalsStep, "TotalsRunBody"),
        ("activities", Delivery, "Delivery"),
        ("activities", Participants, "Participants"),
        ("activities", Activity, "ActivityBody"),
        ("activities", Comment, "CommentBody"),
        ("activities", EndedSeries, "EndedSeriesBody"),
        ("activities", TimelineEntry, "TimelineItemBody"),
        ("activities", EmailTemplate, "TemplateBody"),
        ("activities", EmailPreview, "PreviewBody"),
        ("jobs", Job, "JobBody"),
        ("jobs", JobProgress, "ProgressBody"),
        ("jobs", JobProblem, "JobProblemBody"),
        ("jobs", LinkedFile, "LinkedFileBody"),
        ("jobs", NewImport, "CreatedImportBody"),
        ("jobs", ImportPreview, "ImportPreviewBody"),
        ("jobs", ImportRow, "ImportRowBody"),
        ("jobs", Report, "ReportAnswerBody"),
        ("jobs", LegalHold, "LegalHoldBody"),
        ("jobs", Certificate, "CertificateBody"),
        ("sync", Conflict, "ConflictBody"),
        ("sync", FieldConflict, "FieldConflictBody"),
        ("sync", SyncStatus, "StatusBody"),
    ],
)
def test_each_member_of_an_answer_has_its_field(service: str, model: type[Model], schema: str) -> None:
    fields = {field.serialization_alias or field.alias for field in model.model_fields.values()}
    members = set(DOCUMENTS[service]["components"]["schemas"][schema]["properties"])
    assert members <= fields
