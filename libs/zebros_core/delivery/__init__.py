"""Messages that leave the platform: handed over once, told apart by what is known of them, reported on later.

A service that carries messages (SES, SNS) may take one and not say so. Whatever is handed over is claimed first, goes
out at most once, and an answer that never came is its own kind of outcome.
"""

from zebros_core.delivery.errors import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.delivery.handover import code_of, once_client, told_apart
from zebros_core.delivery.mail_feedback import MailFeedback, parse_feedback
from zebros_core.delivery.ses import mail_address, send_by_ses

__all__ = [
    "DeliveryUncertainError",
    "MailFeedback",
    "NotTakenError",
    "RefusedError",
    "code_of",
    "mail_address",
    "once_client",
    "parse_feedback",
    "send_by_ses",
    "told_apart",
]
