"""The policy documents for credentials that reach one tenant only, one per isolation model.

They name the tenant by the principal tag ``tenant`` of the STS session, so one document serves all tenants of
a model.

- **silo**: the tenant's own tables by name. Tenant ids hold no ``-``, so ``t-{tenant}-*`` matches nobody
  else's.
- **bridge**: the shared tables and their indexes, where every leading key is the tenant or begins
  ``{tenant}#``.
- **pool**: indexes and lookup tables as in bridge. A base table's key is an id, which no policy can tell
  tenants apart by: there the tenant is enforced by the write condition and the read filter, and ``GetItem``,
  which takes neither, is not allowed at all.

``ForAllValues`` is true of a request without leading keys, hence the ``Null`` test beside it. Scan and
PartiQL are refused outright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.tenancy.context import IsolationName

__all__ = ["TENANT_TAG", "PolicyScope", "session_policy"]

TENANT_TAG: Final = "tenant"
"""The tag of the STS session that holds the tenant id."""

_TENANT: Final = f"${{aws:PrincipalTag/{TENANT_TAG}}}"
_WRITES: Final = ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")
_ITEM_ACTIONS: Final = ("BatchGetItem", "GetItem", "Query", *_WRITES)
_POOL_ACTIONS: Final = ("BatchGetItem", "Query", *_WRITES)
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
    """The document for tenants of this model. It fits STS's limit for a session policy (2,048 characters
    as JSON).
    """
    if isolation == "silo":
        own = f"{scope.table_prefix}-t-{_TENANT}-*"
        statements = [_allow(_ITEM_ACTIONS, [scope.arn(own)])]
    elif isolation == "bridge":
        bases = [*scope.tables, *scope.lookup_tables]
        statements = [_allow_own_keys(_ITEM_ACTIONS, [*_tables(scope, bases), *_indexes(scope)])]
    else:
        statements = [
            _allow(_POOL_ACTIONS, _tables(scope, scope.tables)),
            _allow_own_keys(_ITEM_ACTIONS, [*_tables(scope, scope.lookup_tables), *_indexes(scope)]),
        ]
    refusal = {"Effect": "Deny", "Action": [f"dynamodb:{action}" for action in _REFUSED], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [*statements, refusal]}


def _tables(scope: PolicyScope, bases: Sequence[str]) -> list[str]:
    return [scope.arn(f"{scope.table_prefix}-{base}") for base in bases]


def _indexes(scope: PolicyScope) -> list[str]:
    return [scope.arn(f"{scope.table_prefix}-{base}", "/index/*") for base in scope.tables]


def _allow(actions: Sequence[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [f"dynamodb:{action}" for action in actions], "Resource": resources}


def _allow_own_keys(actions: Sequence[str], resources: list[str]) -> dict[str, Any]:
    condition = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [_TENANT, f"{_TENANT}#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    return {**_allow(actions, resources), "Condition": condition}
