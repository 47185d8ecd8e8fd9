"""What backups ask of the bulk door: records put back; the definitions of custom fields, given out and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from zebros_core.bulk.door import DoorVerb, workspace_of
from zebros_core.bulk.reinstating import reinstate_verbs
from zebros_core.bulk.settings import Setting, SettingsKeeper, settings_verbs
from zebros_core.dynamodb.paging import Page
from zebros_core.http.validation import validate_document
from zebros_core.records.mutations import OutcomeKind
from zebros_core.tenancy import TenantContext
from zebros_customers.bootstrap import Container
from zebros_customers.domain.custom_field import FieldDraft, FieldEntity
from zebros_customers.use_cases.manage_fields import list_fields
from zebros_customers.use_cases.put_back import RULES
from zebros_customers.use_cases.put_field import put_field


def _fields(have: Container, caller: TenantContext, cursor: str | None) -> Page[Setting]:
    del cursor  # a few hundred at most, which are one page
    workspace = workspace_of(have, caller)
    fields = [field for entity in FieldEntity for field in list_fields(workspace, entity)]
    return Page(
        [
            Setting(
                f"{field.entity}.{field.name}",
                field.model_dump(mode="json", by_alias=True, exclude={"field_id", "version"}),
            )
            for field in fields
        ],
        None,
    )


def _put_field(have: Container, caller: TenantContext, setting: Setting) -> OutcomeKind:
    return put_field(workspace_of(have, caller), validate_document(FieldDraft, setting.value))


DOOR_VERBS: Final[Mapping[str, DoorVerb[Container]]] = {
    **reinstate_verbs(RULES),
    **settings_verbs({"field": SettingsKeeper(_fields, _put_field)}),
}
"""What the bulk door takes beside the verbs of every door."""
