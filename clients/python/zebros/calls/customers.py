"""Operations that only customers have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from zebros.calls import records
from zebros.calls.call import Call, path, post_headers, read_model
from zebros.models import ContactInfo, Customer, Merge

__all__ = ["CustomerFields"]


class CustomerFields(TypedDict, total=False):
    """What may be given for a customer."""

    company_name: Required[str]
    industry: str | None
    tier: str | None
    contact_info: ContactInfo | Mapping[str, Any]
    owner_id: str | None
    team_id: str | None
    external_id: str | None
    tags: list[str] | set[str]
    custom: Mapping[str, Any]


ROUTES = records.Routes("customers", Customer)


def get(customer_id: str, *, include_documents: bool = False) -> Call[Customer]:
    return ROUTES.get(customer_id, include="documents" if include_documents else None)


def merge(winner_id: str, loser_id: str, *, idempotency_key: str | None = None) -> Call[Merge]:
    return Call(
        "POST",
        ROUTES.path(winner_id, "merge"),
        read_model(Merge),
        json={"loserId": loser_id},
        headers=post_headers(idempotency_key),
    )


def merge_state(merge_id: str) -> Call[Merge]:
    return Call("GET", path("/v1/merges/{}", merge_id), read_model(Merge))
