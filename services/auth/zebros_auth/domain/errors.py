"""Errors that belong to this service alone."""

from zebros_core.errors import ConflictError, DuplicateError


class EmailInUseError(DuplicateError):
    """Somebody of the tenant has this address; the problem names them."""

    code = "duplicate"

    def __init__(self, user_id: str) -> None:
        super().__init__(
            [{"entity": "user", "id": user_id, "match": "email"}],
            "Somebody of this tenant has this e-mail address already, perhaps deactivated.",
        )


class LastAdminError(ConflictError):
    """The change would leave the tenant without anybody who administers it."""

    code = "last-admin"

    def __init__(self) -> None:
        super().__init__("This is the tenant's last active administrator: make somebody else one first.")


class TeamInUseError(ConflictError):
    """The team still has people."""

    code = "team-in-use"

    def __init__(self, team_id: str) -> None:
        super().__init__(f"The team {team_id} still has people: move them to another team first.")


class TooManyIntegrationsError(ConflictError):
    """The tenant has as many integrations as one may have."""

    code = "too-many-integrations"

    def __init__(self, limit: int) -> None:
        super().__init__(f"There are {limit} integrations already: remove one first.")


class TooManyDevicesError(ConflictError):
    """The person has as many devices as one may have."""

    code = "too-many-devices"

    def __init__(self, limit: int) -> None:
        super().__init__(f"You have {limit} devices already: remove one first.")
