"""Teams: one partition of the lookup table."""

from zebros_auth.domain.team import Team
from zebros_auth.repositories.keys import LOOKUP_TABLE
from zebros_core.dynamodb.lookup import LookupTable
from zebros_core.dynamodb.paging import Page
from zebros_core.dynamodb.store import TenantStore
from zebros_core.errors import NotFoundError, VersionMismatchError

_PARTITION = ("teams",)


class TeamRepository:
    """One tenant's teams."""

    def __init__(self, store: TenantStore) -> None:
        self._lookup = LookupTable(store, LOOKUP_TABLE)

    def get(self, team_id: str) -> Team:
        """Return a team. Raises NotFoundError."""
        team = self.find(team_id)
        if team is None:
            raise NotFoundError("team", team_id)
        return team

    def find(self, team_id: str) -> Team | None:
        """Return a team, or None."""
        row = self._lookup.get(_PARTITION, team_id)
        return None if row is None else Team.model_validate(row)

    def add(self, team: Team) -> bool:
        """Store a new team; False where there is one of that id."""
        return self._lookup.put(_PARTITION, team.team_id, _row(team), condition="absent")

    def save(self, team: Team, *, previous: Team) -> Team:
        """Store a changed team over the one that was read. Raises VersionMismatchError for a lost race."""
        stored = team.model_copy(update={"version": previous.version + 1})
        condition = {"version": previous.version}
        if not self._lookup.put(_PARTITION, team.team_id, _row(stored), condition=condition):
            raise VersionMismatchError(previous.version + 1)
        return stored

    def remove(self, team_id: str) -> None:
        """Remove a team; none there is no error."""
        self._lookup.delete(_PARTITION, team_id)

    def page(self, *, limit: int, cursor: str | None) -> Page[Team]:
        """Return a page of teams by id. One Query."""
        page = self._lookup.query(_PARTITION, limit=limit, cursor=cursor)
        items = [
            Team.model_validate({name: value for name, value in row.items() if name != "sk"})
            for row in page.items
        ]
        return Page(items, page.next_cursor)


def _row(team: Team) -> dict[str, object]:
    return team.model_dump(mode="json", by_alias=True)
