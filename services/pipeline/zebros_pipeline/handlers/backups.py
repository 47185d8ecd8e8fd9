"""What backups ask of the bulk door: records put back; stages and currencies, given out and put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from zebros_core.bulk.calls import MAX_READS, SignedCall
from zebros_core.bulk.door import DoorVerb, workspace_of
from zebros_core.bulk.reinstating import reinstate_verbs
from zebros_core.bulk.settings import Setting, SettingsKeeper, settings_verbs
from zebros_core.dynamodb.paging import Page
from zebros_core.http.validation import validate_document
from zebros_core.records.mutations import OutcomeKind
from zebros_core.tenancy import TenantContext
from zebros_core.values import RecordId, Value
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.currencies import CurrenciesDraft
from zebros_pipeline.domain.stages import StagesDraft
from zebros_pipeline.use_cases.manage_currencies import get_currencies, set_currencies
from zebros_pipeline.use_cases.manage_stages import get_stages, set_stages
from zebros_pipeline.use_cases.put_back import RULES, read_stage_entries


def _keeper(
    name: str, draft: type[Value], read: Callable[[Any], Any], write: Callable[..., Any]
) -> SettingsKeeper[Container]:
    """Return how one row of settings is given out, and put back by the rules of whoever sets it by the API."""

    def page(have: Container, caller: TenantContext, cursor: str | None) -> Page[Setting]:
        del cursor
        present = read(workspace_of(have, caller))
        return Page(
            [Setting(name, present.model_dump(mode="json", by_alias=True, exclude={"version"}))], None
        )

    def put(have: Container, caller: TenantContext, setting: Setting) -> OutcomeKind:
        workspace = workspace_of(have, caller)
        former = read(workspace)
        stored = write(workspace, validate_document(draft, setting.value), expected_version=former.version)
        return OutcomeKind.UNCHANGED if stored.version == former.version else OutcomeKind.UPDATED

    return SettingsKeeper(page, put)


class StageEntriesCall(SignedCall):
    """`stageEntries`: the stages that these opportunities have entered, which `reinstate` takes beside the record."""

    verb: Literal["stageEntries"]
    ids: Annotated[list[RecordId], Field(min_length=1, max_length=MAX_READS)]


def _stage_entries(have: Container, caller: TenantContext, call: StageEntriesCall) -> dict[str, Any]:
    found = read_stage_entries(workspace_of(have, caller), call.ids)
    return {
        "items": [
            {
                "opportunityId": id,
                "stageEntries": [
                    entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in entries
                ],
            }
            for id, entries in found.items()
        ]
    }


DOOR_VERBS: Final[Mapping[str, DoorVerb[Container]]] = {
    **reinstate_verbs(RULES),
    **settings_verbs(
        {
            "stages": _keeper("stages", StagesDraft, get_stages, set_stages),
            "currencies": _keeper("currencies", CurrenciesDraft, get_currencies, set_currencies),
        }
    ),
    "stageEntries": DoorVerb(StageEntriesCall, _stage_entries),
}
"""What the bulk door takes beside the verbs of every door."""
