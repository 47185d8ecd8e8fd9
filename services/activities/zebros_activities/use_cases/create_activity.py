"""Create an activity, or all of a series."""

from __future__ import annotations

from zebros_activities.domain.activity import Activity, ActivityDraft, ActivityStatus, Delivery
from zebros_activities.domain.activity_rules import check_draft
from zebros_activities.domain.recurrence import MAX_OCCURRENCES, occurrences
from zebros_activities.use_cases.descriptions import stored_text
from zebros_activities.use_cases.relations import check_participants, customer_of
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.dynamodb.repository import Created
from zebros_core.ids import derived_id
from zebros_core.records.unique import Receipt, RequestKey


def create_activity(
    workspace: Workspace,
    draft: ActivityDraft,
    *,
    id: str | None = None,
    repeat: RequestKey | None = None,
    skip_duplicates: bool = False,
    receipt: Receipt | None = None,
    delivery: Delivery | None = None,
) -> Created[Activity]:
    """Create an activity, owned by the caller unless the draft names an owner; with a recurrence, the whole series.

    The occurrences of a series are activities like any other, written in one transaction with the first, which is
    returned. Raises ValidationError naming what does not go together, a recurrence that is none or does not end, and
    records that the caller may not see; DuplicateError for an external id that another activity has.
    """
    check_draft(draft, workspace.now)
    owner_id, team_id = workspace.owner_and_team(draft)
    workspace.ensure_assignable("activity", owner_id, team_id)
    workspace.check_custom("activity", draft.custom)
    status = draft.status or ActivityStatus.OPEN
    completed_at = draft.completed_at or workspace.now if status is ActivityStatus.COMPLETED else None
    customer_id = customer_of(workspace, draft)
    check_participants(workspace, draft)
    first, has_text = stored_text(
        Activity(
            activity_id=id or workspace.activities.new_id("createActivity", repeat),
            customer_id=customer_id,
            delivery=delivery,
            **{name: getattr(draft, name) for name in ActivityDraft.model_fields}
            | {"owner_id": owner_id, "team_id": team_id, "status": status, "completed_at": completed_at},
        ),
        draft.description,
    )
    series = _series(workspace, first, has_text)
    texts = [
        workspace.texts.put(one.activity_id, one.version, draft.description)
        for one in series
        if has_text and draft.description is not None
    ]
    with workspace.naming_only_visible():
        created = workspace.activities.create_unique(
            series[0],
            repeat=repeat,
            client_supplied_id=id is not None,
            skip_duplicates=skip_duplicates,
            receipt=receipt,
            extra=(*workspace.activities.plan_more(series[1:]), *texts),
        )
    return workspace.created("activity", created)


def _series(workspace: Workspace, first: Activity, has_text: bool) -> list[Activity]:
    """Return the activity, or all occurrences of its series: the time on the clock stays, and the length."""
    if first.recurrence is None or first.scheduled_at is None:
        return [first]
    zone = first.time_zone or workspace.time_zone_of(first.owner_id)
    # A long description is a row of its own for each, and a transaction has room for a hundred rows.
    at_most = MAX_OCCURRENCES // 2 if has_text else MAX_OCCURRENCES
    times = occurrences(first.recurrence, first.scheduled_at, zone, at_most=at_most)
    length = first.ends_at - first.scheduled_at if first.ends_at is not None else None
    tenant_id = workspace.context.tenant_id
    return [
        first.model_copy(
            update={
                "activity_id": series_member(tenant_id, first.activity_id, number),
                "series_id": first.activity_id,
                "occurrence": number,
                "occurrences": len(times),
                "time_zone": zone,
                "scheduled_at": at,
                "ends_at": at + length if length is not None else None,
                "external_id": first.external_id if number == 1 else None,
            }
        )
        for number, at in enumerate(times, start=1)
    ]


def series_member(tenant_id: str, series_id: str, number: int) -> str:
    """Return the id of an occurrence: the first one's is the series' own."""
    return series_id if number == 1 else derived_id(tenant_id, "occurrence", series_id, str(number))
