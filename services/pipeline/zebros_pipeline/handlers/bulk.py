"""The bulk door: other services' mutations, reads and exports, in one signed call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_core.bulk.calls import MAX_READS, SignedCall
from zebros_core.bulk.door import BulkDoor, DoorVerb, workspace_of
from zebros_core.privacy.desk import PrivacyDesk, open_desk
from zebros_core.privacy.door import privacy_verbs
from zebros_core.records.related import Naming
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import ERASURE_CAUSE
from zebros_core.values import RecordId
from zebros_pipeline.bootstrap import Container, container
from zebros_pipeline.handlers import backups, totals
from zebros_pipeline.repositories.keys import LOOKUP_TABLE, SCHEMAS
from zebros_pipeline.use_cases.collect_personal_data import collection_steps, identify_person
from zebros_pipeline.use_cases.erase_person import erasure_steps
from zebros_pipeline.use_cases.get_opportunity import read_lines
from zebros_pipeline.use_cases.verbs import EXPORTED, VERBS
from zebros_pipeline.use_cases.workspace import Workspace


@cache
def _container() -> Container:
    return container()


class LinesCall(SignedCall):
    """`lines`: the lines of these opportunities; reads and exports say only how many there are."""

    verb: Literal["lines"]
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]


def _lines(have: Container, caller: TenantContext, call: LinesCall) -> dict[str, Any]:
    found = read_lines(workspace_of(have, caller), call.ids)
    return {
        "items": [
            {"opportunityId": id, "lines": [line.model_dump(mode="json", by_alias=True) for line in lines]}
            for id, lines in found.items()
        ]
    }


def _privacy_desk(have: Container, tenant_id: str) -> PrivacyDesk[Workspace]:
    workspace = have.system_workspace(tenant_id, ERASURE_CAUSE)
    return open_desk(have, workspace, workspace.leads.store, lookup_table=LOOKUP_TABLE, schemas=SCHEMAS)


DOOR: BulkDoor[Container] = BulkDoor(
    lambda: _container(),
    verbs=VERBS,
    exported=EXPORTED,
    named={
        "customer": (Naming("opportunity", "customer", "customer_id"),),
        "contact": (Naming("opportunity", "customer", "contact_id", through_parent=True),),
    },
    more={
        **totals.DOOR_VERBS,
        **backups.DOOR_VERBS,
        "lines": DoorVerb(LinesCall, _lines),
        # No cached list shows a record's texts: a dashboard is figures.
        **privacy_verbs(
            _privacy_desk, identify=identify_person, collection=collection_steps, erasure=erasure_steps
        ),
    },
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
