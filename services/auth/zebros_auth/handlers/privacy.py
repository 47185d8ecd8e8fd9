"""What privacy requests ask of the bulk door: people, told and erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zebros_auth.bootstrap import Container
from zebros_auth.repositories.audit import AuditLog
from zebros_auth.repositories.audit_erasures import AuditErasures
from zebros_auth.repositories.changes import ChangeMarks
from zebros_auth.repositories.deliveries import Suppressions
from zebros_auth.repositories.devices import DeviceRepository
from zebros_auth.repositories.keys import LOOKUP_TABLE, SCHEMAS
from zebros_auth.repositories.users import UserRepository
from zebros_auth.use_cases.collect_personal_data import PersonalStores, collection_steps, identify_person
from zebros_auth.use_cases.erase_person import erasure_steps
from zebros_core.bulk.door import DoorVerb
from zebros_core.privacy.desk import PrivacyDesk, open_desk
from zebros_core.privacy.door import privacy_verbs
from zebros_core.tenancy.context import ERASURE_CAUSE


def _desk(have: Container, tenant_id: str) -> PrivacyDesk[PersonalStores]:
    store = have.system_access(tenant_id, ERASURE_CAUSE)[1]
    stores = PersonalStores(
        tenant_id=tenant_id,
        users=UserRepository(store),
        devices=DeviceRepository(store),
        suppressions=Suppressions(store, have.clock),
        changes=ChangeMarks(store),
        audit_log=AuditLog(store),
        audit_erasures=AuditErasures(store),
        clock=have.clock,
        identity=lambda: have.identity,
        push=have.notifying.push,
    )
    return open_desk(have, stores, store, lookup_table=LOOKUP_TABLE, schemas=SCHEMAS)


DOOR_VERBS: Final[Mapping[str, DoorVerb[Container]]] = privacy_verbs(
    _desk, identify=identify_person, collection=collection_steps, erasure=erasure_steps
)
"""What the bulk door takes beside the verbs of every door."""
