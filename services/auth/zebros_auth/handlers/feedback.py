"""What became of mails, from the mail service."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from zebros_auth.bootstrap import container
from zebros_auth.use_cases.keep_feedback import keep_feedback
from zebros_core.delivery import MailFeedback, parse_feedback
from zebros_core.messaging import TopicConsumer


@cache
def _consumer() -> TopicConsumer[MailFeedback]:
    have = container()

    def handle(feedback: MailFeedback) -> None:
        keep_feedback(feedback, have.notifying.suppressions, have.metrics)

    return TopicConsumer(handle, name="feedback", parse=parse_feedback)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Keep what a batch of reports says about addresses."""
    return _consumer().handler(event, context)
