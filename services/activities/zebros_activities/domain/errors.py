"""Errors that belong to this service alone."""

from zebros_core.errors import ConflictError


class ActivityCancelledError(ConflictError):
    """A cancelled activity is not completed."""

    code = "activity-cancelled"
    default_detail = "This activity was cancelled; reopen it first."


class NotASeriesError(ConflictError):
    """Only an occurrence of a series has later ones."""

    code = "not-a-series"
    default_detail = "This activity is not part of a series."
