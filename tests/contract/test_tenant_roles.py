"""The roles that request handlers assume for one tenant, as packaged: session policies narrow what they grant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from packaged_templates import SERVICES
from policy_evaluator import is_allowed

from zebros_core.settings import CoreSettings
from zebros_core.tenancy import IsolationName, isolation_model
from zebros_core.tenancy.credentials import TenantCredentials
from zebros_core.tenancy.policies import PolicyScope, session_policy

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]
ACCOUNT, REGION, PREFIX = "123456789012", "eu-central-1", "zebros-prod"
MODELS = get_args(IsolationName)
READS = ("BatchGetItem", "GetItem", "Query")
WRITES = ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
OTHERS = (
    "Scan",
    "PartiQLSelect",
    "PartiQLUpdate",
    "BatchWriteItem",
    "DeleteTable",
    "DescribeTable",
    "GetRecords",
)
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
# Tenants whose ids begin with each other's, and what somebody would write to pass for another.
TENANTS = ("acme", "acme2", "borealis")
KEYS = (*TENANTS, *(f"{tenant}#x" for tenant in TENANTS), "acmex", "ACME#x", "#acme#x", "*", "", "01K0RECORD")
LIMIT_OF_INLINE_POLICIES = 10_240


def resolved(node: Any) -> Any:
    """A document of a template with its intrinsics carried out, as IAM gets it."""
    if isinstance(node, dict):
        if "Fn::Sub" in node:
            text = re.sub(r"\$\{(AWS::\w+)\}", lambda found: PSEUDO[found[1]], node["Fn::Sub"])
            return text.replace("${!", "${")
        if "Fn::ImportValue" in node:
            return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
        if "Fn::GetAtt" in node:
            return f"arn:aws:iam::{ACCOUNT}:role/{node['Fn::GetAtt'][0]}"
        return {name: resolved(value) for name, value in node.items()}
    return [resolved(item) for item in node] if isinstance(node, list) else node


def roles(stacks: Stacks) -> dict[str, dict[str, Any]]:
    """Service -> its tenant role."""
    found = {name: stack.resources("AWS::IAM::Role").get("TenantRole") for name, stack in stacks.items()}
    return {name: resolved(role) for name, role in found.items() if role is not None}


def policy_of(role: Mapping[str, Any]) -> dict[str, Any]:
    (policy,) = role["Policies"]
    return policy["PolicyDocument"]


def environment(stack: Any, function: str = "Http") -> dict[str, str]:
    variables = stack.resources("AWS::Lambda::Function")[f"{function}LambdaFunction"]["Environment"][
        "Variables"
    ]
    return resolved(variables)


def scope_of(stack: Any) -> PolicyScope:
    """What the function itself would make of its environment."""
    told = environment(stack)
    return PolicyScope(
        REGION,
        ACCOUNT,
        told["TABLE_PREFIX"],
        tuple(filter(None, told["TENANT_TABLES"].split(","))),
        tuple(filter(None, told["TENANT_LOOKUP_TABLES"].split(","))),
    )


def declared(stack: Any) -> dict[str, dict[str, Any]]:
    """Base name -> table, without the platform's own."""
    found = stack.resources("AWS::DynamoDB::Table").values()
    tables = {table["TableName"].removeprefix(f"{PREFIX}-"): table for table in found}
    return {base: table for base, table in tables.items() if base != "tenants"}


