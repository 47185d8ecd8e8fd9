"""What may become of a message that is handed over.

::

    ZebrosError
    ├── UnavailableError
    │   └── NotTakenError           certainly not taken; may be tried again
    ├── RefusedError                will never be taken as it is
    └── DeliveryUncertainError      nobody knows; is not tried again
"""

from __future__ import annotations

from zebros_core.errors import UnavailableError, ZebrosError

__all__ = ["DeliveryUncertainError", "NotTakenError", "RefusedError"]


class NotTakenError(UnavailableError):
    """The message was certainly not taken, and may be later."""


class RefusedError(ZebrosError):
    """The message will never be taken as it is; ``code_of_service`` says why."""

    code = "message-refused"
    default_detail = "The message was refused."

    def __init__(self, code_of_service: str) -> None:
        super().__init__()
        self.code_of_service = code_of_service


class DeliveryUncertainError(ZebrosError):
    """The service did not answer, or failed after it may have taken the message."""

    code = "delivery-uncertain"
    default_detail = "Nobody knows whether the message was taken."
