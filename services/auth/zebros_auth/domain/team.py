"""The team: people who see each other's records where their role says so."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from zebros_core.values import Name, Value

TeamId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
"""A short name such as ``north``: it is in tokens and records, and never changes."""


class TeamDraft(Value):
    """A new team."""

    team_id: TeamId
    name: Name


class TeamChange(Value):
    """What may be changed of a team."""

    name: Name


class Team(Value):
    """A team of a tenant. `version` rises by one with every change."""

    team_id: TeamId
    name: Name
    version: int = 1
