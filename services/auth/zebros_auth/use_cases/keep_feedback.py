"""Stop sending to an address that bounced for good, or whose owner complained."""

import logging
from collections.abc import Callable
from typing import Final

from zebros_auth.repositories.deliveries import Suppressions
from zebros_core.delivery import MailFeedback
from zebros_core.errors import NotFoundError
from zebros_core.observability import Metrics

SERVICE: Final = "auth"
"""Mails without the tag `service` are this one's: those that it sends to people of a tenant."""

_LOG = logging.getLogger(__name__)


def keep_feedback(
    feedback: MailFeedback, suppressions: Callable[[str], Suppressions], metrics: Metrics
) -> int:
    """Suppress what a report makes unwanted, and return how many addresses that are new.

    `suppressions` gives those of a tenant, and raises NotFoundError for one that is not there. A report that comes
    again or late changes nothing that happened since: it is known by mail, type and address. One of a mail that was
    none of ours is counted and changes nothing; one of a mail that another service sent is that service's to keep.
    """
    if feedback.tags.get("service", SERVICE) != SERVICE:
        return 0
    outcome = feedback.type.lower().replace(" ", "-")
    metrics.emit(
        {"MailFeedback": (1, "Count")}, operation=outcome, properties={"tenantId": feedback.tenant_id}
    )
    if not feedback.unwanted:
        return 0
    try:
        known = suppressions(feedback.tenant_id) if feedback.tenant_id else None
    except NotFoundError:
        known = None
    if known is None:
        _LOG.warning("feedback of a foreign mail", extra={"mailId": feedback.mail_id, "type": feedback.type})
        return 0
    return sum(
        known.add(address, feedback.reason, report=(feedback.mail_id, feedback.type))
        for address in feedback.unwanted
    )
