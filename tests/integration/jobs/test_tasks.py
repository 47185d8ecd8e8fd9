"""What a state machine asks of ECS is done on this stack: the image's code runs, is heard, and its task is stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from deployed_stack import Deployment, eventually

from zebros_core.clock import SystemClock
from zebros_core.ids import new_id

pytestmark = pytest.mark.integration

CLUSTER = "zebros-local"
TASK = "zebros-local-jobs"
LOG_GROUP = "/zebros/local/jobs"
KINDS = ("import", "undo", "export", "report", "privacy", "backup", "restore", "retention")


@pytest.fixture(scope="module")
def tenant(deployment: Deployment) -> str:
    return deployment.register("pool").id


def a_job_that_is_not() -> str:
    return new_id(SystemClock())


def run_task(deployment: Deployment, tenant: str, job: str) -> dict[str, Any]:
    """Ask for a task as the state machine does, and return it when it has stopped."""
    ecs = deployment.aws("ecs")
    told = {"ZEBROS_JOB_KIND": "export", "ZEBROS_TENANT_ID": tenant, "ZEBROS_JOB_ID": job}
    override = {
        "name": "worker",
        "environment": [{"name": name, "value": value} for name, value in told.items()],
    }
    (asked,) = ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=TASK,
        launchType="FARGATE",
        overrides={"containerOverrides": [override]},
    )["tasks"]

    def stopped() -> dict[str, Any] | None:
        (task,) = ecs.describe_tasks(cluster=CLUSTER, tasks=[asked["taskArn"]])["tasks"]
        return task if task["lastStatus"] == "STOPPED" else None

    found = eventually(stopped)
    assert found is not None
    return found


def test_a_task_runs_the_deployed_code_and_its_log_is_where_the_definition_says(
    deployment: Deployment, tenant: str
) -> None:
    job = a_job_that_is_not()
    task = run_task(deployment, tenant, job)
    assert task["stoppedReason"] == "Essential container in task exited with status 0"
    stream = f"jobs/worker/{task['taskArn'].rsplit('/', 1)[1]}"
    events = deployment.aws("logs").get_log_events(logGroupName=LOG_GROUP, logStreamName=stream)["events"]
    (step,) = (
        line
        for line in map(json.loads, (each["message"] for each in events))
        if line["message"] == "job step"
    )
    assert (step["tenantId"], step["jobId"], step["outcome"]) == (tenant, job, "failed")


def test_each_machine_is_deployed_and_comes_to_an_end_for_a_job_that_is_gone(
    deployment: Deployment, tenant: str
) -> None:
    machines = deployment.aws("stepfunctions")
    prefix = "arn:aws:states:eu-central-1:000000000000:stateMachine:zebros-local-job-"
    executions: list[str] = []
    for kind in KINDS:
        job = a_job_that_is_not()
        started = machines.start_execution(
            stateMachineArn=f"{prefix}{kind}",
            name=f"{tenant}-{job}-1",
            input=json.dumps({"tenantId": tenant, "jobId": job, "attempt": "1", "turn": 0}),
        )
        executions.append(started["executionArn"])
    for arn in executions:
        ended = eventually(
            lambda arn=arn: (
                found
                if (found := machines.describe_execution(executionArn=arn))["status"] != "RUNNING"
                else None
            )
        )
        assert ended["status"] == "SUCCEEDED", ended


def test_certificates_are_signed_and_backups_sealed_with_the_keys_of_the_stage(
    deployment: Deployment,
) -> None:
    kms = deployment.aws("kms")
    signed = {
        "KeyId": "alias/zebros-local-certificates",
        "SigningAlgorithm": "ECDSA_SHA_256",
        "Message": b"x",
    }
    signature = kms.sign(**signed)["Signature"]
    assert kms.verify(**signed, Signature=signature)["SignatureValid"]
    context = {"tenantId": "aurora", "purpose": "backup"}
    key = kms.generate_data_key(KeyId="alias/zebros-local", KeySpec="AES_256", EncryptionContext=context)
    opened = kms.decrypt(CiphertextBlob=key["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == key["Plaintext"]
