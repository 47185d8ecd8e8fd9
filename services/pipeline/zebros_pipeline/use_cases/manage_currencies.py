"""Read and set a tenant's base currency and rates."""

from zebros_core.errors import VersionMismatchError
from zebros_pipeline.domain.currencies import CurrenciesDraft, CurrencySettings
from zebros_pipeline.use_cases.workspace import Workspace


def get_currencies(workspace: Workspace) -> CurrencySettings:
    """Return the base currency and the rates."""
    workspace.visibility("pipeline", "read")
    return workspace.currencies.get()


def set_currencies(
    workspace: Workspace, draft: CurrenciesDraft, *, expected_version: int | None
) -> CurrencySettings:
    """Set base currency and rates; what was summed by currency is converted by them from the next look on.

    Records keep their currencies. Raises VersionMismatchError for a lost race.
    """
    workspace.visibility("pipeline", "write")
    present = workspace.currencies.get()
    if expected_version is not None and present.version != expected_version:
        raise VersionMismatchError(present.version)
    if (draft.base_currency, draft.rates) == (present.base_currency, present.rates):
        return present
    return workspace.currencies.replace(draft, previous=present)
