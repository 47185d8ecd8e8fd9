"""What the packaged templates promise of jobs: their machines, their task and its image, and the keys they use."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaged_templates import Stacks, as_list, rendered

from zebros_jobs.domain.job import JobKind
from zebros_local.parts import stack_parts
from zebros_local.settings import LocalSettings
from zebros_local.state import StackState

pytestmark = pytest.mark.contract

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "services/jobs"
PROD_ONLY = {"SubnetA", "SubnetB", "TaskSecurityGroup"}


def machines(stack: Any) -> dict[str, dict[str, Any]]:
    """Kind -> properties of its machine."""
    found = stack.resources("AWS::StepFunctions::StateMachine").values()
    return {machine["StateMachineName"].rsplit("-job-", 1)[1]: machine for machine in found}


def states(machine: dict[str, Any]) -> dict[str, Any]:
    return json.loads(machine["DefinitionString"])["States"]


def statements(stack: Any, role: str) -> dict[str, dict[str, Any]]:
    """The statements of a role by their Sid."""
    policies = stack.resources("AWS::IAM::Role")[role].get("Policies", [])
    found = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return {statement.get("Sid", ""): statement for statement in found}


def actions(stack: Any, role: str) -> set[str]:
    return {action for each in statements(stack, role).values() for action in as_list(each["Action"])}


def container(stack: Any) -> dict[str, Any]:
    (task,) = stack.resources("AWS::ECS::TaskDefinition").values()
    (found,) = task["ContainerDefinitions"]
    return found


def environment(stack: Any) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container(stack)["Environment"]}


@pytest.fixture
def dev(variants: Stacks) -> Any:
    """The service in a stage without a network."""
    return variants["dev-jobs"]


# Machines


def test_there_is_a_machine_for_each_kind_with_a_log_an_alarm_and_a_role_of_its_own(prod: Stacks) -> None:
    found = machines(prod["jobs"])
    assert set(found) == {kind.value for kind in JobKind}
    assert len({machine["RoleArn"]["Fn::GetAtt"][0] for machine in found.values()}) == len(found)
    alarmed = {
        dimension["Value"]["Ref"]
        for alarm in prod["jobs"].resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ExecutionsFailed"
        for dimension in alarm["Dimensions"]
    }
    assert alarmed == set(prod["jobs"].resources("AWS::StepFunctions::StateMachine"))
    for machine in found.values():
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["LoggingConfiguration"]["Level"] == "ALL"


def test_every_name_in_a_definition_stands_for_something(prod: Stacks, local: Stacks, dev: Any) -> None:
    for stack in (prod["jobs"], local["jobs"], dev):
        for machine in machines(stack).values():
            named = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
            assert named == set(machine["DefinitionSubstitutions"]), stack.folder


def test_a_machine_calls_the_worker_and_runs_the_one_task_in_the_one_cluster(prod: Stacks) -> None:
    stack = prod["jobs"]
    for machine in machines(stack).values():
        granted = statements(stack, machine["RoleArn"]["Fn::GetAtt"][0])
        assert set(granted) == {
            *("CarryOutSteps", "RunTask", "FollowTask", "GiveTaskItsRoles", "HearOfItsEnd"),
            *("DeliverLogs", "WriteTraces"),
        }
        assert granted["CarryOutSteps"]["Resource"] == [{"Fn::GetAtt": ["WorkerLambdaFunction", "Arn"]}]
        (task,) = map(rendered, granted["RunTask"]["Resource"])
        assert task.endswith(":task-definition/zebros-prod-jobs:*")
        for sid in ("RunTask", "FollowTask"):
            (cluster,) = granted[sid]["Condition"]["ArnEquals"].values()
            assert rendered(cluster).endswith(":cluster/zebros-prod")
        assert granted["GiveTaskItsRoles"]["Resource"] == [
            {"Fn::GetAtt": [role, "Arn"]} for role in ("TaskRole", "TaskExecutionRole")
        ]
        assert granted["GiveTaskItsRoles"]["Condition"] == {
            "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        }


def test_a_stage_without_a_network_works_on_large_jobs_in_the_function(dev: Any) -> None:
    assert not dev.resources("AWS::ECS::TaskDefinition")
    for machine in machines(dev).values():
        found = states(machine)
        assert "WorkInTask" not in found
        large = next(each for each in found["Size"]["Choices"] if each.get("StringEquals") == "large")
        assert large["Next"] == "Work"
        assert {*statements(dev, machine["RoleArn"]["Fn::GetAtt"][0])} == {
            *("CarryOutSteps", "DeliverLogs", "WriteTraces")
        }
    worker = dev.resources("AWS::Lambda::Function")["WorkerLambdaFunction"]
    assert worker["Environment"]["Variables"]["LARGE_WORK"] == "lambda"


def test_a_laptop_has_tasks_outside_of_any_network_which_end_before_the_emulator_gives_up(
    local: Stacks,
) -> None:
    stack = local["jobs"]
    for machine in machines(stack).values():
        assert "NetworkConfiguration" not in states(machine)["WorkInTask"]["Parameters"]
    assert not stack.resources("AWS::EC2::SecurityGroup")
    told = environment(stack)
    assert told["LARGE_WORK"] == "fargate"
    assert int(told["TASK_SECONDS"]) + container(stack)["StopTimeout"] < 600
    parts = stack_parts(LocalSettings.from_environ({}), StackState(1, 2, 3))
    (runner,) = (part for part in parts if part.name == "tasks")
    assert container(stack)["StopTimeout"] < runner.stop_seconds


# The task


def test_the_task_is_the_workers_code_under_the_artefacts_own_name(prod: Stacks, local: Stacks) -> None:
    for stage, stack in (("prod", prod["jobs"]), ("local", local["jobs"])):
        digest = hashlib.sha256(stack.artefact.read_bytes()).hexdigest()
        name, values = container(stack)["Image"]["Fn::Sub"]
        assert name == f"${{images}}:{digest[:20]}"
        assert values == {"images": {"Fn::ImportValue": f"zebros-{stage}-jobs-images"}}


def test_the_task_has_the_workers_environment(prod: Stacks) -> None:
    worker = prod["jobs"].resources("AWS::Lambda::Function")["WorkerLambdaFunction"]
    told = environment(prod["jobs"])
    added = {"AWS_REGION", "TASK_SECONDS", "TMPDIR"}
    assert {name: value for name, value in told.items() if name not in added} == worker["Environment"][
        "Variables"
    ]
    assert told["LARGE_WORK"] == "fargate"
    assert all(isinstance(value, str | dict) for value in told.values()), "ECS takes texts only"


def test_the_task_writes_nowhere_but_in_its_volume_and_may_do_nothing_of_the_kernel(prod: Stacks) -> None:
    found = container(prod["jobs"])
    assert found["ReadonlyRootFilesystem"] is True
    assert found["LinuxParameters"] == {"Capabilities": {"Drop": ["ALL"]}, "InitProcessEnabled": True}
    (mount,) = found["MountPoints"]
    assert mount["ContainerPath"] == environment(prod["jobs"])["TMPDIR"]
    assert found["StopTimeout"] == 120
    (task,) = prod["jobs"].resources("AWS::ECS::TaskDefinition").values()
    assert (task["Cpu"], task["Memory"]) == ("1024", "2048")
    assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    assert task["EphemeralStorage"]["SizeInGiB"] > 20


def test_the_task_is_in_the_private_subnets_and_nobody_reaches_it(prod: Stacks) -> None:
    (group,) = prod["jobs"].resources("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]
    for machine in machines(prod["jobs"]).values():
        network = states(machine)["WorkInTask"]["Parameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert set(machine["DefinitionSubstitutions"]) >= PROD_ONLY


def test_the_task_may_work_and_nothing_else(prod: Stacks) -> None:
    worker, task = (
        {action for action in actions(prod["jobs"], role) if not action.startswith(("logs:", "xray:"))}
        for role in ("WorkerIamRoleLambdaExecution", "TaskRole")
    )
    assert worker - task == {"kms:Sign", "kms:GetPublicKey", "ses:SendEmail", "ses:SendRawEmail"}
    assert not {
        action for action in worker | task if action.startswith(("states:", "scheduler:", "ecs:", "iam:"))
    }
    start = statements(prod["jobs"], "TaskExecutionRole")
    assert set(start) == {"SignInToImages", "PullImage", "WriteLog"}
    (images,) = map(rendered, start["PullImage"]["Resource"])
    assert images.endswith(":repository/zebros-prod-jobs")
    for role in ("TaskRole", "TaskExecutionRole"):
        (trust,) = prod["jobs"].resources("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_inline_policies_are_within_the_limit_of_a_role(prod: Stacks) -> None:
    for name, role in prod["jobs"].resources("AWS::IAM::Role").items():
        size = sum(
            len(json.dumps(policy["PolicyDocument"], separators=(",", ":"))) for policy in role["Policies"]
        )
        assert size < 10_240, name


# Its image


def dockerfile() -> str:
    return (SERVICE / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_is_made_of_the_artefact_and_nothing_else(prod: Stacks) -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile(), re.MULTILINE)
    assert copied == [prod["jobs"].artefact.name]
    ignored = (SERVICE / "Dockerfile.dockerignore").read_text().splitlines()
    assert [line for line in ignored if not line.startswith("#")] == ["*", f"!{copied[0]}"]


def test_the_image_is_for_the_runtime_of_the_functions_and_for_nobody_with_rights(prod: Stacks) -> None:
    (runtime,) = {item["Runtime"] for item in prod["jobs"].resources("AWS::Lambda::Function").values()}
    assert f"ARG PYTHON={runtime.replace('python', 'python:')}-slim" in dockerfile()
    assert "USER 1000" in dockerfile()
    (mount,) = container(prod["jobs"])["MountPoints"]
    assert f'VOLUME ["{mount["ContainerPath"]}"]' in dockerfile()


def test_the_entry_point_starts_in_a_folder_laid_out_like_the_image(local: Stacks, tmp_path: Path) -> None:
    """No job is named, so that it ends at once and says what it lacks; its code is whole before that."""
    entry_point = json.loads(re.search(r"^ENTRYPOINT (.*)$", dockerfile(), re.MULTILINE)[1])  # type: ignore[index]
    assert entry_point[0] == "python"
    with zipfile.ZipFile(local["jobs"].artefact) as artefact:
        artefact.extractall(tmp_path)
    told = {name: value for name, value in environment(local["jobs"]).items() if isinstance(value, str)}
    done = subprocess.run(
        [sys.executable, "-S", *entry_point[1:]],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **told, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1] == "KeyError: 'ZEBROS_JOB_KIND'"


# Keys


def test_certificates_are_signed_by_the_worker_and_nobody_else(prod: Stacks) -> None:
    key = prod["infrastructure"].resources("AWS::KMS::Key")["CertificatesKey"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    signing = [each for each in key["KeyPolicy"]["Statement"] if "kms:Sign" in as_list(each["Action"])]
    ((who,),) = (each["Condition"]["ArnEquals"].values() for each in signing)
    worker = prod["jobs"].resources("AWS::IAM::Role")["WorkerIamRoleLambdaExecution"]["RoleName"]
    assert rendered(who).endswith(f":role/{worker}")
    for each in key["KeyPolicy"]["Statement"]:
        assert not {"kms:*", "kms:CreateGrant"} & set(as_list(each["Action"]))
    may_sign = {
        f"{stack.name}/{role}"
        for stack in prod.values()
        for role in stack.resources("AWS::IAM::Role")
        if "kms:Sign" in actions(stack, role)
    }
    assert may_sign == {"jobs/WorkerIamRoleLambdaExecution"}
    aliases = {alias["AliasName"] for alias in prod["infrastructure"].resources("AWS::KMS::Alias").values()}
    variables = prod["jobs"].resources("AWS::Lambda::Function")["WorkerLambdaFunction"]["Environment"][
        "Variables"
    ]
    assert aliases == {variables["SIGNING_KEY"], variables["DATA_KEY"]}


def test_what_is_sealed_for_one_tenant_and_purpose_opens_under_these_names_only(prod: Stacks) -> None:
    for role in ("WorkerIamRoleLambdaExecution", "TaskRole"):
        seal = statements(prod["jobs"], role)["SealBackup"]
        assert set(seal["Action"]) == {"kms:GenerateDataKey", "kms:Decrypt"}
        assert seal["Condition"] == {
            "StringEquals": {"kms:EncryptionContext:purpose": "backup"},
            "StringLike": {"kms:EncryptionContext:tenantId": "????*"},
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["purpose", "tenantId"]},
        }


# Onboarding


def test_every_service_with_tables_of_tenants_takes_part_in_onboarding_and_offboarding(prod: Stacks) -> None:
    """Those of the registry are the platform's; what one misses would be left behind by a tenant that leaves."""
    tenancy = prod["auth"].resources("AWS::Lambda::Function")["TenancyLambdaFunction"]
    stated = set(tenancy["Environment"]["Variables"]["TENANT_SERVICES"].split(","))
    keeping = {
        stack.name
        for stack in prod.values()
        for table in stack.definition.get("custom", {}).get("tables", {}).values()
        if not table.get("platform")
    }
    assert stated == keeping
