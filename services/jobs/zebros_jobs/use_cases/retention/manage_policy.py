"""Read and set a tenant's rules of retention."""

from __future__ import annotations

from zebros_core.dynamodb.codec import instant_text
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.retention import RetentionDraft, RetentionParameters, RetentionPolicy
from zebros_jobs.repositories.retention import RetentionPolicies
from zebros_jobs.use_cases.start_job import start_job
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["get_policy", "set_policy"]


def get_policy(workspace: Workspace) -> RetentionPolicy:
    """Return the rules; where nobody set any, those that erase nothing."""
    return RetentionPolicies(workspace.lookup).get()


def set_policy(workspace: Workspace, draft: RetentionDraft) -> tuple[RetentionPolicy, Job]:
    """Set the rules, and begin a job that counts what is past them. Nothing is erased before the next day."""
    policy = RetentionPolicy(
        **draft.model_dump(), updated_at=instant_text(workspace.now), updated_by=workspace.context.user_id
    )
    RetentionPolicies(workspace.lookup).put(policy)
    parameters = RetentionParameters(preview=True)
    job = start_job(
        workspace,
        JobKind.RETENTION,
        title="What is past the rules of retention",
        parameters=parameters.model_dump_json(by_alias=True),
    )
    return policy, job
