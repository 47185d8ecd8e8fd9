"""What the packaged production templates promise: nothing lost, nothing readable by others, alarms that are heard."""

import json
import re
from typing import Any

import pytest
from packaged_templates import (
    SERVICES,
    STREAMING_SERVICES,
    Stacks,
    buckets,
    declared,
    rendered,
    resources,
    tables,
    values,
)

from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK
from zebros_core.messaging.stream import SET_ASIDE

pytestmark = pytest.mark.contract

PUBLIC_ROUTES = {"GET /v1/unsubscribe/{token}", "POST /v1/unsubscribe/{token}"}
"""All that ask for no token."""
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
    records = ("customers", "contacts", "documents", "leads", "products", "opportunities", "activities")
    assert streaming == stated == {f"zebros-prod-{name}" for name in (*records, "users", "jobs")}
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


# Functions


def test_every_function_logs_for_ninety_days_into_an_encrypted_group(prod: Stacks) -> None:
    groups = {group["LogGroupName"]: group for group in resources(prod, "AWS::Logs::LogGroup").values()}
    names = {function["FunctionName"] for function in resources(prod, "AWS::Lambda::Function").values()}
    shared = {f"/zebros/prod/{name}" for name in ("http-api", "vpc", "keycloak", "jobs")}
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
    for service in SERVICES:
        assert functions[f"zebros-{service}-prod-http"]["Timeout"] < 30, "the gateway gives up after 30 s"
    assert sum(function["ReservedConcurrentExecutions"] for function in functions.values()) <= 900, (
        "an account has 1,000, and 100 stay for everybody"
    )


def test_a_queue_is_read_by_no_more_than_its_function_may_run(prod: Stacks) -> None:
    """Batches beyond that would be refused, come back, and end in the dead letters without a fault of theirs."""
    for name in SERVICES:
        functions = prod[name].resources("AWS::Lambda::Function")
        for mapping in prod[name].resources("AWS::Lambda::EventSourceMapping").values():
            if "ScalingConfig" in mapping:
                function = functions[mapping["FunctionName"]["Fn::GetAtt"][0]]
                most = mapping["ScalingConfig"]["MaximumConcurrency"]
                assert function["ReservedConcurrentExecutions"] >= most, function["FunctionName"]


def test_errors_throttles_and_lag_raise_an_alarm(prod: Stacks) -> None:
    alarms = {
        (alarm["MetricName"], dimension["Value"])
        for alarm in resources(prod, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if isinstance(dimension["Value"], str)
    }
    for function in resources(prod, "AWS::Lambda::Function").values():
        assert {("Errors", function["FunctionName"]), ("Throttles", function["FunctionName"])} <= alarms
    for service in STREAMING_SERVICES:
        assert ("IteratorAge", f"zebros-{service}-prod-stream") in alarms
    for name, alarm in resources(prod, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"], name


def test_a_refusal_that_the_audit_log_did_not_take_raises_an_alarm(prod: Stacks, local: Stacks) -> None:
    for service in SERVICES:
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
    for service in STREAMING_SERVICES:
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
    public = {name for name, route in routes.items() if route["RouteKey"] in PUBLIC_ROUTES}
    assert len(public) == len(PUBLIC_ROUTES)
    for name, route in routes.items():
        if name in public:
            assert "AuthorizerId" not in route, name
            continue
        assert route["AuthorizationType"] == "JWT", name
        assert route["AuthorizerId"] == {"Fn::ImportValue": "zebros-prod-jwt-authorizer-id"}, name


def test_what_asks_for_no_token_is_a_function_of_its_own_that_reaches_no_table(prod: Stacks) -> None:
    stack = prod["activities"]
    targets = {
        route["RouteKey"]: rendered(route["Target"])
        for route in stack.resources("AWS::ApiGatewayV2::Route").values()
    }
    assert all("Unsubscribe" in targets[key] for key in PUBLIC_ROUTES)
    assert [
        key for key, target in targets.items() if "Unsubscribe" in target and key not in PUBLIC_ROUTES
    ] == []
    role = stack.resources("AWS::IAM::Role")["UnsubscribeIamRoleLambdaExecution"]
    tables = {
        rendered(resource).rsplit("/", 1)[1]
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in statement["Resource"]
        if ":dynamodb:" in rendered(resource)
    }
    assert tables == {"zebros-prod-tenants"}


def test_an_api_has_room_for_the_routes_that_there_are(prod: Stacks) -> None:
    assert len(resources(prod, "AWS::ApiGatewayV2::Route")) <= 300, "the gateway takes so many unless asked"


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


def test_key_material_is_rotated_where_a_key_can_be(prod: Stacks) -> None:
    keys = {name: key for name, key in resources(prod, "AWS::KMS::Key").items() if "KeySpec" not in key}
    assert set(keys) == {"infrastructure/DataKey"}
    assert all(key["EnableKeyRotation"] is True for key in keys.values())
