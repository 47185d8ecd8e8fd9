"""The bulk door: other services' mutations, reads and exports, and the upkeep of derived data, in one signed call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field

from zebros_core.bulk.calls import SignedCall
from zebros_core.bulk.door import BulkDoor, DoorVerb, workspace_of
from zebros_core.privacy.desk import PrivacyDesk, open_desk
from zebros_core.privacy.door import privacy_verbs
from zebros_core.records.related import Naming
from zebros_core.tenancy import TenantContext
from zebros_core.tenancy.context import ERASURE_CAUSE
from zebros_customers.bootstrap import Container, container
from zebros_customers.domain.custom_field import FieldEntity
from zebros_customers.handlers import backups
from zebros_customers.repositories.keys import LOOKUP_TABLE, SCHEMAS
from zebros_customers.settings import LAYERS, LISTS_OF
from zebros_customers.use_cases.check_names import check_names
from zebros_customers.use_cases.collect_personal_data import collection_steps, identify_person
from zebros_customers.use_cases.erase_person import erasure_steps
from zebros_customers.use_cases.manage_fields import list_fields
from zebros_customers.use_cases.verbs import EXPORTED, VERBS
from zebros_customers.use_cases.workspace import Workspace


class CheckNamesCall(SignedCall):
    """`checkNames`: compare a page of customers with the index of names; with `repair`, mend it.

    Every page in turn with `repair` rebuilds the index.
    """

    verb: Literal["checkNames"]
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str | None, Field(max_length=1024)] = None
    repair: bool = False


class FieldsCall(SignedCall):
    """`fields`: the custom fields that the tenant has defined for an entity, of whichever service."""

    verb: Literal["fields"]
    entity: FieldEntity


@cache
def _container() -> Container:
    return container()


def _check_names(have: Container, caller: TenantContext, call: CheckNamesCall) -> dict[str, Any]:
    checked = check_names(have.workspace(caller), limit=call.limit, cursor=call.cursor, repair=call.repair)
    return {
        "checked": checked.checked,
        "late": checked.late,
        "wrong": checked.wrong,
        "nextCursor": checked.next_cursor,
    }


def _fields(have: Container, caller: TenantContext, call: FieldsCall) -> dict[str, Any]:
    definitions = list_fields(workspace_of(have, caller), call.entity)
    return {"items": [definition.model_dump(mode="json", by_alias=True) for definition in definitions]}


def _privacy_desk(have: Container, tenant_id: str) -> PrivacyDesk[Workspace]:
    workspace = have.system_workspace(tenant_id, ERASURE_CAUSE)
    return open_desk(have, workspace, workspace.contacts.store, lookup_table=LOOKUP_TABLE, schemas=SCHEMAS)


DOOR: BulkDoor[Container] = BulkDoor(
    lambda: _container(),
    verbs=VERBS,
    exported=EXPORTED,
    named={
        "customer": (
            Naming("contact", "customer", "customer_id"),
            Naming("document", "customer", "customer_id"),
        )
    },
    more={
        **backups.DOOR_VERBS,
        "checkNames": DoorVerb(CheckNamesCall, _check_names),
        "fields": DoorVerb(FieldsCall, _fields),
        **privacy_verbs(
            _privacy_desk,
            identify=identify_person,
            collection=collection_steps,
            erasure=erasure_steps,
            layers=LAYERS,
            lists_of=LISTS_OF,
        ),
    },
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
