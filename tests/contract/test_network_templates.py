"""What network, cache and identity promise: nothing of them in dev, nothing of them open in production."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.contract

Stacks = Mapping[str, Any]
ROOT = Path(__file__).resolve().parents[2]
EVERYBODY = "0.0.0.0/0"
NETWORK_TYPES = re.compile(r"AWS::(EC2|ElastiCache|ECS|ECR|RDS|ElasticLoadBalancingV2|WAFv2|Route53)::")


def only(stack: Any, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a type."""
    (found,) = stack.resources(kind).values()
    return found


def texts(node: Any) -> Iterator[str]:
    """Every text anywhere below a node."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for item in node:
            yield from texts(item)


# What a stage has


@pytest.mark.parametrize("stage", ["dev", "local"])
def test_a_stage_for_development_has_no_network_cache_or_keycloak(
    variants: Stacks, local: Stacks, stage: str
) -> None:
    stack = variants["dev"] if stage == "dev" else local["infrastructure"]
    found = {name for name, item in stack.template["Resources"].items() if NETWORK_TYPES.match(item["Type"])}
    # A laptop's tasks are processes: the cluster is where they are asked for, and its images are never pulled.
    assert found == (set() if stage == "dev" else {"Cluster", "JobsImages"})
    assert "DependsOn" not in stack.template["Resources"]["JwtAuthorizer"]


def test_functions_are_in_the_vpc_where_they_use_the_cache_and_nowhere_else(
    prod: Stacks, local: Stacks
) -> None:
    used = False
    for stack in prod.values():
        grants = stack.definition.get("custom", {}).get("access", {})
        using = {name for name, granted in grants.items() if granted.get("cache")}
        inside = {
            function["FunctionName"].rsplit("-", 1)[1]
            for function in stack.resources("AWS::Lambda::Function").values()
            if "VpcConfig" in function
        }
        assert inside == using, stack.name
        used = used or bool(inside)
    assert used
    for stack in local.values():
        assert not [item for item in stack.resources("AWS::Lambda::Function").values() if "VpcConfig" in item]


def test_production_has_two_zones_one_nat_and_a_second_of_everything_that_people_wait_for(
    prod: Stacks,
) -> None:
    stack = prod["infrastructure"]
    assert len(stack.resources("AWS::EC2::Subnet")) == 4
    assert len(stack.resources("AWS::EC2::NatGateway")) == 1
    cache = only(stack, "AWS::ElastiCache::ReplicationGroup")
    assert (cache["NumCacheClusters"], cache["MultiAZEnabled"], cache["Engine"]) == (2, True, "valkey")
    assert only(stack, "AWS::ECS::Service")["DesiredCount"] == 2
    scaling = only(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert scaling["MinCapacity"] == 2
    assert only(stack, "AWS::RDS::DBInstance")["MultiAZ"] is True


def test_tables_and_objects_never_pass_the_nat(prod: Stacks, variants: Stacks) -> None:
    for stack in (prod["infrastructure"], variants["closed"]):
        gateways = {
            endpoint["ServiceName"]["Fn::Sub"].rsplit(".", 1)[1]
            for endpoint in stack.resources("AWS::EC2::VPCEndpoint").values()
            if endpoint["VpcEndpointType"] == "Gateway"
        }
        assert gateways == {"dynamodb", "s3"}


def test_a_closed_network_has_endpoints_instead_of_a_way_out_and_the_issuer_inside(variants: Stacks) -> None:
    stack = variants["closed"]
    assert not stack.resources("AWS::EC2::NatGateway")
    out = [
        route
        for route in stack.resources("AWS::EC2::Route").values()
        if route["RouteTableId"] == {"Ref": "PrivateRoutes"}
    ]
    assert out == []
    interfaces = {
        endpoint["ServiceName"]["Fn::Sub"].split("}.", 1)[1]
        for endpoint in stack.resources("AWS::EC2::VPCEndpoint").values()
        if endpoint["VpcEndpointType"] == "Interface"
    }
    assert {
        "ssm",
        "sts",
        "events",
        "lambda",
        "states",
        "sns",
        "scheduler",
        "secretsmanager",
        "kms",
        "logs",
        "ecr.dkr",
    } <= interfaces
    zone = only(stack, "AWS::Route53::HostedZone")
    assert (zone["Name"], zone["VPCs"][0]["VPCId"]) == ("auth.zebros.example", {"Ref": "Vpc"})
    cache = only(stack, "AWS::ElastiCache::ReplicationGroup")
    assert (cache["NumNodeGroups"], cache["ReplicasPerNodeGroup"]) == (2, 1)
    assert only(stack, "AWS::ElastiCache::ParameterGroup")["Properties"]["cluster-enabled"] == "yes"


@pytest.mark.parametrize(
    "params",
    [
        {"cacheMode": "node"},
        {"identity": "keycloak"},
        {"network": "endpoints"},
        {"largeWork": "fargate"},
        {"network": "nat", "cacheMode": "replicas"},
    ],
)
def test_combinations_that_could_not_work_are_refused(
    checkout: Path, packaged: Any, params: dict[str, str]
) -> None:
    with pytest.raises(AssertionError, match=r"set network to nat|cacheMode is one of"):
        packaged(checkout, "dev", ("infrastructure",), **params)


# Who reaches what


def test_nothing_is_open_to_everybody_but_the_load_balancers_two_ports(
    prod: Stacks, variants: Stacks
) -> None:
    for stack in (prod["infrastructure"], variants["closed"], variants["prepared"]):
        open_ports = {
            (name, rule["FromPort"])
            for name, group in stack.resources("AWS::EC2::SecurityGroup").items()
            for rule in group.get("SecurityGroupIngress", [])
            if rule.get("CidrIp") == EVERYBODY
        }
        assert open_ports == {("BalancerSecurityGroup", 443), ("BalancerSecurityGroup", 80)}
        for rule in stack.resources("AWS::EC2::SecurityGroupIngress").values():
            assert "SourceSecurityGroupId" in rule


def test_every_role_has_a_security_group_that_says_what_it_calls(prod: Stacks) -> None:
    groups = prod["infrastructure"].resources("AWS::EC2::SecurityGroup")
    assert set(groups) == {
        f"{role}SecurityGroup" for role in ("Lambda", "Cache", "Keycloak", "Balancer", "Database")
    }
    for name, group in groups.items():
        assert group["SecurityGroupEgress"], f"{name}: without a rule everything would be allowed"
        anywhere = {rule["FromPort"] for rule in group["SecurityGroupEgress"] if rule["CidrIp"] == EVERYBODY}
        assert anywhere <= {443, 587}, name
    assert "DefaultSecurityGroup" not in json.dumps(prod["infrastructure"].template)
    reached_from = {
        name: {rule["SourceSecurityGroupId"]["Ref"] for rule in groups[name]["SecurityGroupIngress"]}
        for name in ("CacheSecurityGroup", "DatabaseSecurityGroup", "KeycloakSecurityGroup")
    }
    assert reached_from == {
        "CacheSecurityGroup": {"LambdaSecurityGroup"},
        "DatabaseSecurityGroup": {"KeycloakSecurityGroup"},
        "KeycloakSecurityGroup": {"BalancerSecurityGroup"},
    }


def test_tasks_and_databases_have_no_public_address(prod: Stacks) -> None:
    stack = prod["infrastructure"]
    service = only(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert service["AssignPublicIp"] == "DISABLED"
    assert service["Subnets"] == [{"Ref": "PrivateSubnetA"}, {"Ref": "PrivateSubnetB"}]
    assert only(stack, "AWS::RDS::DBInstance")["PubliclyAccessible"] is False
    assert only(stack, "AWS::ECS::Service")["EnableExecuteCommand"] is False
    for subnet in stack.resources("AWS::EC2::Subnet").values():
        assert not subnet.get("MapPublicIpOnLaunch")


def answers(stack: Any, path: str) -> str:
    """What the load balancer does with a path: the type of action of the first rule that matches, or the default's."""
    listener = stack.resources("AWS::ElasticLoadBalancingV2::Listener")["HttpsListener"]
    rules = sorted(
        stack.resources("AWS::ElasticLoadBalancingV2::ListenerRule").values(),
        key=lambda rule: rule["Priority"],
    )
    for rule in rules:
        (condition,) = rule["Conditions"]
        patterns = condition["PathPatternConfig"]["Values"]
        assert len(patterns) <= 5, "the balancer takes five values a rule"
        assert sum(pattern.count("*") for pattern in patterns) <= 5, "and five wildcards"
        if any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), path) for each in patterns):
            return rule["Actions"][0]["Type"]
    return listener["DefaultActions"][0]["Type"]


