"""Every key and index of this service.

===========  ==========================  =====================================================================
table        partition, sort             indexes: partition, sort (``{t}`` tenant, ``{s}`` shard)
===========  ==========================  =====================================================================
tenants      tenantId                    isolation: isolation, tenantId; the platform's, read by every service
                                         (``zebros_core.tenancy.registry``); rows ``#key#…`` are marks of
                                         idempotency keys, without an isolation and so not in the index
users        userId                      created ``{t}#{s}``, createdAt · email ``{t}#{email}``, createdAt ·
                                         team ``{t}#{team}``, createdAt · role ``{t}#{role}``, createdAt
lookup       pk, sk                      none; rows below
audit        pk, sk                      none; ``{t}#audit#{yyyy-mm}``, ``{instant}#{event id}``: append-only
===========  ==========================  =====================================================================

======================================  ===========================  ==========================================
lookup row, below ``{t}#``              sort key                     what
======================================  ===========================  ==========================================
teams                                   team id                      a team
changes                                 user id or e-mail            a change of somebody that is not whole yet
integrations                            integration id               a program with credentials of its own
integration-keys                        integration id               the request whose idempotency key gave the id
admins                                  ``-``                        how often an administrator was taken away
progress (of the platform)              name                         how far recurring work has come
guard, email, address                   ``-``                        who has an e-mail address
devices, user id                        device id                    where somebody's notifications are pushed
guard, device, device id                ``-``                        whose a device is
notification, id                        ``email``, ``push#{device}``  that it was sent on this way, for 30 days
suppressed, hash of an address          ``-``                        that no mail is sent there any more, and why
feedback, mail, type, hash              ``-``                        that this report was read, for 30 days
mutation, id                            ``-``                        what a mutation of the bulk door did
audit-erasures                          request id                   whose addresses the audit log is to forget
erased, hash of entity and id           ``-``                        that a person's record was erased for good
idempotency, derived id                 ``-``                        the kept answer of a repeatable request
======================================  ===========================  ==========================================
"""

from typing import Final

from zebros_auth.domain.user import User
from zebros_core.dynamodb.schema import EntitySchema, IndexSpec

LOOKUP_TABLE: Final = "auth-lookup"
AUDIT_TABLE: Final = "audit"

USERS: Final = EntitySchema(
    entity="user",
    model=User,
    table="users",
    id_field="user_id",
    scoped=frozenset({"email", "teamId", "role"}),
    indexes={
        "created": IndexSpec("shardKey", "createdAt", sharded=True),
        "email": IndexSpec("email", "createdAt"),
        "team": IndexSpec("teamId", "createdAt"),
        "role": IndexSpec("role", "createdAt"),
    },
    field_codes={
        "username": "un",
        "email": "em",
        "name": "na",
        "role": "ro",
        "team_id": "te",
        "status": "st",
        "permissions": "pe",
        "preferences": "pr",
        "invited_at": "iv",
    },
    lookup_table=LOOKUP_TABLE,
)

SCHEMAS: Final = (USERS,)
