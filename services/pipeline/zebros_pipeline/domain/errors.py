"""Errors that belong to this service alone."""

from zebros_core.errors import ConflictError


class OpportunityClosedError(ConflictError):
    """A closed opportunity stays in its stage until it is reopened."""

    code = "opportunity-closed"

    def __init__(self, outcome: str) -> None:
        super().__init__(f"This opportunity is {outcome}; reopen it before it moves to another stage.")


class OpportunityOpenError(ConflictError):
    """Only a closed opportunity can be reopened."""

    code = "opportunity-open"
    default_detail = "This opportunity is open; move it instead."


class LeadConvertedError(ConflictError):
    """A lead that was converted, or is just being, stays as it is."""

    code = "lead-converted"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "This lead was converted; change the customer and the contact instead.")


class ConversionRunningError(ConflictError):
    """The lead is being converted, in another way than is asked for."""

    code = "conversion-running"
    default_detail = "This lead is being converted in another way just now."


class StageInUseError(ConflictError):
    """A stage with opportunities can neither go nor change what it means."""

    code = "stage-in-use"

    def __init__(self, key: str, count: int) -> None:
        some = "at least one opportunity" if count < 1 else f"{count} opportunities"
        super().__init__(f"The stage {key} has {some}; move them before it goes or changes its kind.")
        self.key = key
        self.count = count
