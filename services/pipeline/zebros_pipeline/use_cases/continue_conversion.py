"""Go on with a conversion that its request left behind."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from zebros_core.errors import RateLimitedError, UnavailableError, ZebrosError
from zebros_pipeline.domain.conversion import Actor, ConversionState
from zebros_pipeline.use_cases.finish_conversion import finish_conversion, take_back
from zebros_pipeline.use_cases.workspace import Workspace

_LOOKED_AT_AGAIN: Final = timedelta(minutes=10)
"""So long after a failure, an event of the lead makes sure that no late step has left anything behind."""


def continue_conversion(workspace: Workspace, lead_id: str, acting_as: Callable[[Actor], Workspace]) -> None:
    """Finish a lead's conversion, or take it back: with the rights of whoever began it, whom `acting_as` stands for.

    Nothing is left to do where the request did it all, as it usually does. Raises UnavailableError where the customers
    service does not answer, so that the event comes again.
    """
    conversion = workspace.conversions.find(workspace.conversions.id_of(lead_id))
    if conversion is None or conversion.state is ConversionState.DONE:
        return
    if conversion.state is ConversionState.RUNNING and conversion.actor is not None:
        try:
            finish_conversion(acting_as(conversion.actor), conversion)
        except (UnavailableError, RateLimitedError):
            raise
        except ZebrosError:
            # Refused and taken back; whoever asks again is told, or may wish otherwise.
            return
    elif conversion.ended_at is None or workspace.now - conversion.ended_at < _LOOKED_AT_AGAIN:
        take_back(workspace, conversion)
