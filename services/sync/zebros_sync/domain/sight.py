"""What a device may see: its user's reach for each entity, and the fingerprint by which a change of it is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from zebros_core.auth.permissions import Visibility, can_see
from zebros_core.tenancy import TenantContext

__all__ = ["Sight"]


@dataclass(frozen=True)
class Sight:
    """A user's reach: a visibility for each entity that they may read; others are not there for them."""

    context: TenantContext
    visibilities: Mapping[str, Visibility]

    def sees(self, entity: str, owner_id: str | None, team_id: str | None) -> bool:
        """Tell whether a record of this owner and team is within the user's reach."""
        visibility = self.visibilities.get(entity)
        return visibility is not None and can_see(visibility, self.context, owner_id, team_id)

    def knows(self, entity: str) -> bool:
        """Tell whether any record of this entity may be within the user's reach."""
        return entity in self.visibilities

    @cached_property
    def fingerprint(self) -> str:
        """A short text that is another one whenever the user's reach is: with other roles, another team."""
        facts = [
            self.context.user_id,
            self.context.team_id,
            sorted((entity, visibility.value) for entity, visibility in self.visibilities.items()),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]
