"""What became of mails, from the mail service."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_activities.bootstrap import container
from zebros_activities.use_cases.keep_bounce import keep_bounce
from zebros_core.delivery import MailFeedback, parse_feedback
from zebros_core.messaging import TopicConsumer


@cache
def _consumer() -> TopicConsumer[MailFeedback]:
    have = container()

    def handle(feedback: MailFeedback) -> None:
        keep_bounce(feedback, have.mailing.bounces)

    return TopicConsumer(handle, name="bounces", parse=parse_feedback)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Note what a batch of reports says of this service's mails."""
    return _consumer().handler(event, context)
