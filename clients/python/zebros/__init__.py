"""The Python SDK of the Zebros CRM.

::

    from zebros import Client

    with Client("https://api.zebros.example", token=token) as client:
        for customer in client.customers.list(owner="u-1"):
            print(customer.company_name)

Names are loaded when they are first used, so that importing the package, and starting its command, stays
quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from zebros._version import __version__

if TYPE_CHECKING:
    from zebros.aio import AsyncClient
    from zebros.auth import ClientCredentials, RefreshToken, StaticToken, TokenProvider, Tokens
    from zebros.client import Client
    from zebros.errors import (
        ApiError,
        DuplicateError,
        NotFoundError,
        OperationFailedError,
        OperationTimeoutError,
        RateLimitedError,
        SignInError,
        TransportError,
        UnavailableError,
        ValidationError,
        VersionConflictError,
        ZebrosError,
    )
    from zebros.models import (
        Activity,
        Address,
        AuditEntry,
        BatchOutcome,
        Contact,
        ContactInfo,
        Conversion,
        Currencies,
        Customer,
        Dashboard,
        Device,
        Document,
        EmailTemplate,
        FieldDefinition,
        Forecast,
        Integration,
        Lead,
        Me,
        Opportunity,
        OpportunityLine,
        Permission,
        PipelineValue,
        Preferences,
        Product,
        Stage,
        Stages,
        Team,
        Tenant,
        TimelineEntry,
        User,
    )
    from zebros.retry import RetryPolicy

__all__ = [
    "Activity",
    "Address",
    "ApiError",
    "AsyncClient",
    "AuditEntry",
    "BatchOutcome",
    "Client",
    "ClientCredentials",
    "Contact",
    "ContactInfo",
    "Conversion",
    "Currencies",
    "Customer",
    "Dashboard",
    "Device",
    "Document",
    "DuplicateError",
    "EmailTemplate",
    "FieldDefinition",
    "Forecast",
    "Integration",
    "Lead",
    "Me",
    "NotFoundError",
    "OperationFailedError",
    "OperationTimeoutError",
    "Opportunity",
    "OpportunityLine",
    "Permission",
    "PipelineValue",
    "Preferences",
    "Product",
    "RateLimitedError",
    "RefreshToken",
    "RetryPolicy",
    "SignInError",
    "Stage",
    "Stages",
    "StaticToken",
    "Team",
    "Tenant",
    "TimelineEntry",
    "TokenProvider",
    "Tokens",
    "TransportError",
    "UnavailableError",
    "User",
    "ValidationError",
    "VersionConflictError",
    "ZebrosError",
    "__version__",
]

_HOMES = {
    "zebros.aio": ("AsyncClient",),
    "zebros.auth": ("ClientCredentials", "RefreshToken", "StaticToken", "TokenProvider", "Tokens"),
    "zebros.client": ("Client",),
    "zebros.models": (
        "Activity",
        "Address",
        "AuditEntry",
        "BatchOutcome",
        "Contact",
        "ContactInfo",
        "Conversion",
        "Currencies",
        "Customer",
        "Dashboard",
        "Device",
        "Document",
        "EmailTemplate",
        "FieldDefinition",
        "Forecast",
        "Integration",
        "Lead",
        "Me",
        "Opportunity",
        "OpportunityLine",
        "Permission",
        "PipelineValue",
        "Preferences",
        "Product",
        "Stage",
        "Stages",
        "Team",
        "Tenant",
        "TimelineEntry",
        "User",
    ),
    "zebros.retry": ("RetryPolicy",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF.get(name, "zebros.errors")), name)
