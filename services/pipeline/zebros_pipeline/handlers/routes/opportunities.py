"""/v1/opportunities"""

from typing import Annotated

from pydantic import Field

from zebros_core.errors import AlreadyExistsError, ConflictError, DuplicateError
from zebros_core.http import (
    CacheRule,
    CacheWrite,
    Example,
    NoQuery,
    PageBody,
    PageQuery,
    Request,
    Response,
    Routes,
)
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.http.records import EXTERNAL_ID_PATTERN, HistoryEntryBody, history_response
from zebros_core.records.verbs import upsert
from zebros_core.values import RecordId
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.opportunity import Opportunity, OpportunityDraft
from zebros_pipeline.domain.stages import StageKey
from zebros_pipeline.handlers.bodies import OpportunityBody
from zebros_pipeline.use_cases.create_opportunity import create_opportunity
from zebros_pipeline.use_cases.delete_opportunity import delete_opportunity
from zebros_pipeline.use_cases.get_opportunity import find_opportunity_by_external_id, get_opportunity
from zebros_pipeline.use_cases.list_opportunities import (
    OpportunityFilter,
    OpportunitySort,
    list_opportunities,
)
from zebros_pipeline.use_cases.restore_opportunity import restore_opportunity
from zebros_pipeline.use_cases.update_opportunity import update_opportunity

routes = Routes("opportunities")

EXAMPLE = Example(
    "opportunity",
    {
        "title": "Tidewater: instruments for two labs",
        "stage": "proposal",
        "currency": "EUR",
        "expectedCloseDate": "2026-12-15",
        "value": 24000,
        "tags": ["trade-fair"],
    },
    "An opportunity of no customer yet",
)


class OwnersQuery(PageQuery):
    """Whose opportunities."""

    owner: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the owner.")] = (
        None
    )
    team: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the team.")] = None


class OpportunitiesQuery(OwnersQuery):
    """Filters and order of a list of opportunities."""

    customer: Annotated[RecordId | None, Field(description="The id of the customer.")] = None
    stage: Annotated[StageKey | None, Field(description="The key of the stage.")] = None
    sort: Annotated[
        OpportunitySort | None,
        Field(
            description="`-createdAt` (newest first, the default) or `createdAt`; with a stage also "
            "`expectedCloseDate` (the default for a stage alone, which takes no other) and `-expectedCloseDate`."
        ),
    ] = None


def written(opportunity: Opportunity, body: OpportunityBody | None = None) -> tuple[CacheWrite, ...]:
    """Return what the cache has to know of an opportunity that was written."""
    return (
        CacheWrite(
            "opportunity",
            opportunity.opportunity_id,
            opportunity.version,
            body=body,
            owner_id=opportunity.owner_id,
            team_id=opportunity.team_id,
            deleted=opportunity.is_deleted,
        ),
    )


def answer(
    opportunity: Opportunity, *, wrote: bool, status: int | None = None, location: bool = False
) -> Response:
    """Return the response that shows an opportunity; with `wrote` the cache is told of it."""
    body = OpportunityBody.of(opportunity)
    return Response(
        body,
        status=status,
        etag=opportunity.version,
        location=f"/v1/opportunities/{opportunity.opportunity_id}" if location else None,
        owner_id=opportunity.owner_id,
        team_id=opportunity.team_id,
        writes=written(opportunity, body) if wrote else (),
    )


@routes.post(
    "/v1/opportunities",
    operation="createOpportunity",
    permission=("opportunity", "write"),
    body=OpportunityDraft,
    response=OpportunityBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    summary="Create an opportunity",
    examples=(EXAMPLE,),
)
def create(request: Request[Container, NoQuery, OpportunityDraft]) -> Response:
    """The caller owns it unless `ownerId` names somebody else; it begins in the first stage unless `stage` names
    another one, also one that is won or lost. Lines take name and price of their products unless given, and `value`
    is their sum.
    """
    created = create_opportunity(
        request.services.workspace(request.context), request.body, repeat=request.idempotency
    )
    return answer(created.entity, location=True, wrote=not created.replayed)


@routes.get(
    "/v1/opportunities",
    operation="listOpportunities",
    permission=("opportunity", "read"),
    query=OpportunitiesQuery,
    response=PageBody[OpportunityBody],
    summary="List opportunities",
)
def list_(request: Request[Container, OpportunitiesQuery]) -> Response:
    """Live opportunities that the caller may see. With several filters a page may be short before the last one."""
    query = request.query
    page = list_opportunities(
        request.services.workspace(request.context),
        OpportunityFilter(query.owner, query.team, query.customer, query.stage),
        sort=query.sort,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, OpportunityBody, OpportunityBody.listed)


