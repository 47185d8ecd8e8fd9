"""A message that was handed over: taken, not taken, or uncertain; and what is reported of a mail later."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

from zebros_core.delivery import DeliveryUncertainError, NotTakenError, code_of, parse_feedback, told_apart
from zebros_core.errors import UnavailableError


def answer(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "SendEmail")


@pytest.mark.parametrize(
    "trouble",
    [answer("Throttling", 400), ConnectTimeoutError(endpoint_url="https://a.test"), NoCredentialsError()],
)
def test_what_was_certainly_not_taken_may_be_tried_again(trouble: Exception) -> None:
    with pytest.raises(NotTakenError) as raised, told_apart():
        raise trouble
    assert isinstance(raised.value, UnavailableError), "a queue brings it again, a caller may come again"


@pytest.mark.parametrize(
    "trouble", [answer("InternalFailure", 500), ReadTimeoutError(endpoint_url="https://a.test")]
)
def test_a_lost_answer_is_uncertain(trouble: Exception) -> None:
    with pytest.raises(DeliveryUncertainError), told_apart():
        raise trouble


def test_our_own_defects_come_through() -> None:
    with pytest.raises(KeyError), told_apart():
        raise KeyError("x")
    assert code_of(answer("MessageRejected", 400)) == "MessageRejected"


def test_a_report_brings_back_the_tags_that_the_mail_was_sent_with() -> None:
    mail: dict[str, Any] = {
        "messageId": "m-1",
        "destination": ["Ada@acme.example"],
        "tags": {"tenantId": ["acme"], "activity": ["01J"], "ses:from-domain": ["zebros.example"], "odd": []},
    }
    feedback = parse_feedback({"eventType": "Delivery", "mail": mail, "delivery": {"recipients": []}})
    assert (feedback.tenant_id, feedback.type, feedback.unwanted) == ("acme", "Delivery", ())
    assert feedback.tags["activity"] == "01J"
    assert "odd" not in feedback.tags
