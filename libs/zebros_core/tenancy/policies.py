"""The policy documents for credentials that reach one tenant only, one per isolation model.

They name the tenant by the principal tag ``tenant`` of the STS session, so one document serves all tenants of
a model.

- **silo**: the tenant's own tables by name. Tenant ids hold no ``-``, so ``t-{tenant}-widgets`` is nobody
  else's.
- **bridge**: the shared tables and their indexes, where every leading key is the tenant or begins
  ``{tenant}#``.
- **pool**: indexes and lookup tables as in bridge. A base table's key is an id, which no policy can tell
  tenants apart by: there the tenant is enforced by the write condition and the read filter, and ``GetItem``,
  which takes neither, is not allowed at all.

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
    """The document for tenants of this model. With five tables of records and a lookup table it fits
    STS's limit (``MAX_POLICY_CHARACTERS``).
    """
    prefix = f"{scope.table_prefix}-t-{_TENANT}" if isolation == "silo" else scope.table_prefix
    tables = [scope.arn(f"{prefix}-{base}") for base in scope.tables]
    lookups = [scope.arn(f"{prefix}-{base}") for base in scope.lookup_tables]
    indexes = [scope.arn(f"{prefix}-{base}", "/index/*") for base in scope.tables]
    if isolation == "silo":
        statements = [_allow((*_READS, *_WRITES), [*tables, *lookups]), _allow(["Query"], indexes)]
    elif isolation == "bridge":
        statements = [
            _own_keys(_allow((*_READS, *_WRITES), [*tables, *lookups])),
            _own_keys(_allow(["Query"], indexes)),
        ]
    else:
        statements = [
            _allow((*_POOL_READS, *_WRITES), tables),
            _own_keys(_allow((*_READS, *_WRITES), lookups)),
            _own_keys(_allow(["Query"], indexes)),
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
    return {"Version": "2012-10-17", "Statement": [*filter(None, statements), key, refusal]}


def _allow(actions: Sequence[str], resources: list[str]) -> dict[str, Any] | None:
    if not resources:
        return None
    return {"Effect": "Allow", "Action": [f"dynamodb:{action}" for action in actions], "Resource": resources}


def _own_keys(statement: dict[str, Any] | None) -> dict[str, Any] | None:
    if statement is None:
        return None
    condition = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [_TENANT, f"{_TENANT}#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    return {**statement, "Condition": condition}
