"""Every key and index of this service.

===========  ==========================  =====================================================================
table        partition, sort             indexes: partition, sort (``{t}`` tenant, ``{s}`` shard)
===========  ==========================  =====================================================================
activities   activityId, relatedId       created ``{t}#{s}``, createdAt · owner ``{t}#{owner}``, atKey ·
             (``~`` without a record)    team ``{t}#{team}``, atKey · related ``{t}#{related}``, atKey ·
                                         customer ``{t}#{customer}``, atKey ·
                                         day ``{t}#{UTC day}``, ``{scheduledAt}#{type}#{id}`` ·
                                         open ``{t}``, dueKey · owneropen ``{t}#{owner}``, dueKey ·
                                         completed ``{t}#{owner}``, completedKey
lookup       pk, sk                      none; rows below
===========  ==========================  =====================================================================

``atKey`` is when an activity is scheduled, or was made if it has no time; ``dueKey`` when an open one is scheduled, and
``completedKey`` when it was completed: activities without one are not in those indexes.

======================================  ===========================  ==========================================
lookup row, below ``{t}#``              sort key                     what
======================================  ===========================  ==========================================
history, entity, id                     version, ten digits          one entry of a record's history
job, job id, shard of 16                ``{entity}#{id}#{version}``  a version that a job wrote, for 90 days
trash, entity                           id                           a record that is or was in the trash
erased, hash of entity and id           ``-``                        that a person's record was erased for good
text, activity                          version, ten digits          a long description, of the version that wrote it
comments, activity                      comment id                   a comment; ends after a deleted activity
reminder, activity                      ``-``                        the schedule that there is, by version
person, user                            ``-``                        a person's name, address and time zone
timeline, entity, id                    ``{instant}#{entity}#{id}#{version}``  something that concerns the record
subject, entity, id                     ``-``                        title and owners of what timelines name
merged, customer                        ``-``                        the winner of a merge, by its loser
losers, customer                        customer id                  who was merged into a customer
moved, entity, id                       ``-``                        the customer that a record went to, by version
mutation, id                            ``-``                        what a mutation of the bulk door did
idempotency, derived id                 ``-``                        the kept answer of a repeatable request
guard, kind, value                      ``-``                        who has an external id, an id, a template's name
email-templates                         template id                  an e-mail template, without what it says
mail, activity                          ``-``                        that a mail was handed over, and its id then
======================================  ===========================  ==========================================
"""

from typing import Final

from zebros_activities.domain.activity import Activity
from zebros_core.dynamodb.schema import EntitySchema, IndexSpec

LOOKUP_TABLE: Final = "activities-lookup"

ACTIVITIES: Final = EntitySchema(
    entity="activity",
    model=Activity,
    table="activities",
    id_field="activity_id",
    parent_field="related_id",
    scoped=frozenset({"dayKey", "ownerId", "teamId", "relatedKey", "customerId"}),
    derived=Activity.index_attributes,
    indexes={
        "created": IndexSpec("shardKey", "createdAt", sharded=True),
        "day": IndexSpec("dayKey", "scheduledAt"),
        "owner": IndexSpec("ownerId", "atKey"),
        "team": IndexSpec("teamId", "atKey"),
        "related": IndexSpec("relatedKey", "atKey"),
        "customer": IndexSpec("customerId", "atKey"),
        "open": IndexSpec("tenantId", "dueKey"),
        "owneropen": IndexSpec("ownerId", "dueKey"),
        "completed": IndexSpec("ownerId", "completedAt"),
    },
    field_codes={
        "type": "ty",
        "subject": "su",
        "description": "de",
        "description_at": "da",
        "related_type": "rt",
        "related_id": "ri",
        "customer_id": "ct",
        "scheduled_at": "sc",
        "ends_at": "en",
        "status": "st",
        "completed_at": "co",
        "outcome": "ou",
        "priority": "pr",
        "location": "lo",
        "reminder_minutes": "rm",
        "reminded_at": "ra",
        "recurrence": "rr",
        "time_zone": "tz",
        "series_id": "si",
        "occurrence": "oc",
        "occurrences": "os",
        "participants": "pa",
        "delivery": "dl",
        "owner_id": "ow",
        "team_id": "te",
    },
    lookup_table=LOOKUP_TABLE,
)

SCHEMAS: Final = (ACTIVITIES,)
BY_ENTITY: Final = {schema.entity: schema for schema in SCHEMAS}
