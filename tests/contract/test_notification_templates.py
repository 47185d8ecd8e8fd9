"""What the packaged templates promise of notifications: who sends as whom, and who brings a deferred one back."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]


def statements(prod: Stacks, action: str, service: str = "auth") -> Iterator[tuple[str, dict[str, Any]]]:
    """Role and statement wherever a role of the service may do this."""
    for name, role in prod[service].resources("AWS::IAM::Role").items():
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
    key = prod["infrastructure"].resources("AWS::KMS::Key")["DataKey"]
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
    to_customers = dict(statements(prod, "ses:SendEmail", "activities"))
    assert set(to_customers) == {"Mail"}
    reports = dict(statements(prod, "ses:SendEmail", "jobs"))
    assert set(reports) == {"Worker"}
    for statement in (*found.values(), *to_customers.values(), *reports.values()):
        assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "no-reply@zebros.example"}}
    for statement in (to_customers["Mail"], reports["Worker"]):
        assert "ses:SendRawEmail" in statement["Action"], "mails with attachments are whole messages"
    for service in ("customers", "pipeline"):
        assert not dict(statements(prod, "ses:SendEmail", service))
    (report,) = prod["auth"].resources("AWS::SES::ConfigurationSetEventDestination").values()
    assert {"BOUNCE", "COMPLAINT"} <= set(report["EventDestination"]["MatchingEventTypes"])


ALL_OF_SCHEDULES = {"CreateSchedule", "GetSchedule", "UpdateSchedule", "DeleteSchedule"}
SCHEDULES = {
    "auth": ("Notification", "Delivery", "zebros-prod-notifications", {"Delivery": {"CreateSchedule"}}),
    "activities": (
        "Reminder",
        "Remind",
        "zebros-prod-reminders",
        {"Reminders": ALL_OF_SCHEDULES, "Bulk": ALL_OF_SCHEDULES},  # which mends what is missing
    ),
    "jobs": (
        "Report",
        "Due",
        "zebros-prod-reports",
        {"Http": ALL_OF_SCHEDULES, "Offboarding": {"DeleteSchedule"}, "Due": {"DeleteSchedule"}},
    ),
}
"""By service: the kind of schedule, the consumer that it feeds, its group, and who may do what with it."""


@pytest.mark.parametrize("service", SCHEDULES)
def test_a_schedule_feeds_its_queue_and_nothing_else(prod: Stacks, service: str) -> None:
    kind, consumer, group, keepers = SCHEDULES[service]
    role = prod[service].resources("AWS::IAM::Role")[f"{kind}ScheduleRole"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"] == {"Fn::GetAtt": [f"{kind}Schedules", "Arn"]}
    assert prod[service].resources("AWS::Scheduler::ScheduleGroup") == {f"{kind}Schedules": {"Name": group}}
    (send,) = [
        statement
        for name, statement in statements(prod, "sqs:SendMessage", service)
        if name == f"{kind}ScheduleRole"
    ]
    queues = [arn["Fn::GetAtt"][0] for arn in send["Resource"]]
    assert queues == [f"{consumer}Queue", f"{consumer}DeadLetters"]
    for action in ALL_OF_SCHEDULES:
        found = dict(statements(prod, f"scheduler:{action}", service))
        assert set(found) == {name for name, actions in keepers.items() if action in actions}
        for statement in found.values():
            (resource,) = statement["Resource"]
            assert resource["Fn::Sub"].endswith(f":schedule/{group}/*")


@pytest.mark.parametrize("service", SCHEDULES)
def test_who_makes_schedules_gives_them_that_role_and_only_to_the_scheduler(
    prod: Stacks, service: str
) -> None:
    kind, _, _, keepers = SCHEDULES[service]
    passing = {
        name: statement
        for name, statement in statements(prod, "iam:PassRole", service)
        if {"Fn::GetAtt": [f"{kind}ScheduleRole", "Arn"]} in statement["Resource"]
    }
    # Who only removes schedules gives them nothing.
    assert set(passing) == {name for name, actions in keepers.items() if actions != {"DeleteSchedule"}}
    for statement in passing.values():
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def test_a_laptop_has_the_same(prod: Stacks, local: Stacks) -> None:
    for kind in ("AWS::SNS::Topic", "AWS::SES::ConfigurationSet", "AWS::Scheduler::ScheduleGroup"):
        for service in ("auth", "activities", "jobs"):
            assert len(local[service].resources(kind)) == len(prod[service].resources(kind))
    (identity,) = prod["auth"].resources("AWS::SES::EmailIdentity").values()
    assert identity["EmailIdentity"] == "zebros.example"
