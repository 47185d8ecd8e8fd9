"""What the roles in the packaged production templates may do: least privilege, and no more."""

import json
import re

import pytest
from packaged_templates import (
    RECORD_SERVICES,
    SERVICES,
    Stacks,
    as_list,
    rendered,
    role_statements,
    tables,
)

from zebros_core.tenancy.templates import table_definitions

pytestmark = pytest.mark.contract

WITHOUT_RESOURCES = {
    *("cloudformation:ListExports", "lambda:ListEventSourceMappings"),
    *("lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"),  # narrowed by a condition
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
    *("logs:DescribeLogGroups", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets", "ecr:GetAuthorizationToken"),
}
"""Actions for which AWS offers no resource to name."""


@pytest.mark.parametrize("service", RECORD_SERVICES)
def test_each_function_has_a_role_of_its_own(prod: Stacks, service: str) -> None:
    functions = prod[service].resources("AWS::Lambda::Function")
    roles = {function["Role"]["Fn::GetAtt"][0] for function in functions.values()}
    assert len(roles) == len(functions)
    schedules = prod[service].definition["custom"].get("schedules", {})
    others = {"TenantRole", *(f"{name.title()}ScheduleRole" for name in schedules)}
    assert roles | others == set(prod[service].resources("AWS::IAM::Role"))


def test_no_role_has_an_action_by_wildcard_or_a_resource_that_is_everything(prod: Stacks) -> None:
    statements = role_statements(prod)
    assert len(statements) > 20
    for role, statement in statements:
        assert statement["Effect"] == "Allow"
        for action in as_list(statement["Action"]):
            assert "*" not in action, (role, action)
        for resource in map(rendered, as_list(statement["Resource"])):
            if resource == "*":
                assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES, role
            assert not re.search(r":table/(zebros-prod-)?\*", resource), (role, resource)
            assert not re.search(r":s3:::(zebros-[^/]*)?\*", resource), (role, resource)


def test_no_role_may_use_partiql_or_change_a_table_and_only_the_one_for_whole_tenants_scans(
    prod: Stacks,
) -> None:
    allowed = {
        *("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        *("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    }
    for role, statement in role_statements(prod):
        for action in as_list(statement["Action"]):
            service, verb = action.split(":")
            leaving = role.endswith("/OffboardingIamRoleLambdaExecution") and verb == "Scan"
            arriving = statement.get("Sid") == "ManageTablesOfTenants"
            assert service != "dynamodb" or verb in allowed or leaving or arriving, (role, action)


def test_tables_of_single_tenants_are_made_by_one_function_which_changes_no_shared_one(prod: Stacks) -> None:
    managing = [
        (role, statement)
        for role, statement in role_statements(prod)
        if statement.get("Sid") == "ManageTablesOfTenants"
    ]
    ((role, statement),) = managing
    assert role == "auth/TenancyIamRoleLambdaExecution"
    (resource,) = map(rendered, statement["Resource"])
    assert resource.endswith(":table/zebros-prod-t-*")
    assert not {action for action in statement["Action"] if "Item" in action or "Query" in action}


def test_tables_of_the_platform_are_cloned_for_no_tenant(prod: Stacks) -> None:
    for name in SERVICES:
        document = json.loads(prod[name].template_path.read_text())["Resources"]
        only_tables = {
            logical_id: resource
            for logical_id, resource in document.items()
            if resource["Type"] == "AWS::DynamoDB::Table"
        }
        cloned = {definition.base for definition in table_definitions({"Resources": only_tables}, "prod")}
        declared = prod[name].definition["custom"]["tables"]
        assert cloned == {base for base, facts in declared.items() if not facts.get("platform")}


def test_tables_in_a_policy_are_named_shared_or_as_a_tenants_own(prod: Stacks) -> None:
    names = {name.removeprefix("zebros-prod-") for name in tables(prod)}
    tenants = r"(t-(\*|\$\{!aws:PrincipalTag/tenant\})-)?"
    pattern = re.compile(rf":table/zebros-prod-{tenants}({'|'.join(sorted(names))})(/index/\*|/stream/\*)?$")
    for role, statement in role_statements(prod):
        for resource in map(rendered, as_list(statement["Resource"])):
            if ":dynamodb:" in resource and statement.get("Sid") != "ManageTablesOfTenants":
                assert pattern.search(resource), (role, resource)


WRITABLE: dict[str, dict[str, set[str]]] = {
    "customers": {
        "History": {"customers-lookup"},
        "Search": {"customers-lookup"},
        "Followup": {"customers", "contacts", "documents", "customers-lookup"},
        "Contacted": {"contacts", "customers-lookup"},
    },
    "pipeline": {
        "History": {"pipeline-lookup"},
        "Totals": {"pipeline-lookup"},
        "Followup": {"leads", "products", "opportunities", "pipeline-lookup"},
    },
    "activities": {
        "History": {"activities-lookup"},
        "Timeline": {"activities-lookup"},
        "People": {"activities-lookup"},
        "Followup": {"activities", "activities-lookup"},
        "Reminders": {"activities", "activities-lookup"},
        "Remind": {"activities", "activities-lookup"},
        "Mail": {"activities", "activities-lookup"},
        "Bounces": {"activities", "activities-lookup"},
    },
}
"""What each consumer writes; others write nothing."""


@pytest.mark.parametrize("service", RECORD_SERVICES)
def test_consumers_write_no_more_than_what_they_are_for(prod: Stacks, service: str) -> None:
    writable: dict[str, set[str]] = {}
    for role, statement in role_statements({service: prod[service]}):
        if "dynamodb:PutItem" in statement["Action"]:
            found = {
                re.sub(r"^t-[^-]+-", "", rendered(item).rsplit("zebros-prod-", 1)[1])
                for item in statement["Resource"]
            }
            name = role.removeprefix(f"{service}/").removesuffix("IamRoleLambdaExecution")
            writable[name] = writable.get(name, set()) | found
    everything = set(prod[service].definition["custom"]["tables"])
    assert writable == {
        "TenantRole": everything,  # the only way of the HTTP function and the bulk door
        "Offboarding": everything,  # which it only erases
        **WRITABLE[service],
    }


OWNERS = ("auth", "customers", "pipeline", "activities")
CALLERS = {
    "auth": {"Tenancy": {f"zebros-{service}-prod-offboarding" for service in SERVICES}},
    "customers": {},
    "pipeline": {
        "Http": {"zebros-customers-prod-bulk", "zebros-activities-prod-bulk"},
        "Bulk": {"zebros-customers-prod-bulk", "zebros-activities-prod-bulk"},
        "Followup": {"zebros-customers-prod-bulk"},
    },
    "activities": {
        "Http": {"zebros-customers-prod-bulk", "zebros-pipeline-prod-bulk"},
        "Bulk": {"zebros-customers-prod-bulk", "zebros-pipeline-prod-bulk"},
        "Mail": {"zebros-customers-prod-bulk", "zebros-pipeline-prod-bulk"},
        "Bounces": {"zebros-customers-prod-bulk"},
        "Unsubscribe": {"zebros-customers-prod-bulk"},
    },
    "jobs": {
        "Due": {"zebros-auth-prod-bulk"},
        "Http": {f"zebros-{owner}-prod-bulk" for owner in OWNERS},
        **{
            name: {f"zebros-{owner}-prod-bulk" for owner in (*OWNERS, "sync")}
            for name in ("Worker", "TaskRole")
        },
    },
    "sync": {role: {f"zebros-{owner}-prod-bulk" for owner in OWNERS} for role in ("Http", "Bulk")},
}
"""Which function calls whose doors."""


@pytest.mark.parametrize("service", SERVICES)
def test_doors_are_open_to_those_who_need_them(prod: Stacks, service: str) -> None:
    callers = {
        role.removeprefix(f"{service}/").removesuffix("IamRoleLambdaExecution"): {
            rendered(resource).rsplit(":function:", 1)[1] for resource in as_list(statement["Resource"])
        }
        for role, statement in role_statements({service: prod[service]})
        if "lambda:InvokeFunction" in as_list(statement["Action"]) and not role.endswith("MachineRole")
    }
    assert callers == CALLERS[service]
    named = {name for names in callers.values() for name in names}
    existing = {
        function["FunctionName"]
        for stack in prod.values()
        for function in stack.resources("AWS::Lambda::Function").values()
    }
    assert named <= existing


@pytest.mark.parametrize("service", RECORD_SERVICES)
def test_the_data_key_is_used_through_the_services_that_hold_the_data_only(
    prod: Stacks, service: str
) -> None:
    using = [
        statement
        for _, statement in role_statements({service: prod[service]})
        if "kms:Decrypt" in as_list(statement["Action"])
    ]
    assert len(using) == len(prod[service].resources("AWS::IAM::Role"))
    for statement in using:
        assert statement["Condition"]["StringEquals"]["kms:ViaService"]
