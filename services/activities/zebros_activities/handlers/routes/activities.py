"""/v1/activities"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_activities.bootstrap import Container
from zebros_activities.domain.activity import ActivityDraft, ActivityStatus, ActivityType
from zebros_activities.domain.values import Instant
from zebros_activities.handlers.answers import answer, page_of, shown_whole
from zebros_activities.handlers.bodies import ActivityBody
from zebros_activities.use_cases.create_activity import create_activity
from zebros_activities.use_cases.delete_activity import delete_activity
from zebros_activities.use_cases.get_activity import find_activity_by_external_id, get_activity
from zebros_activities.use_cases.list_activities import ActivityFilter, ActivitySort, list_activities
from zebros_activities.use_cases.restore_activity import restore_activity
from zebros_activities.use_cases.update_activity import update_activity
from zebros_activities.use_cases.verbs import VERBS
from zebros_core.errors import AlreadyExistsError, BadRequestError, ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.batch import BatchRequest, OutcomesBody, apply_batch
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.records import EXTERNAL_ID_PATTERN, HistoryEntryBody, history_response
from zebros_core.records.verbs import upsert as upsert_record
from zebros_core.values import RecordId

routes = Routes("activities")

EXAMPLE = Example(
    "call",
    {
        "type": "call",
        "subject": "Ask about the trial",
        "relatedType": "customer",
        "relatedId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
        "scheduledAt": "2026-12-01T09:30:00Z",
        "reminderMinutes": 15,
    },
    "A call with a reminder",
)
SERIES = Example(
    "series",
    {
        "type": "meeting",
        "subject": "Weekly status",
        "scheduledAt": "2026-12-07T08:00:00Z",
        "endsAt": "2026-12-07T08:30:00Z",
        "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=12",
        "timeZone": "Europe/Berlin",
    },
    "Twelve meetings at nine in Berlin",
)
Person = Annotated[str | None, Field(min_length=1, max_length=64)]


class ActivitiesQuery(PageQuery):
    """Filters and order of a list of activities."""

    owner: Annotated[Person, Field(description="The id of the owner.")] = None
    team: Annotated[Person, Field(description="The id of the team.")] = None
    type: Annotated[ActivityType | None, Field(description="The type.")] = None
    related: Annotated[RecordId | None, Field(description="The id of the record that they are about.")] = None
    customer: Annotated[RecordId | None, Field(description="The id of the customer of that record.")] = None
    status: Annotated[ActivityStatus | None, Field(description="The status.")] = None
    from_: Annotated[
        Instant | None, Field(alias="from", description="The first instant; without a time: of their making.")
    ] = None
    to: Annotated[
        Instant | None,
        Field(description="The instant after the last; without another filter at most 92 days after `from`."),
    ] = None
    sort: Annotated[
        ActivitySort | None,
        Field(
            description="`-scheduledAt` (the default) or `scheduledAt` with owner, team, related, customer, or from and"
            " to; otherwise `-createdAt` (the default) or `createdAt`."
        ),
    ] = None


@routes.post(
    "/v1/activities",
    operation="createActivity",
    permission=("activity", "write"),
    body=ActivityDraft,
    response=ActivityBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    summary="Create an activity, or a series",
    examples=(EXAMPLE, SERIES),
)
def create(request: Request[Container, NoQuery, ActivityDraft]) -> Response:
    """The caller owns it unless `ownerId` names somebody else. With a `recurrence` (a rule of RFC 5545 that ends, of at
    most 90 occurrences) the whole series is made at once, and its first occurrence answered: the time on the clock in
    `timeZone` stays the same when the clock changes. A record that does not exist, or that the caller may not see, is a
    422 for `/relatedId`.
    """
    created = create_activity(
        request.services.workspace(request.context), request.body, repeat=request.idempotency
    )
    return answer(request, created.entity, location=True)


@routes.get(
    "/v1/activities",
    operation="listActivities",
    personal=True,
    permission=("activity", "read"),
    query=ActivitiesQuery,
    response=PageBody[ActivityBody],
    errors=(BadRequestError,),
    summary="List activities",
)
def list_(request: Request[Container, ActivitiesQuery]) -> Response:
    """Live activities that the caller may see, by when they are. With several filters, or over many days, a page may be
    short before the last one.
    """
    query = request.query
    wanted = ActivityFilter(
        owner=query.owner,
        team=query.team,
        related=query.related,
        customer=query.customer,
        type=query.type,
        status=query.status,
        start=query.from_,
        end=query.to,
    )
    return page_of(
        list_activities(
            request.services.workspace(request.context),
            wanted,
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


@routes.post(
    "/v1/activities:batch",
    operation="batchActivities",
    permission=("activity", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    summary="Write up to 100 activities",
    examples=(
        Example(
            "upsert",
            {
                "operations": [
                    {
                        "operation": "upsert",
                        "externalId": "cal-1001",
                        "data": {"type": "task", "subject": "Send the offer"},
                    }
                ]
            },
        ),
    ),
)
def batch(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """An outcome for each operation, by its index: created, updated, unchanged, deleted, conflict or rejected; the last
    two with the problem that a single request would have got. The records that they name are read together.
    """
    return apply_batch(request, "activity", VERBS)


@routes.get(
    "/v1/activities/{activityId}",
    operation="getActivity",
    permission=("activity", "read"),
    response=ActivityBody,
    etag=True,
    summary="Read an activity",
)
def get(request: Request[Container]) -> Response:
    """With its whole description."""
    return shown_whole(get_activity(request.services.workspace(request.context), request.path["activityId"]))


@routes.put(
    "/v1/activities/{activityId}",
    operation="replaceActivity",
    permission=("activity", "write"),
    body=ActivityDraft,
    response=ActivityBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    summary="Replace an activity",
    examples=(EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, ActivityDraft]) -> Response:
    """What the body leaves out is emptied; owner, team and status stay unless given. The recurrence of a series is the
    same as before; of the series only this occurrence changes.
    """
    draft = request.body
    saved = update_activity(
        request.services.workspace(request.context),
        request.path["activityId"],
        lambda _: draft,
        expected_version=request.if_match,
    )
    return answer(request, saved.record)


@routes.patch(
    "/v1/activities/{activityId}",
    operation="updateActivity",
    permission=("activity", "write"),
    body=ActivityDraft,
    merge_patch=True,
    response=ActivityBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    summary="Change an activity",
    examples=(Example("later", {"scheduledAt": "2026-12-02T14:00:00Z", "location": None}),),
)
def update(request: Request[Container, NoQuery, MergePatch[ActivityDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays. Another time moves the reminder; another
    `relatedId` takes two versions.
    """
    saved = update_activity(
        request.services.workspace(request.context),
        request.path["activityId"],
        request.body.apply,
        expected_version=request.if_match,
    )
    return answer(request, saved.record)