@pytest.mark.parametrize(
    "path",
    [
        "/realms/zebros",
        "/realms/zebros/.well-known/openid-configuration",
        "/realms/zebros/protocol/openid-connect/certs",
        "/realms/zebros/account",
        "/resources/abc12/login/keycloak.v2/css/styles.css",
        "/admin/realms/zebros/users",
    ],
)
def test_people_and_our_service_account_reach_the_realm(prod: Stacks, path: str) -> None:
    assert answers(prod["infrastructure"], path) == "forward"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin",
        "/admin/",
        "/admin/master/console/",
        "/admin/zebros/console/",
        "/admin/realms",
        "/admin/realms/master/users",
        "/admin/realms/zebros2/users",
        "/realms/master/protocol/openid-connect/token",
        "/realms/zebros2/protocol/openid-connect/token",
        "/realms/zebros/../master/protocol/openid-connect/token",
        "/realms/zebros/%2e%2e/master/protocol/openid-connect/token",
        "/realms/zebros/.%2E/master/protocol/openid-connect/token",
        "/realms/zebros/..;/master/protocol/openid-connect/token",
        "/realms/zebros/clients-registrations/openid-connect",
        "/metrics",
        "/health/ready",
    ],
)
def test_consoles_the_master_realm_and_operations_are_kept_off_the_internet(prod: Stacks, path: str) -> None:
    assert answers(prod["infrastructure"], path) == "fixed-response"


