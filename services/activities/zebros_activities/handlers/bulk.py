"""The bulk door: other services' mutations, reads and exports, in one signed call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_activities.bootstrap import Container, container
from zebros_activities.handlers import backups
from zebros_activities.repositories.keys import LOOKUP_TABLE, SCHEMAS
from zebros_activities.use_cases.check_reminders import check_reminders
from zebros_activities.use_cases.collect_personal_data import collection_steps, identify_person
from zebros_activities.use_cases.erase_person import erasure_steps
from zebros_activities.use_cases.get_activity import read_texts
from zebros_activities.use_cases.verbs import EXPORTED, VERBS
from zebros_activities.use_cases.workspace import Workspace
from zebros_core.bulk.calls import MAX_READS, SignedCall
from zebros_core.bulk.door import BulkDoor, DoorVerb, workspace_of
from zebros_core.privacy.desk import PrivacyDesk, open_desk
from zebros_core.privacy.door import privacy_verbs
from zebros_core.records.related import Naming
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import ERASURE_CAUSE
from zebros_core.values import RecordId


class TextsCall(SignedCall):
    """`texts`: the whole descriptions of these activities; reads and exports have the beginnings of long ones."""

    verb: Literal["texts"]
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]


class CheckRemindersCall(SignedCall):
    """`checkReminders`: compare a page of activities with the schedules of their reminders; with `repair`, mend them.

    Every page in turn with `repair` makes all schedules anew that should be there.
    """

    verb: Literal["checkReminders"]
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str | None, Field(max_length=1024)] = None
    repair: bool = False


def _texts(have: Container, caller: TenantContext, call: TextsCall) -> dict[str, Any]:
    found = read_texts(workspace_of(have, caller), call.ids)
    return {"items": [{"activityId": id, "description": text} for id, text in found.items()]}


def _check_reminders(have: Container, caller: TenantContext, call: CheckRemindersCall) -> dict[str, Any]:
    checked = check_reminders(
        workspace_of(have, caller), limit=call.limit, cursor=call.cursor, repair=call.repair
    )
    return {
        "checked": checked.checked,
        "late": checked.late,
        "wrong": checked.wrong,
        "nextCursor": checked.next_cursor,
    }


def _privacy_desk(have: Container, tenant_id: str) -> PrivacyDesk[Workspace]:
    workspace = have.system_workspace(tenant_id, ERASURE_CAUSE)
    return open_desk(have, workspace, workspace.activities.store, lookup_table=LOOKUP_TABLE, schemas=SCHEMAS)


DOOR: BulkDoor[Container] = BulkDoor(
    lambda: container(),
    verbs=VERBS,
    exported=EXPORTED,
    named={
        # Also those about the customer's contacts and deals.
        "customer": (Naming("activity", "customer", "customer_id"),),
        **{
            entity: (Naming("activity", "related", "related_id"),)
            for entity in ("contact", "lead", "opportunity")
        },
    },
    more={
        **backups.DOOR_VERBS,
        "checkReminders": DoorVerb(CheckRemindersCall, _check_reminders),
        "texts": DoorVerb(TextsCall, _texts),
        **privacy_verbs(
            _privacy_desk, identify=identify_person, collection=collection_steps, erasure=erasure_steps
        ),
    },
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
