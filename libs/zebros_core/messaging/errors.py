"""What is wrong with a message.

::

    ZebrosError
    └── PoisonError                 would fail the same way every time: set aside, go on with the others
        ├── MalformedMessageError   not what our own bus sends
        ├── OversizedMessageError   larger than the bus can carry, so not sent by us
        └── ForeignMessageError     says one tenant and holds another's data

Everything else that goes wrong while a message is handled is taken for transient: the message is delivered
again.
"""

from __future__ import annotations

from zebros_core.errors import ZebrosError


class PoisonError(ZebrosError):
    """This message fails however often it is tried."""

    code = "poison-message"
    default_detail = "The message cannot be handled."


class MalformedMessageError(PoisonError):
    """The message is not of the form that it claims to have."""

    code = "malformed-message"
    default_detail = "The message is malformed."


class OversizedMessageError(PoisonError):
    """The message is larger than any that is sent."""

    code = "oversized-message"
    default_detail = "The message is too large."


class ForeignMessageError(PoisonError):
    """The message's parts belong to different tenants."""

    code = "foreign-message"
    default_detail = "The message mixes tenants."
