"""What the packaged production templates promise of queues and events: who feeds them, and that nothing is lost."""

from typing import Any

import pytest
from packaged_templates import SERVICES, Stacks, rendered, resources

pytestmark = pytest.mark.contract


def test_every_queue_is_encrypted_and_has_a_dead_letter_queue_that_somebody_hears_of(prod: Stacks) -> None:
    for stack in prod.values():
        queues = stack.resources("AWS::SQS::Queue")
        targets = {
            name: queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            for name, queue in queues.items()
            if "RedrivePolicy" in queue
        }
        dead_letters = set(targets.values())
        assert set(queues) == set(targets) | dead_letters, "each queue has a dead-letter queue, or is one"
        assert len(dead_letters) == len(targets), "dead-letter queues are not shared"
        alarmed = {
            dimension["Value"]["Fn::GetAtt"][0]
            for alarm in stack.resources("AWS::CloudWatch::Alarm").values()
            if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 0
            for dimension in alarm["Dimensions"]
        }
        assert dead_letters == alarmed
        for queue in queues.values():
            assert queue["KmsMasterKeyId"] == "alias/zebros-prod"
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("service", SERVICES)
def test_a_batch_does_not_come_back_while_its_function_works_on_it(prod: Stacks, service: str) -> None:
    stack = prod[service]
    functions, queues = stack.resources("AWS::Lambda::Function"), stack.resources("AWS::SQS::Queue")
    read: set[str] = set()
    for mapping in stack.resources("AWS::Lambda::EventSourceMapping").values():
        name = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        queue = queues.get(name)
        if queue is None:
            continue
        read.add(name)
        timeout = functions[mapping["FunctionName"]["Fn::GetAtt"][0]]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout
        assert mapping["BatchSize"] <= 10 or mapping["MaximumBatchingWindowInSeconds"] > 0, (
            "a rule of Lambda's"
        )
    assert read == {name for name, queue in queues.items() if "RedrivePolicy" in queue}, "each has its reader"


def sources(stack: Any, name: str) -> str:
    """What is let into a queue: the one rule or topic, or the role as which schedules send."""
    policy = stack.resources("AWS::SQS::QueuePolicy")[name]
    (allowed,) = (item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow")
    assert allowed["Action"] == "sqs:SendMessage", name
    if "AWS" in allowed["Principal"]:
        return allowed["Principal"]["AWS"]["Fn::GetAtt"][0]
    source = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
    kind = {"events.amazonaws.com": "AWS::Events::Rule", "sns.amazonaws.com": "AWS::SNS::Topic"}
    if "Fn::Sub" in source:
        assert allowed["Principal"]["Service"] == "sns.amazonaws.com", name
        return source["Fn::Sub"].rsplit(":", 1)[1]
    owner = source["Ref"] if "Ref" in source else source["Fn::GetAtt"][0]
    assert owner in stack.resources(kind[allowed["Principal"]["Service"]]), name
    return owner


def test_only_the_rule_topic_or_schedules_of_a_queue_may_send_to_it(prod: Stacks) -> None:
    found = {
        f"{stack.name}/{name}": sources(stack, name)
        for stack in prod.values()
        for name in stack.resources("AWS::SQS::QueuePolicy")
    }
    assert len(found) > 30
    special = {name: source for name, source in found.items() if not source.endswith(("Rule", "Topic"))}
    assert special == {
        "activities/RemindQueuePolicy": "ReminderScheduleRole",
        "activities/RemindDeadLettersPolicy": "ReminderScheduleRole",
        "jobs/DueQueuePolicy": "ReportScheduleRole",
        "jobs/DueDeadLettersPolicy": "ReportScheduleRole",
        "activities/BouncesQueuePolicy": "zebros-prod-mail-feedback",
        "activities/BouncesDeadLettersPolicy": "zebros-prod-mail-feedback",
    }
    topics = {topic["TopicName"] for topic in prod["auth"].resources("AWS::SNS::Topic").values()}
    assert "zebros-prod-mail-feedback" in topics, "of the stack that is deployed before"


@pytest.mark.parametrize("service", SERVICES)
def test_events_reach_their_queue_grouped_by_tenant_and_undeliverable_ones_are_kept(
    prod: Stacks, service: str
) -> None:
    rules = [rule for rule in prod[service].resources("AWS::Events::Rule").values() if "EventPattern" in rule]
    stated = prod[service].definition["custom"]["consumers"].values()
    assert len(rules) == len([consumer for consumer in stated if "source" in consumer]) >= 1
    for rule in rules:
        assert set(rule["EventPattern"]["source"]) <= {f"zebros.{name}" for name in SERVICES}
        assert rule["EventPattern"]["detail-type"] in (["EntityChanged"], ["AuditRecorded"])
        (target,) = rule["Targets"]
        assert target["SqsParameters"] == {"MessageGroupId": "$.detail.tenantId"}
        assert target["DeadLetterConfig"]["Arn"]


def test_batches_answer_by_item_and_streams_keep_what_they_give_up_on(prod: Stacks) -> None:
    mappings = resources(prod, "AWS::Lambda::EventSourceMapping")
    assert len(mappings) >= 7
    for name, mapping in mappings.items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        if "StartingPosition" in mapping:
            assert mapping["BisectBatchOnFunctionError"] is True, name
            assert rendered(mapping["DestinationConfig"]["OnFailure"]["Destination"]).endswith("-failures"), (
                name
            )


def test_what_was_published_is_archived(prod: Stacks) -> None:
    (archive,) = resources(prod, "AWS::Events::Archive").values()
    assert archive["RetentionDays"] == 30
    assert archive["EventPattern"]["replay-name"] == [{"exists": False}]
