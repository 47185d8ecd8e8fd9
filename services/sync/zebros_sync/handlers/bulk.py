"""The door for our own machinery, invoked by name with a signed context: what sync keeps on a person, told and erased.

Sync has no records of its own: nothing is written or exported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_core.bulk.door import BulkDoor
from zebros_core.privacy.desk import PrivacyDesk, open_desk
from zebros_core.privacy.door import privacy_verbs
from zebros_core.tenancy.context import ERASURE_CAUSE
from zebros_sync.bootstrap import Container, container
from zebros_sync.repositories.keys import LOG_TABLE
from zebros_sync.use_cases.collect_personal_data import PersonalStores, collection_steps, identify_person
from zebros_sync.use_cases.erase_person import erasure_steps


def _desk(have: Container, tenant_id: str) -> PrivacyDesk[PersonalStores]:
    workspace = have.system_workspace(tenant_id, ERASURE_CAUSE)
    store = have.system_access(tenant_id, ERASURE_CAUSE)[1]
    stores = PersonalStores(workspace.log, workspace.devices, have.exports(workspace), workspace.schemas)
    return open_desk(have, stores, store, lookup_table=LOG_TABLE, schemas=())


DOOR: BulkDoor[Container] = BulkDoor(
    lambda: container(),
    verbs={},
    exported=frozenset(),
    more=privacy_verbs(_desk, identify=identify_person, collection=collection_steps, erasure=erasure_steps),
)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Carry out a call; a refused one answers `{"problem": ...}`, so that the caller need not read an error's text."""
    return DOOR.handler(event, context)
