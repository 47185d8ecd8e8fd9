"""What the packaged production templates promise: nothing lost, nothing readable by others, alarms that are heard."""

import json
import re
from typing import Any

import pytest
from packaged_templates import (
    Stacks,
    buckets,
    declared,
    rendered,
    resources,
    tables,
    values,
)

from zebros_core.messaging.stream import SET_ASIDE
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK

pytestmark = pytest.mark.contract

PURPOSES = ("documents", "transfers", "reports", "templates", "backups", "exports", "failures")
SEVEN_YEARS_IN_DAYS = 7 * 365


# Tables


def test_every_table_has_point_in_time_recovery_a_key_of_ours_and_deletion_protection(prod: Stacks) -> None:
    found = tables(prod)
    assert set(found) == {f"zebros-prod-{name}" for name in declared(prod, "tables")}
    for name, table in found.items():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["SSESpecification"]["SSEType"] == "KMS", name
        assert table["SSESpecification"]["KMSMasterKeyId"] == "alias/zebros-prod", name
        assert table["DeletionProtectionEnabled"] is True, name


def test_records_and_lookups_expire_by_the_same_attribute(prod: Stacks) -> None:
    expiring = {name: table for name, table in tables(prod).items() if name != "zebros-prod-tenants"}
    for name, table in expiring.items():
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}, name


def test_tables_that_publish_stream_old_and_new_images(prod: Stacks) -> None:
    streaming = {name for name, table in tables(prod).items() if "StreamSpecification" in table}
    stated = {f"zebros-prod-{name}" for name, table in declared(prod, "tables").items() if "stream" in table}
    assert streaming == stated >= {"zebros-prod-customers", "zebros-prod-contacts", "zebros-prod-documents"}
    for name in streaming:
        assert tables(prod)[name]["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_table_definitions_hold_no_intrinsic_so_that_they_can_be_cloned_for_one_tenant(prod: Stacks) -> None:
    for name, table in tables(prod).items():
        assert not re.search(r'"(Fn::\w+|Ref)"', json.dumps(table)), name


def test_data_outlives_its_stack_in_production_and_only_there(prod: Stacks, local: Stacks) -> None:
    kept = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::RDS::DBInstance", "AWS::ECR::Repository")
    for stacks, expected in ((prod, "Retain"), (local, "Delete")):
        for stack in stacks.values():
            for name, resource in stack.template["Resources"].items():
                ours = resource["Type"] == "AWS::S3::Bucket" and "BucketName" in resource.get(
                    "Properties", {}
                )
                if resource["Type"] in kept or ours:
                    assert resource["DeletionPolicy"] == expected, (stack.name, name)
                    assert resource["UpdateReplacePolicy"] == expected, (stack.name, name)


# Buckets


def test_there_is_one_bucket_per_purpose_private_versioned_and_encrypted(prod: Stacks) -> None:
    assert set(buckets(prod)) == {*PURPOSES, "access-logs"}
    for purpose, bucket in buckets(prod).items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, purpose
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, purpose
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], purpose
    for purpose in PURPOSES:
        (rule,) = buckets(prod)[purpose]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms", purpose
        assert "LoggingConfiguration" in buckets(prod)[purpose]


@pytest.mark.parametrize(
    ("purpose", "transitions", "expiration_days"),
    [
        ("documents", [("INTELLIGENT_TIERING", 0)], None),
        ("transfers", [("STANDARD_IA", 30)], None),
        ("reports", [("STANDARD_IA", 60), ("GLACIER", 365)], None),
        ("templates", [], None),
        ("exports", [], 90),
        ("failures", [], 90),
        ("access-logs", [], 90),
    ],
)
def test_objects_grow_cold_as_their_purpose_asks(
    prod: Stacks, purpose: str, transitions: list[tuple[str, int]], expiration_days: int | None
) -> None:
    (rule,) = buckets(prod)[purpose]["LifecycleConfiguration"]["Rules"]
    found = [(step["StorageClass"], step["TransitionInDays"]) for step in rule.get("Transitions", [])]
    assert found == transitions
    assert rule.get("ExpirationInDays") == expiration_days


def test_backups_are_cold_and_kept_for_seven_years(prod: Stacks) -> None:
    (rule,) = buckets(prod)["backups"]["LifecycleConfiguration"]["Rules"]
    assert [step["StorageClass"] for step in rule["Transitions"]] == ["GLACIER"]
    assert rule["ExpirationInDays"] >= SEVEN_YEARS_IN_DAYS


def test_old_versions_and_abandoned_uploads_go_away(prod: Stacks) -> None:
    for purpose, bucket in buckets(prod).items():
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled", purpose
        assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}, purpose
        assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}, purpose


