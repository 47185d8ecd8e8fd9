"""/v1/leads"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zebros_core.errors import AlreadyExistsError, ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.http.records import EXTERNAL_ID_PATTERN, HistoryEntryBody, history_response
from zebros_core.records.verbs import find_live_by_external_id, get_live, upsert
from zebros_core.values import normalised_email
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.lead import Lead, LeadDraft, LeadStatus
from zebros_pipeline.handlers.bodies import LeadBody
from zebros_pipeline.use_cases.create_lead import create_lead
from zebros_pipeline.use_cases.delete_lead import delete_lead
from zebros_pipeline.use_cases.list_leads import LeadFilter, list_leads
from zebros_pipeline.use_cases.restore_lead import restore_lead
from zebros_pipeline.use_cases.update_lead import update_lead

routes = Routes("leads")

EXAMPLE = Example(
    "lead",
    {
        "companyName": "Tidewater Instruments",
        "firstName": "Mira",
        "lastName": "Vantongeren",
        "email": "mira@tidewater.example",
        "source": "trade-fair",
        "score": 70,
        "rating": "warm",
        "estimatedValue": 12000,
        "currency": "EUR",
    },
    "A lead from a trade fair",
)


class CreationOrder(StrEnum):
    """Orders of a list by creation."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"


class LeadsQuery(PageQuery):
    """Filters and order of a list of leads."""

    owner: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the owner.")] = (
        None
    )
    team: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the team.")] = None
    status: Annotated[LeadStatus | None, Field(description="How far the lead is.")] = None
    source: Annotated[str | None, Field(min_length=1, max_length=60, description="The source, exactly.")] = (
        None
    )
    email: Annotated[str | None, Field(min_length=3, max_length=254, description="The e-mail address.")] = (
        None
    )
    sort: Annotated[CreationOrder, Field(description="By creation: `createdAt`, or newest first.")] = (
        CreationOrder.NEWEST
    )


def answer(lead: Lead, *, status: int | None = None, location: bool = False) -> Response:
    """Return the response that shows a lead."""
    where = f"/v1/leads/{lead.lead_id}" if location else None
    return Response(LeadBody.of(lead), status=status, etag=lead.version, location=where)


@routes.post(
    "/v1/leads",
    operation="createLead",
    permission=("lead", "write"),
    body=LeadDraft,
    response=LeadBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create a lead",
    examples=(EXAMPLE,),
)
def create(request: Request[Container, NoQuery, LeadDraft]) -> Response:
    """The caller owns it unless `ownerId` names somebody else. A live lead of the same e-mail that was not converted is
    a 409 that names it; `X-Skip-Duplicate-Check: true` goes on all the same.
    """
    created = create_lead(
        request.services.workspace(request.context),
        request.body,
        repeat=request.idempotency,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(created.entity, location=True)


@routes.get(
    "/v1/leads",
    operation="listLeads",
    personal=True,
    permission=("lead", "read"),
    query=LeadsQuery,
    response=PageBody[LeadBody],
    summary="List leads",
)
def list_(request: Request[Container, LeadsQuery]) -> Response:
    """Live leads that the caller may see. With several filters a page may be short before the last one."""
    query = request.query
    page = list_leads(
        request.services.workspace(request.context),
        LeadFilter(
            query.owner,
            query.team,
            query.status,
            query.source,
            normalised_email(query.email) if query.email else None,
        ),
        descending=query.sort is CreationOrder.NEWEST,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, LeadBody, LeadBody.of)


@routes.get(
    "/v1/leads/{leadId}",
    operation="getLead",
    permission=("lead", "read"),
    response=LeadBody,
    etag=True,
    summary="Read a lead",
)
def get(request: Request[Container]) -> Response:
    """One lead."""
    return answer(get_live(request.services.workspace(request.context), "lead", request.path["leadId"]))


@routes.put(
    "/v1/leads/{leadId}",
    operation="replaceLead",
    permission=("lead", "write"),
    body=LeadDraft,
    response=LeadBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Replace a lead",
    examples=(EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, LeadDraft]) -> Response:
    """What the body leaves out is emptied; owner and team stay unless given. A converted lead stays as it is: 409."""
    draft = request.body
    saved = update_lead(
        request.services.workspace(request.context),
        request.path["leadId"],
        lambda _: draft,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.patch(
    "/v1/leads/{leadId}",
    operation="updateLead",
    permission=("lead", "write"),
    body=LeadDraft,
    merge_patch=True,
    response=LeadBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Change a lead",
    examples=(Example("score", {"score": 90, "status": "qualified"}),),
)
def update(request: Request[Container, NoQuery, MergePatch[LeadDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays. A converted lead stays as it is: 409."""
    saved = update_lead(
        request.services.workspace(request.context),
        request.path["leadId"],
        request.body.apply,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.delete(
    "/v1/leads/{leadId}",
    operation="deleteLead",
    permission=("lead", "delete"),
    if_match="optional",
    status=204,
    errors=(ConflictError,),
    summary="Move a lead to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Its e-mail and external id are free at once; what it was converted into stays.
    One that is just being converted stays: 409.
    """
    delete_lead(
        request.services.workspace(request.context),
        request.path["leadId"],
        expected_version=request.if_match,
    )
    return Response()


@routes.post(
    "/v1/leads/{leadId}/restore",
    operation="restoreLead",
    permission=("lead", "delete"),
    response=LeadBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Restore a lead",
)
def restore(request: Request[Container]) -> Response:
    """Brings a lead back from the trash as it was. A live one is returned as it stands."""
    restored = restore_lead(
        request.services.workspace(request.context),
        request.path["leadId"],
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(restored.record)


@routes.get(
    "/v1/leads/{leadId}/history",
    operation="getLeadHistory",
    permission=("lead", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to a lead",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after. Kept from events, so the newest write may be
    missing for a moment.
    """
    return history_response(request, "lead", request.path["leadId"])


@routes.get(
    "/v1/leads/by-external-id/{externalId}",
    operation="getLeadByExternalId",
    permission=("lead", "read"),
    response=LeadBody,
    etag=True,
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    summary="Read a lead by its external id",
)
def get_by_external_id(request: Request[Container]) -> Response:
    """The external id is the caller's own, such as a key of another system."""
    found = find_live_by_external_id(
        request.services.workspace(request.context), "lead", request.path["externalId"]
    )
    return answer(found)


@routes.put(
    "/v1/leads/by-external-id/{externalId}",
    operation="upsertLead",
    permission=("lead", "write"),
    body=LeadDraft,
    response=LeadBody,
    etag=True,
    if_match="optional",
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    statuses={201: "There was no lead with this external id; it was created."},
    errors=(DuplicateError, AlreadyExistsError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create or replace a lead by its external id",
    examples=(Example("lead", {"lastName": "Vantongeren", "companyName": "Tidewater Instruments"}),),
)
def upsert_by_external_id(request: Request[Container, NoQuery, LeadDraft]) -> Response:
    """Repeating it changes nothing. `externalId` in the body may be left out, or must be the one of the path."""
    upserted = upsert(
        request.services.workspace(request.context),
        "lead",
        request.path["externalId"],
        request.body,
        create=create_lead,
        update=update_lead,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(
        upserted.record,
        status=201 if upserted.created else None,
        location=upserted.created,
    )
