"""Every key and index of this service.

===========  ==============  ===================================================================================
table        partition       indexes: partition, sort (``{t}`` tenant, ``{s}`` shard)
===========  ==============  ===================================================================================
jobs         id              created ``{t}#{s}``, createdAt · owner ``{t}#{owner}``, createdAt ·
                             kind ``{t}#{kind}``, createdAt · open ``{t}#open``, createdAt (queued or running only)
lookup       pk, sk          none; rows below
===========  ==============  ===================================================================================

======================================  ===========================  ==========================================
lookup row, below ``{t}#``              sort key                     what
======================================  ===========================  ==========================================
progress, job                           ``-``                        counters, checkpoint and lease of a job
slots                                   ``-``                        which jobs of the tenant may run now
idempotency, derived id                 ``-``                        the kept answer of a repeatable request
private                                 job                          whom a privacy request is about, until it is done
ledger                                  hash                         who was erased, for restores; no value
ledger-salt                             ``-``                        the salt of these hashes
holds                                   hold                         legal holds
retention                               ``-``                        the tenant's rules of retention
reportschedules                         schedule                     schedules of reports
reportanswers, hash of what was asked   ``-``                        the job that made this report just now
reportmail, job                         user                         that a report was mailed to somebody
======================================  ===========================  ==========================================

Below ``platform#`` instead of a tenant: ``watched``, sorted by tenant and job, are the jobs that have not ended; the
reaper looks at these and need not ask each tenant. ``retention``, by tenant, says when each is looked after next.
"""

from typing import Final

from zebros_core.dynamodb.schema import EntitySchema, IndexSpec
from zebros_jobs.domain.job import Job

LOOKUP_TABLE: Final = "jobs-lookup"

JOBS: Final = EntitySchema(
    entity="job",
    model=Job,
    table="jobs",
    id_field="id",
    scoped=frozenset({"ownerId", "kindKey", "openTenant"}),
    derived=Job.index_attributes,
    indexes={
        "created": IndexSpec("shardKey", "createdAt", sharded=True),
        "owner": IndexSpec("ownerId", "createdAt"),
        "kind": IndexSpec("kindKey", "createdAt"),
        "open": IndexSpec("openTenant", "createdAt"),
    },
    field_codes={
        "kind": "ki",
        "state": "st",
        "title": "ti",
        "parameters": "pa",
        "acting": "ac",
        "parent_id": "pi",
        "attempt": "at",
        "started_at": "sa",
        "finished_at": "fa",
        "told_at": "ta",
        "cancelled_by": "cb",
        "result": "re",
        "files": "fi",
        "problem": "pr",
        "owner_id": "ow",
        "team_id": "te",
    },
    lookup_table=LOOKUP_TABLE,
)

SCHEMAS: Final = (JOBS,)
BY_ENTITY: Final = {schema.entity: schema for schema in SCHEMAS}