@routes.get(
    "/v1/opportunities/{opportunityId}",
    operation="getOpportunity",
    permission=("opportunity", "read"),
    response=OpportunityBody,
    etag=True,
    cache=CacheRule(entity="opportunity", id_param="opportunityId"),
    summary="Read an opportunity",
)
def get(request: Request[Container]) -> Response:
    """One opportunity, with its lines."""
    workspace = request.services.workspace(request.context)
    return answer(get_opportunity(workspace, request.path["opportunityId"]), wrote=False)


@routes.put(
    "/v1/opportunities/{opportunityId}",
    operation="replaceOpportunity",
    permission=("opportunity", "write"),
    body=OpportunityDraft,
    response=OpportunityBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    summary="Replace an opportunity",
    examples=(EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, OpportunityDraft]) -> Response:
    """What the body leaves out is emptied; owner, team, stage, currency and lines stay unless given. Another
    `customerId` moves it to that customer, which takes two versions.
    """
    draft = request.body
    saved = update_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
        lambda _: draft,
        expected_version=request.if_match,
    )
    return answer(saved.record, wrote=saved.changed)


@routes.patch(
    "/v1/opportunities/{opportunityId}",
    operation="updateOpportunity",
    permission=("opportunity", "write"),
    body=OpportunityDraft,
    merge_patch=True,
    response=OpportunityBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    summary="Change an opportunity",
    examples=(Example("date", {"expectedCloseDate": "2026-12-31", "probability": 60}),),
)
def update(request: Request[Container, NoQuery, MergePatch[OpportunityDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays. Another `stage` is a move: a closed
    opportunity has to be reopened first (409), and a lost one needs a `lossReason`.
    """
    saved = update_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
        request.body.apply,
        expected_version=request.if_match,
    )
    return answer(saved.record, wrote=saved.changed)


@routes.delete(
    "/v1/opportunities/{opportunityId}",
    operation="deleteOpportunity",
    permission=("opportunity", "delete"),
    if_match="optional",
    status=204,
    errors=(ConflictError,),
    summary="Move an opportunity to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Its external id is free at once."""
    tombstone = delete_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
        expected_version=request.if_match,
    )
    return Response(writes=written(tombstone))


@routes.post(
    "/v1/opportunities/{opportunityId}/restore",
    operation="restoreOpportunity",
    permission=("opportunity", "delete"),
    response=OpportunityBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, ConflictError),
    summary="Restore an opportunity",
)
def restore(request: Request[Container]) -> Response:
    """Brings an opportunity back from the trash as it was. A live one is returned as it stands."""
    restored = restore_opportunity(
        request.services.workspace(request.context),
        request.path["opportunityId"],
    )
    return answer(restored.record, wrote=restored.changed)


@routes.get(
    "/v1/opportunities/{opportunityId}/history",
    operation="getOpportunityHistory",
    permission=("opportunity", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to an opportunity",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after. Kept from events, so the newest write may be
    missing for a moment.
    """
    return history_response(request, "opportunity", request.path["opportunityId"])


@routes.get(
    "/v1/opportunities/by-external-id/{externalId}",
    operation="getOpportunityByExternalId",
    permission=("opportunity", "read"),
    response=OpportunityBody,
    etag=True,
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    summary="Read an opportunity by its external id",
)
def get_by_external_id(request: Request[Container]) -> Response:
    """The external id is the caller's own, such as a key of another system."""
    workspace = request.services.workspace(request.context)
    return answer(find_opportunity_by_external_id(workspace, request.path["externalId"]), wrote=False)


@routes.put(
    "/v1/opportunities/by-external-id/{externalId}",
    operation="upsertOpportunity",
    permission=("opportunity", "write"),
    body=OpportunityDraft,
    response=OpportunityBody,
    etag=True,
    if_match="optional",
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    statuses={201: "There was no opportunity with this external id; it was created."},
    errors=(DuplicateError, AlreadyExistsError),
    summary="Create or replace an opportunity by its external id",
    examples=(
        Example("opportunity", {"title": "Tidewater: instruments", "stage": "proposal", "value": 24000}),
    ),
)
def upsert_by_external_id(request: Request[Container, NoQuery, OpportunityDraft]) -> Response:
    """Repeating it changes nothing. `externalId` in the body may be left out, or must be the one of the path."""
    upserted = upsert(
        request.services.workspace(request.context),
        "opportunity",
        request.path["externalId"],
        request.body,
        create=create_opportunity,
        update=update_opportunity,
        expected_version=request.if_match,
    )
    return answer(
        upserted.record,
        status=201 if upserted.created else None,
        location=upserted.created,
        wrote=upserted.created or upserted.changed,
    )
