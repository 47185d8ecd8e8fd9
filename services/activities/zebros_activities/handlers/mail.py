"""The queue of mails to be sent: e-mails among this service's own changes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_activities.bootstrap import container
from zebros_activities.use_cases.deliver_mail import deliver_mail
from zebros_core.messaging import Consumer, EntityChanged


@cache
def _consumer() -> Consumer:
    have = container()

    def handle(change: EntityChanged) -> None:
        deliver_mail(have.mailing.room(change.tenant_id), change)

    return have.consumer("mail", handle, entities=frozenset({"activity"}), fold=True)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Send the queued mails of a batch, each at most once."""
    return _consumer().handler(event, context)