def grants(policy: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """A document as single grants: action, resource, condition."""
    return {
        (action, resource, json.dumps(statement.get("Condition", {}), sort_keys=True))
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
        for resource in (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        if action.startswith("dynamodb:")
    }


@pytest.fixture
def services(prod: Stacks) -> list[str]:
    found = sorted(roles(prod))
    assert found == sorted(SERVICES)
    return found


def test_the_role_grants_what_the_three_session_policies_allow_together(
    prod: Stacks, services: list[str]
) -> None:
    for service in services:
        role = grants(policy_of(roles(prod)[service]))
        scope = scope_of(prod[service])
        sessions = {grant for model in MODELS for grant in grants(session_policy(model, scope))}
        assert role <= sessions, f"{service}: no session would ever use {sorted(role - sessions)}"
        # What only the sessions have: writes to tables that a caller's request may only read.
        writes = {f"dynamodb:{action}" for action in WRITES}
        writable = {resource for action, resource, _ in role if action == "dynamodb:PutItem"}
        for action, resource, _ in sessions - role:
            if "/index/" in resource and action != "dynamodb:Query":
                continue  # there is no such call: the session's document is short, and the role is exact
            assert action in writes, (service, action, resource)
            assert resource not in writable, (service, action, resource)


def test_every_table_of_the_service_is_in_the_scope_as_what_it_is(prod: Stacks, services: list[str]) -> None:
    for service in services:
        scope = scope_of(prod[service])
        lookups = {
            base
            for base, table in declared(prod[service]).items()
            if table["KeySchema"][0]["AttributeName"] == "pk"
        }
        assert set(scope.lookup_tables) <= lookups
        assert set(scope.tables) <= set(declared(prod[service])) - lookups
    records = {
        "customers": {"customers", "contacts", "documents"},
        "pipeline": {"leads", "products", "opportunities"},
        "activities": {"activities"},
    }
    for service, expected in records.items():
        assert set(scope_of(prod[service]).tables) == expected
        assert set(scope_of(prod[service]).lookup_tables) == {f"{service}-lookup"}


def requests(scope: PolicyScope) -> Iterator[tuple[str, str, list[str] | None]]:
    """Calls of all kinds on tables of all tenants: action, resource, leading keys."""
    bases = [*scope.tables, *scope.lookup_tables]
    names = [f"{PREFIX}-{base}" for base in bases]
    names += [f"{PREFIX}-t-{tenant}-{base}" for tenant in TENANTS for base in bases]
    names += [f"{PREFIX}-tenants", f"zebros-dev-{bases[0]}", f"{PREFIX}-t-acme-elsewhere"]
    for name in names:
        for suffix in ("", "/index/owner"):
            for action in (*READS, *WRITES, *OTHERS):
                yield f"dynamodb:{action}", scope.arn(name, suffix), None
                for key in KEYS:
                    yield f"dynamodb:{action}", scope.arn(name, suffix), [key]
                yield f"dynamodb:{action}", scope.arn(name, suffix), ["acme#x", "acme2#x"]


@pytest.mark.parametrize("model", MODELS)
def test_role_and_session_policy_together_let_a_tenant_reach_its_own_and_nothing_else(
    prod: Stacks, services: list[str], model: IsolationName
) -> None:
    for service in services:
        scope = scope_of(prod[service])
        documents = (policy_of(roles(prod)[service]), session_policy(model, scope))
        writable = {
            resource.rsplit("/", 1)[1].removeprefix(f"{PREFIX}-")
            for action, resource, _ in grants(documents[0])
            if action == "dynamodb:PutItem"
        }
        isolation = isolation_model(model)
        own = {
            isolation.table_name(PREFIX, "acme", base): base for base in (*scope.tables, *scope.lookup_tables)
        }
        seen = 0
        for action, resource, keys in requests(scope):
            granted = all(
                is_allowed(document, action, resource, tags={"tenant": "acme"}, leading_keys=keys)
                for document in documents
            )
            name, _, index = resource.split(":table/")[1].partition("/index/")
            verb, base = action.removeprefix("dynamodb:"), own.get(name)
            keyed = keys is not None and all(key == "acme" or key.startswith("acme#") for key in keys)
            pooled = model == "pool" and base in scope.tables and not index
            bare = keys is not None and not any("#" in key for key in keys)
            expected = (
                base is not None
                and not (index and base in scope.lookup_tables)
                and (verb == "Query" if index else verb in READS or (verb in WRITES and base in writable))
                and (model == "silo" or (bare if pooled else keyed))
                and not (pooled and verb == "GetItem")
            )
            assert granted is expected, (service, model, verb, name, index, keys)
            seen += granted
        assert seen > 20


def test_without_the_session_policy_the_role_alone_keeps_silo_tables_and_keyed_tables_apart(
    prod: Stacks, services: list[str]
) -> None:
    for service in services:
        scope, policy = scope_of(prod[service]), policy_of(roles(prod)[service])
        for action, resource, keys in requests(scope):
            foreign_table = any(f"-t-{tenant}-" in resource for tenant in ("acme2", "borealis"))
            lookup = any(resource.endswith(f":table/{PREFIX}-{base}") for base in scope.lookup_tables)
            foreign_key = keys is None or any(key != "acme" and not key.startswith("acme#") for key in keys)
            shared_index = "/index/" in resource and "-t-acme-" not in resource
            if foreign_table or (foreign_key and (lookup or shared_index)):
                assert not is_allowed(policy, action, resource, tags={"tenant": "acme"}, leading_keys=keys)
        for action, resource, keys in requests(
            scope
        ):  # nor does a session without the tag reach anything keyed
            if ":table/zebros-prod-t-" in resource or "/index/" in resource:
                assert not is_allowed(policy, action, resource, tags={}, leading_keys=keys)


def test_only_the_request_handlers_of_the_service_may_assume_it_and_for_one_tenant(
    prod: Stacks, services: list[str]
) -> None:
    for service in services:
        role = roles(prod)[service]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert set(trust["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
        functions = {arn.rsplit("/", 1)[1] for arn in trust["Principal"]["AWS"]}
        assert functions <= {"HttpIamRoleLambdaExecution", "BulkIamRoleLambdaExecution"}
        document = {"Statement": [{**trust, "Resource": "*"}]}

        def assumes(tags: dict[str, str], document: Any = document) -> bool:
            context = {f"aws:RequestTag/{key}": [value] for key, value in tags.items()}
            context |= {"aws:TagKeys": list(tags)} if tags else {}
            return is_allowed(document, "sts:AssumeRole", "role", tags={}, context=context)

        assert assumes({"tenant": "acme"})
        assert not assumes({})
        assert not assumes({"tenant": ""})
        assert not assumes({"tenant": "acme", "team": "north"})
        assert not assumes({"Tenant": "acme"})
        assert role["MaxSessionDuration"] == 3600
        assert len(json.dumps(policy_of(role), separators=(",", ":"))) < LIMIT_OF_INLINE_POLICIES


def test_a_function_that_answers_people_touches_tenants_tables_by_that_role_only(
    prod: Stacks, services: list[str]
) -> None:
    for service in services:
        for name, own in prod[service].resources("AWS::IAM::Role").items():
            if name in ("HttpIamRoleLambdaExecution", "BulkIamRoleLambdaExecution"):
                check_own_role(prod, service, own)


def check_own_role(prod: Stacks, service: str, own: dict[str, Any]) -> None:
    statements = [
        statement
        for policy in own["Policies"]
        for statement in resolved(policy["PolicyDocument"]["Statement"])
    ]
    (assume,) = (statement for statement in statements if "sts:AssumeRole" in statement["Action"])
    role_name = roles(prod)[service]["RoleName"]
    assert assume["Resource"] == [f"arn:aws:iam::{ACCOUNT}:role/{role_name}"]
    assert set(assume["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    for statement in statements:
        if any(action.startswith("dynamodb:") for action in statement["Action"]):
            for resource in statement["Resource"]:
                assert re.search(rf":table/{PREFIX}-(t-\*-)?tenants(/index/\*)?$", resource), (
                    service,
                    resource,
                )
    told = environment(prod[service])
    assert told["TENANT_ROLE_ARN"] == assume["Resource"][0]


def test_functions_start_with_what_they_are_told_about_the_role(prod: Stacks, services: list[str]) -> None:
    import botocore.session

    from zebros_core.clock import SystemClock

    client = botocore.session.get_session().create_client("dynamodb", region_name=REGION)
    for service in services:
        told = {**environment(prod[service]), "CURSOR_SECRET": "a secret of the tests", "REDIS_URL": ""}
        settings = CoreSettings.from_environ(told)
        TenantCredentials.from_settings(
            settings, client, SystemClock()
        )  # raises for a policy that is too long


def test_a_stage_that_does_not_ask_for_it_has_no_such_role(local: Stacks) -> None:
    assert roles(local) == {}
    for stack in local.values():
        for function in stack.resources("AWS::Lambda::Function").values():
            told = function["Environment"]["Variables"]
            for name in ("TENANT_ROLE_ARN", "TENANT_TABLES", "TENANT_LOOKUP_TABLES"):
                assert not told.get(name), name
