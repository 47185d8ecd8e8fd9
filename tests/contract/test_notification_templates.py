"""What the packaged templates promise of notifications: who sends as whom, and who brings a deferred one back."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]


def statements(prod: Stacks, action: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Role and statement wherever a role of the auth service may do this."""
    for name, role in prod["auth"].resources("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                if action in ([actions] if isinstance(actions, str) else actions):
                    yield name.removesuffix("IamRoleLambdaExecution"), statement


def test_topics_are_encrypted_and_deliver_as_it_was_published(prod: Stacks) -> None:
    topics = prod["auth"].resources("AWS::SNS::Topic")
    assert {topic["TopicName"] for topic in topics.values()} == {
        "zebros-prod-notifications",
        "zebros-prod-mail-feedback",
    }
    assert all(topic["KmsMasterKeyId"] == "alias/zebros-prod" for topic in topics.values())
    subscriptions = prod["auth"].resources("AWS::SNS::Subscription")
    assert {subscription["TopicArn"]["Ref"] for subscription in subscriptions.values()} == set(topics)
    for subscription in subscriptions.values():
        assert subscription["RawMessageDelivery"] is True
        assert subscription["RedrivePolicy"]["deadLetterTargetArn"]


def test_the_key_lets_the_services_through_that_carry_notifications(prod: Stacks) -> None:
    (key,) = prod["infrastructure"].resources("AWS::KMS::Key").values()
    services = {
        service
        for statement in key["KeyPolicy"]["Statement"]
        if "kms:GenerateDataKey" in statement["Action"] and "Service" in statement["Principal"]
        for service in [statement["Principal"]["Service"]]
        for service in (service if isinstance(service, list) else [service])
        if isinstance(service, str)
    }
    assert {"sns.amazonaws.com", "ses.amazonaws.com", "events.amazonaws.com"} <= services


def test_mail_is_sent_as_nobody_else_and_by_few(prod: Stacks) -> None:
    found = dict(statements(prod, "ses:SendEmail"))
    assert set(found) == {"Delivery", "Tenancy"}
    for statement in found.values():
        assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "no-reply@zebros.example"}}
    (report,) = prod["auth"].resources("AWS::SES::ConfigurationSetEventDestination").values()
    assert {"BOUNCE", "COMPLAINT"} <= set(report["EventDestination"]["MatchingEventTypes"])


def test_a_schedule_may_bring_a_notification_back_and_nothing_else(prod: Stacks) -> None:
    role = prod["auth"].resources("AWS::IAM::Role")["NotificationScheduleRole"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"] == {
        "Fn::GetAtt": ["NotificationSchedules", "Arn"]
    }
    (send,) = [
        statement
        for name, statement in statements(prod, "sqs:SendMessage")
        if name == "NotificationScheduleRole"
    ]
    assert [arn["Fn::GetAtt"][0] for arn in send["Resource"]] == ["DeliveryQueue", "DeliveryDeadLetters"]
    passing = {
        name: statement
        for name, statement in statements(prod, "iam:PassRole")
        if {"Fn::GetAtt": ["NotificationScheduleRole", "Arn"]} in statement["Resource"]
    }
    assert set(passing) == {"Delivery"}
    assert passing["Delivery"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}
    }


def test_a_laptop_has_the_same(prod: Stacks, local: Stacks) -> None:
    for kind in ("AWS::SNS::Topic", "AWS::SES::ConfigurationSet", "AWS::Scheduler::ScheduleGroup"):
        assert len(local["auth"].resources(kind)) == len(prod["auth"].resources(kind))
    (identity,) = prod["auth"].resources("AWS::SES::EmailIdentity").values()
    assert identity["EmailIdentity"] == "zebros.example"