@routes.delete(
    "/v1/activities/{activityId}",
    operation="deleteActivity",
    permission=("activity", "delete"),
    if_match="optional",
    status=204,
    errors=(ConflictError,),
    summary="Move an activity to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Of a series only this occurrence goes; nobody is reminded of it any more."""
    delete_activity(
        request.services.workspace(request.context),
        request.path["activityId"],
        expected_version=request.if_match,
    )
    return Response()


@routes.post(
    "/v1/activities/{activityId}/restore",
    operation="restoreActivity",
    permission=("activity", "delete"),
    response=ActivityBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, ConflictError),
    summary="Restore an activity",
)
def restore(request: Request[Container]) -> Response:
    """Brings an activity back from the trash as it was, its reminder too if that is still ahead. A live one is returned
    as it stands.
    """
    restored = restore_activity(request.services.workspace(request.context), request.path["activityId"])
    return answer(request, restored.record)


@routes.get(
    "/v1/activities/{activityId}/history",
    operation="getActivityHistory",
    permission=("activity", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to an activity",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after, descriptions as a whole. Kept from events, so the
    newest write may be missing for a moment.
    """
    return history_response(request, "activity", request.path["activityId"])


@routes.get(
    "/v1/activities/by-external-id/{externalId}",
    operation="getActivityByExternalId",
    permission=("activity", "read"),
    response=ActivityBody,
    etag=True,
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    summary="Read an activity by its external id",
)
def get_by_external_id(request: Request[Container]) -> Response:
    """The external id is the caller's own, such as a key of a calendar."""
    workspace = request.services.workspace(request.context)
    return shown_whole(find_activity_by_external_id(workspace, request.path["externalId"]))


@routes.put(
    "/v1/activities/by-external-id/{externalId}",
    operation="upsertActivity",
    permission=("activity", "write"),
    body=ActivityDraft,
    response=ActivityBody,
    etag=True,
    if_match="optional",
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    statuses={201: "There was no activity with this external id; it was created."},
    errors=(DuplicateError, AlreadyExistsError),
    summary="Create or replace an activity by its external id",
    examples=(Example("task", {"type": "task", "subject": "Send the offer"}),),
)
def upsert(request: Request[Container, NoQuery, ActivityDraft]) -> Response:
    """Repeating it changes nothing. `externalId` in the body may be left out, or must be the one of the path. Of a
    series the first occurrence has it.
    """
    upserted = upsert_record(
        request.services.workspace(request.context),
        "activity",
        request.path["externalId"],
        request.body,
        create=create_activity,
        update=update_activity,
        expected_version=request.if_match,
    )
    return answer(
        request,
        upserted.record,
        status=201 if upserted.created else None,
        location=upserted.created,
    )
