"""Errors that belong to this service alone."""

from zebros_core.errors import ConflictError


class CustomerMergedError(ConflictError):
    """The customer was merged into another one, which answers for it now."""

    code = "customer-merged"

    def __init__(self, winner_id: str) -> None:
        super().__init__(f"This customer was merged into {winner_id}; use that one.")
        self.winner_id = winner_id
