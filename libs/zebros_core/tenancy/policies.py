"""The policy documents for credentials that reach one tenant only, one per isolation model.

They name the tenant by the principal tag ``tenant`` of the STS session, so one document serves all tenants of
a model.

- **silo**: the tenant's own tables by name. Tenant ids hold no ``-``, so ``t-{tenant}-widgets`` is nobody
  else's.
- **bridge**: the shared tables and their indexes, where every leading key is the tenant or begins
  ``{tenant}#``.
- **pool**: indexes and lookup tables as in bridge. A base table's key is an id, which no policy can tell
  tenants apart by: there the tenant is enforced by the write condition and the read filter, and ``GetItem``,
  which takes neither, is not allowed at all. Rows of bridge tenants in the same table are out of reach: their
  keys have a ``#``, which no id has.

``ForAllValues`` is true of a request without leading keys, hence the ``Null`` test beside it. Scan and
PartiQL are refused outright. The role that is assumed (``infrastructure/fragments/tenant_role.js``) grants
what all three allow together: it takes this document to hold a session to its tenant's own model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.tenancy.context import IsolationName

__all__ = ["MAX_POLICY_CHARACTERS", "TENANT_TAG", "PolicyScope", "session_policy"]

TENANT_TAG: Final = "tenant"
"""The tag of the STS session that holds the tenant id."""

MAX_POLICY_CHARACTERS: Final = 2048
"""STS's limit for a session policy, as JSON."""

_TENANT: Final = f"${{aws:PrincipalTag/{TENANT_TAG}}}"
_READS: Final = ("BatchGetItem", "GetItem", "Query")
_POOL_READS: Final = ("BatchGetItem", "Query")
_WRITES: Final = ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
_REFUSED: Final = ("PartiQL*", "Scan")
_KEYS: Final = "dynamodb:LeadingKeys"
_OWN_KEYS: Final = {"ForAllValues:StringLike": {_KEYS: [_TENANT, f"{_TENANT}#*"]}, "Null": {_KEYS: "false"}}
_BARE_IDS: Final = {"ForAllValues:StringNotLike": {_KEYS: "*#*"}, "Null": {_KEYS: "false"}}


@dataclass(frozen=True, slots=True)
class PolicyScope:
    """What a service's documents are about: where its tables are, and which."""

    region: str
    account: str
    table_prefix: str
    tables: Sequence[str]
    """Base names of the tables that hold records, which are keyed as the isolation model says."""
    lookup_tables: Sequence[str] = ()
    """Base names of the tables whose keys begin with the tenant in every model."""
    partition: str = "aws"

    def arn(self, table: str, suffix: str = "") -> str:
        """The ARN of a table, or of what the suffix names in it."""
        return f"arn:{self.partition}:dynamodb:{self.region}:{self.account}:table/{table}{suffix}"


def session_policy(isolation: IsolationName, scope: PolicyScope) -> dict[str, Any]:
    """The document for tenants of this model. With six tables of records and a lookup table it fits
    STS's limit (``MAX_POLICY_CHARACTERS``).
    """
    prefix = f"{scope.table_prefix}-t-{_TENANT}" if isolation == "silo" else scope.table_prefix
    tables = [scope.arn(f"{prefix}-{base}") for base in scope.tables]
    lookups = [scope.arn(f"{prefix}-{base}") for base in scope.lookup_tables]
    indexes = [scope.arn(f"{prefix}-{base}", "/index/*") for base in scope.tables]
    every = (*_READS, *_WRITES)
    if isolation == "silo":
        statements = [_allow(every, [*tables, *lookups, *indexes])]
    elif isolation == "bridge":
        statements = [_allow(every, [*tables, *lookups, *indexes], _OWN_KEYS)]
    else:
        statements = [
            _allow((*_POOL_READS, *_WRITES), tables, _BARE_IDS),
            _allow(every, [*lookups, *indexes], _OWN_KEYS),
        ]
    # Tables are encrypted with a key of ours, which DynamoDB uses in the caller's name. Which key that is, the
    # role says.
    key = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": f"arn:{scope.partition}:kms:{scope.region}:{scope.account}:key/*",
        "Condition": {"StringEquals": {"kms:ViaService": f"dynamodb.{scope.region}.amazonaws.com"}},
    }
    refusal = {"Effect": "Deny", "Action": [f"dynamodb:{action}" for action in _REFUSED], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [*statements, key, refusal]}


def _allow(
    actions: Sequence[str], resources: list[str], condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in actions],
        "Resource": resources,
    }
    return statement if condition is None else {**statement, "Condition": condition}
