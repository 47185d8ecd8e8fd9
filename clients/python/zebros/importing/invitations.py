"""Rows of people as invitations: teams are made as needed, and who is here already stays as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from zebros.calls.batch import Operation
from zebros.errors import ApiError
from zebros.importing.match_key import normalised
from zebros.models import BatchOutcome
from zebros.resources.in_order import run_in_order

if TYPE_CHECKING:
    from zebros.client import Client

__all__ = ["Invitations"]


class Invitations:
    """Invites people as `import_rows` asks; each one is created, unchanged or rejected."""

    def __init__(
        self, client: Client, *, role: str, parallel: int = 1, on_team: Callable[[str], None]
    ) -> None:
        self._client = client
        self._role = role
        self._parallel = parallel
        self._teams: dict[str, str] = {}
        for team in client.teams.list(page_size=200):
            self._know(team.id, team.id, team.name)
        self._here = {(user.email or "").casefold() for user in client.users.list(page_size=200)}
        self._on_team = on_team

    def __call__(self, operations: Iterator[Operation]) -> Iterator[BatchOutcome]:
        yield from run_in_order(self._jobs(operations), self._parallel)

    def _jobs(self, operations: Iterator[Operation]) -> Iterator[Callable[[], BatchOutcome]]:
        index = count()
        for operation in operations:
            at, data = next(index), dict(operation.get("data") or {})
            if str(data["email"]).casefold() in self._here:
                yield partial(BatchOutcome, index=at, outcome="unchanged")
                continue
            try:
                # Here and not in the job: two jobs at once would both make the team.
                team = self._team(data.pop("team", None))
            except (ApiError, ValueError) as error:
                yield partial(_refused, at, error)
                continue
            yield partial(self._invite, at, data, team)

    def _invite(self, index: int, data: dict[str, Any], team: str | None) -> BatchOutcome:
        fields = {"role": self._role, **data}
        try:
            user = self._client.users.invite(team_id=team, **fields)
        except ApiError as error:
            if error.status in {401, 429} or error.status >= 500:
                raise  # of no row in particular
            return _refused(index, error)
        return BatchOutcome(index=index, outcome="created", id=user.id)

    def _team(self, name: str | None) -> str | None:
        """The id of the team that is called so, which is made if there is none."""
        if name is None:
            return None
        known = self._teams.get(normalised(name))
        if known is not None:
            return known
        id = re.sub(r"[^a-z0-9]+", "-", normalised(name)).strip("-")
        if not id:
            raise ValueError(f"team: no id can be made of {name!r}; make the team first: zebros teams create")
        made = self._client.teams.create(id, name=name)
        self._know(made.id, made.id, made.name)
        self._on_team(made.id)
        return made.id

    def _know(self, id: str, *names: str) -> None:
        for name in names:
            self._teams.setdefault(normalised(name), id)


def _refused(index: int, error: Exception) -> BatchOutcome:
    problem: dict[str, Any] = {"detail": str(error)}
    if isinstance(error, ApiError):
        problem["errors"] = [{"field": each.field, "message": each.message} for each in error.errors]
    return BatchOutcome(index=index, outcome="rejected", problem=problem)