@pytest.mark.parametrize(
    ("kind", "policy_kind", "reference"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", lambda policy: [policy["Bucket"]]),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", lambda policy: policy["Queues"]),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", lambda policy: policy["Topics"]),
    ],
)
def test_buckets_queues_and_topics_refuse_what_does_not_come_over_tls(
    prod: Stacks, kind: str, policy_kind: str, reference: Any
) -> None:
    for stack in prod.values():
        refusing = {
            target["Ref"]
            for policy in stack.resources(policy_kind).values()
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
            and str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower()
            == "false"
            for target in reference(policy)
        }
        assert set(stack.resources(kind)) <= refusing, stack.name


# Queues and events


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


def test_a_batch_does_not_come_back_while_its_function_works_on_it(prod: Stacks) -> None:
    stack = prod["customers"]
    functions, queues = stack.resources("AWS::Lambda::Function"), stack.resources("AWS::SQS::Queue")
    read = 0
    for mapping in stack.resources("AWS::Lambda::EventSourceMapping").values():
        queue = queues.get(mapping["EventSourceArn"]["Fn::GetAtt"][0])
        if queue is None:
            continue
        read += 1
        timeout = functions[mapping["FunctionName"]["Fn::GetAtt"][0]]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout
    assert read == 4


def test_only_the_rule_or_topic_of_a_queue_may_send_to_it(prod: Stacks) -> None:
    senders = {"events.amazonaws.com": "AWS::Events::Rule", "sns.amazonaws.com": "AWS::SNS::Topic"}
    for stack in prod.values():
        for name, policy in stack.resources("AWS::SQS::QueuePolicy").items():
            (allowed,) = (item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow")
            assert allowed["Action"] == "sqs:SendMessage", name
            source = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
            owner = source["Ref"] if "Ref" in source else source["Fn::GetAtt"][0]
            assert owner in stack.resources(senders[allowed["Principal"]["Service"]]), name


def test_events_reach_their_queue_grouped_by_tenant_and_undeliverable_ones_are_kept(prod: Stacks) -> None:
    rules = prod["customers"].resources("AWS::Events::Rule")
    assert len(rules) == 4
    for rule in rules.values():
        assert rule["EventPattern"] == {"source": ["zebros.customers"], "detail-type": ["EntityChanged"]}
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


# Functions


def test_every_function_logs_for_ninety_days_into_an_encrypted_group(prod: Stacks) -> None:
    groups = {group["LogGroupName"]: group for group in resources(prod, "AWS::Logs::LogGroup").values()}
    names = {function["FunctionName"] for function in resources(prod, "AWS::Lambda::Function").values()}
    shared = {f"/zebros/prod/{name}" for name in ("http-api", "vpc", "keycloak")}
    assert {f"/aws/lambda/{name}" for name in names} | shared <= set(groups)
    for name, group in groups.items():
        assert group["RetentionInDays"] == 90, name
        assert group["KmsKeyId"], name


def test_functions_run_on_arm_with_bounded_time_and_concurrency(prod: Stacks) -> None:
    functions = {item["FunctionName"]: item for item in resources(prod, "AWS::Lambda::Function").values()}
    for stack in prod.values():
        for name in stack.definition.get("functions", {}):
            assert f"zebros-{stack.name}-prod-{name}" in functions
    for name, function in functions.items():
        assert function["Runtime"] == "python3.13", name
        assert function["Architectures"] == ["arm64"], name
        assert function["ReservedConcurrentExecutions"] > 0, name
    for service in ("auth", "customers"):
        assert functions[f"zebros-{service}-prod-http"]["Timeout"] < 30, "the gateway gives up after 30 s"
    assert sum(function["ReservedConcurrentExecutions"] for function in functions.values()) <= 900, (
        "an account has 1,000, and 100 stay for everybody"
    )


def test_errors_throttles_and_lag_raise_an_alarm(prod: Stacks) -> None:
    alarms = {
        (alarm["MetricName"], dimension["Value"])
        for alarm in resources(prod, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if isinstance(dimension["Value"], str)
    }
    for function in resources(prod, "AWS::Lambda::Function").values():
        assert {("Errors", function["FunctionName"]), ("Throttles", function["FunctionName"])} <= alarms
    assert ("IteratorAge", "zebros-customers-prod-stream") in alarms
    for name, alarm in resources(prod, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"], name


def test_a_refusal_that_the_audit_log_did_not_take_raises_an_alarm(prod: Stacks, local: Stacks) -> None:
    for service in ("auth", "customers"):
        alarm = prod[service].resources("AWS::CloudWatch::Alarm")["AuditFailures"]
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("Zebros", "AuditFailures", 0)
        # As zebros_core.observability.metrics writes it: without the operation.
        assert alarm["Dimensions"] == [{"Name": "service", "Value": service}]
        assert "AuditFailures" not in local[service].resources("AWS::CloudWatch::Alarm")


def test_no_schedule_of_a_function_is_throttled_by_its_other_ones(prod: Stacks) -> None:
    functions = prod["auth"].resources("AWS::Lambda::Function")
    rules = prod["auth"].resources("AWS::Events::Rule")
    schedules = [rule for rule in rules.values() if "ScheduleExpression" in rule]
    assert functions["UpkeepLambdaFunction"]["ReservedConcurrentExecutions"] >= len(schedules) == 3


def test_a_stream_record_that_is_set_aside_raises_an_alarm(prod: Stacks) -> None:
    """Nothing raises then: the line in the log is the only trace, so filter and code must agree on it."""
    for service in ("auth", "customers"):
        (found,) = prod[service].resources("AWS::Logs::MetricFilter").values()
        assert found["FilterPattern"] == f'{{ $.message = "{SET_ASIDE}" }}'
        (metric,) = found["MetricTransformations"]
        assert {each["Key"]: each["Value"] for each in metric["Dimensions"]} == {
            "service": "$.service",
            "stage": "$.stage",
        }
        (alarm,) = (
            alarm
            for alarm in prod[service].resources("AWS::CloudWatch::Alarm").values()
            if (alarm["Namespace"], alarm["MetricName"]) == (metric["MetricNamespace"], metric["MetricName"])
        )
        assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
            "service": service,
            "stage": "prod",
        }
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


# API


def test_every_route_asks_for_a_token_from_our_issuer(prod: Stacks) -> None:
    (authorizer,) = resources(prod, "AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["JwtConfiguration"] == {
        "Issuer": "https://auth.zebros.example/realms/zebros",
        "Audience": ["zebros-api"],
    }
    routes = resources(prod, "AWS::ApiGatewayV2::Route")
    assert routes
    for name, route in routes.items():
        assert route["AuthorizationType"] == "JWT", name
        assert route["AuthorizerId"] == {"Fn::ImportValue": "zebros-prod-jwt-authorizer-id"}, name


def test_no_route_catches_the_browsers_preflight(prod: Stacks) -> None:
    methods = {
        route["RouteKey"].split(" ")[0] for route in resources(prod, "AWS::ApiGatewayV2::Route").values()
    }
    assert methods == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    (api,) = resources(prod, "AWS::ApiGatewayV2::Api").values()
    assert set(api["CorsConfiguration"]["AllowMethods"]) == methods
    assert api["CorsConfiguration"]["AllowOrigins"] == ["https://app.zebros.example"]


def test_browsers_may_send_every_header_that_the_api_reads_and_read_those_it_sends(prod: Stacks) -> None:
    (api,) = resources(prod, "AWS::ApiGatewayV2::Api").values()
    read = {"authorization", "content-type", "if-match", "if-none-match", "idempotency-key"}
    assert read | {SKIP_DUPLICATE_CHECK.name.lower()} == set(api["CorsConfiguration"]["AllowHeaders"])
    assert {"etag", "location", "retry-after", "ratelimit"} <= set(api["CorsConfiguration"]["ExposeHeaders"])


def test_the_api_is_throttled_and_its_access_log_is_json_without_token_or_query(prod: Stacks) -> None:
    (stage,) = resources(prod, "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 2000
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 4000
    entry = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "routeKey", "status", "latencyMs", "tenant", "error"} <= set(entry)
    assert not [
        value for value in entry.values() if "header" in value.lower() or "querystring" in value.lower()
    ]


def test_the_api_keeps_its_id_on_a_laptop(prod: Stacks, local: Stacks) -> None:
    for stacks in (prod, local):
        (api,) = resources(stacks, "AWS::ApiGatewayV2::Api").values()
        assert api["Tags"]["ms-custom-id"] == "zebros"


# Between stacks


def test_what_a_stack_imports_another_exports_under_its_deterministic_name(
    prod: Stacks, local: Stacks
) -> None:
    for stage, stacks in (("prod", prod), ("local", local)):
        exported = {
            output["Export"]["Name"]
            for stack in stacks.values()
            for output in stack.template.get("Outputs", {}).values()
            if "Export" in output
        }
        imported = {name for stack in stacks.values() for name in values(stack.template, "Fn::ImportValue")}
        assert imported <= exported
        assert all(name.startswith(f"zebros-{stage}-") for name in imported)


def test_key_material_is_rotated(prod: Stacks) -> None:
    (key,) = resources(prod, "AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
