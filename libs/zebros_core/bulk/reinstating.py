"""The verb `reinstate` of a bulk door: records are put back as an export gave them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_core.bootstrap import ServiceContainer
from zebros_core.bulk.calls import ReinstateCall
from zebros_core.bulk.door import DoorVerb, ensure_machinery, workspace_of
from zebros_core.bulk.outcomes import check_entities, note_outcomes, outcome_documents
from zebros_core.records.reinstate import ReinstateRules, ReinstateWish, reinstate_records
from zebros_core.tenancy import TenantContext

__all__ = ["reinstate_verbs"]


def reinstate_verbs(rules: Mapping[str, ReinstateRules]) -> Mapping[str, DoorVerb[Any]]:
    """Return the verb of a service that puts back records of these entities."""

    def reinstate(have: ServiceContainer, caller: TenantContext, call: ReinstateCall) -> dict[str, Any]:
        ensure_machinery(caller, "records are put back by the restoring of backups only")
        check_entities(call.mutations, rules)
        wishes = [
            ReinstateWish(wish.mutation_id, wish.entity, wish.record, wish.skip_duplicates)
            for wish in call.mutations
        ]
        outcomes = reinstate_records(workspace_of(have, caller), rules, wishes)
        note_outcomes(have, caller.tenant_id, call.mutations, outcomes)
        return {"outcomes": outcome_documents(call.mutations, outcomes)}

    return {"reinstate": DoorVerb(ReinstateCall, reinstate)}