def test_the_load_balancer_speaks_tls_and_sends_plain_requests_there(prod: Stacks) -> None:
    stack = prod["infrastructure"]
    listeners = stack.resources("AWS::ElasticLoadBalancingV2::Listener")
    assert listeners["HttpsListener"]["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-")
    (redirect,) = listeners["HttpListener"]["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    attributes = {
        item["Key"]: item["Value"]
        for item in only(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    }
    assert attributes["deletion_protection.enabled"] in ("true", True)
    assert attributes["access_logs.s3.enabled"] == "true"


# Secrets and encryption


def test_secrets_are_read_from_secrets_manager_and_stand_nowhere_in_plain(
    prod: Stacks, variants: Stacks
) -> None:
    for stack in (prod["infrastructure"], variants["closed"]):
        task = only(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]
        secret = {item["Name"] for item in task["Secrets"]}
        assert {
            "KC_DB_PASSWORD",
            "KC_BOOTSTRAP_ADMIN_PASSWORD",
            "ZEBROS_ADMIN_SECRET",
            "ZEBROS_SMTP_PASSWORD",
        } <= secret
        assert not [
            name for item in task["Environment"] if re.search("PASSWORD|SECRET", name := item["Name"])
        ]
        assert "{{resolve:secretsmanager:" in str(
            only(stack, "AWS::ElastiCache::ReplicationGroup")["AuthToken"]
        )
        assert "{{resolve:secretsmanager:" in str(only(stack, "AWS::RDS::DBInstance")["MasterUserPassword"])
        for name, item in stack.resources("AWS::SecretsManager::Secret").items():
            assert "SecretString" not in item, name
            assert item["KmsKeyId"] == {"Fn::GetAtt": ["DataKey", "Arn"]}, name


def test_functions_get_the_name_of_the_caches_password_and_its_address_and_no_password(prod: Stacks) -> None:
    for stack in prod.values():
        for name, function in stack.resources("AWS::Lambda::Function").items():
            environment = function["Environment"]["Variables"]
            assert environment["REDIS_URL"] == {"Fn::ImportValue": "zebros-prod-redis-url"}, name
            assert environment["REDIS_PASSWORD_PARAMETER"].startswith("/aws/reference/secretsmanager/"), name
            assert not [text for text in texts(environment) if "{{resolve:" in text], name


def test_a_function_that_administers_the_realm_may_read_the_secret_for_it_and_no_other_may(
    prod: Stacks,
) -> None:
    parameter = "/aws/reference/secretsmanager/zebros/prod/keycloak-admin"
    stack = prod["auth"]
    roles = stack.resources("AWS::IAM::Role")
    told = {
        function["Role"]["Fn::GetAtt"][0]
        for function in stack.resources("AWS::Lambda::Function").values()
        if function["Environment"]["Variables"].get("IDENTITY_ADMIN_SECRET_PARAMETER") == parameter
    }
    admitted = {
        name
        for name, role in roles.items()
        if any(text.endswith(f"parameter{parameter}") for text in texts(role))
    }
    assert told
    assert admitted == told


def test_cache_and_database_are_encrypted_and_take_tls_only(prod: Stacks) -> None:
    stack = prod["infrastructure"]
    key = {"Fn::GetAtt": ["DataKey", "Arn"]}
    cache, database = only(stack, "AWS::ElastiCache::ReplicationGroup"), only(stack, "AWS::RDS::DBInstance")
    assert (cache["TransitEncryptionMode"], cache["AtRestEncryptionEnabled"]) == ("required", True)
    assert only(stack, "AWS::RDS::DBParameterGroup")["Parameters"]["rds.force_ssl"] == "1"
    assert (cache["KmsKeyId"], database["KmsKeyId"], database["PerformanceInsightsKMSKeyId"]) == (
        key,
        key,
        key,
    )
    assert database["StorageEncrypted"] is True
    assert database["DeletionProtection"] is True
    assert database["BackupRetentionPeriod"] == 30


# Keycloak


def test_a_broken_version_of_keycloak_is_taken_back_and_two_tasks_find_each_other(prod: Stacks) -> None:
    stack = prod["infrastructure"]
    deployment = only(stack, "AWS::ECS::Service")["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["MinimumHealthyPercent"] == 100
    among_tasks = {
        rule["FromPort"]
        for rule in stack.resources("AWS::EC2::SecurityGroupIngress").values()
        if rule["SourceSecurityGroupId"] == rule["GroupId"] == {"Ref": "KeycloakSecurityGroup"}
    }
    assert among_tasks == {7800, 57800}
    targets = only(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (targets["HealthCheckPort"], targets["HealthCheckPath"]) == ("9000", "/health/ready")
    repositories = stack.resources("AWS::ECR::Repository")
    assert set(repositories) == {"KeycloakImages", "JobsImages"}
    assert all(repository["ImageTagMutability"] == "IMMUTABLE" for repository in repositories.values())


def test_the_realms_placeholders_are_what_the_task_is_given(prod: Stacks) -> None:
    """One without a default would be imported as it stands."""
    realm = (ROOT / "services/auth/keycloak/realm.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z][A-Z0-9_]*)(?::[^}]*)?\}", realm))
    task = only(prod["infrastructure"], "AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]
    given = {item["Name"] for item in (*task["Environment"], *task["Secrets"])}
    assert asked
    assert asked <= given


def test_the_authorizer_comes_after_keycloak_because_the_gateway_asks_it(
    prod: Stacks, variants: Stacks
) -> None:
    waits_for = prod["infrastructure"].template["Resources"]["JwtAuthorizer"]["DependsOn"]
    assert {"KeycloakService", "PublicPages"} <= set(waits_for)
    assert "IssuerRecord" in variants["closed"].template["Resources"]["JwtAuthorizer"]["DependsOn"]


def test_a_stage_can_be_prepared_for_its_first_image(variants: Stacks) -> None:
    stack = variants["prepared"]
    assert not stack.resources("AWS::ECS::Service")
    assert not stack.resources("AWS::ApiGatewayV2::Authorizer")
    assert stack.resources("AWS::ECR::Repository")
    assert stack.resources("AWS::RDS::DBInstance")
    assert only(stack, "AWS::ElastiCache::ReplicationGroup")["NumCacheClusters"] == 1
