"""Operations on customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Required, TypedDict

from zebros.calls import records
from zebros.calls.call import Call, pages_of, path, post_headers, query_of, read_record, to_api_names
from zebros.models import ContactInfo, Customer, HistoryEntry, Merge, Page

__all__ = ["CustomerFields"]

SKIP_DUPLICATE_CHECK = {"X-Skip-Duplicate-Check": "true"}


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


def create(
    fields: CustomerFields, *, skip_duplicate_check: bool = False, idempotency_key: str | None = None
) -> Call[Customer]:
    skip = SKIP_DUPLICATE_CHECK if skip_duplicate_check else {}
    headers = post_headers(idempotency_key, **skip)
    return Call("POST", "/v1/customers", read_record(Customer), json=to_api_names(fields), headers=headers)


def get(customer_id: str, *, include_documents: bool = False) -> Call[Customer]:
    query = query_of(include="documents" if include_documents else None)
    return Call("GET", path("/v1/customers/{}", customer_id), read_record(Customer), query=query)


def by_external_id(external_id: str) -> Call[Customer]:
    return Call("GET", path("/v1/customers/by-external-id/{}", external_id), read_record(Customer))


def upsert(external_id: str, fields: CustomerFields) -> Call[Customer]:
    body = to_api_names(fields)
    return Call("PUT", path("/v1/customers/by-external-id/{}", external_id), read_record(Customer), json=body)


def history(
    customer_id: str, *, limit: int | None = None
) -> Callable[[str | None], Call[Page[HistoryEntry]]]:
    load: Callable[[dict[str, Any]], HistoryEntry] = HistoryEntry.model_validate
    return pages_of(load, path("/v1/customers/{}/history", customer_id), query_of(limit=limit))


def merge(winner_id: str, loser_id: str, *, idempotency_key: str | None = None) -> Call[Merge]:
    return Call(
        "POST",
        path("/v1/customers/{}/merge", winner_id),
        lambda reply: Merge.model_validate(reply.json_object()),
        json={"loserId": loser_id},
        headers=post_headers(idempotency_key),
    )


def merge_state(merge_id: str) -> Call[Merge]:
    return Call(
        "GET", path("/v1/merges/{}", merge_id), lambda reply: Merge.model_validate(reply.json_object())
    )
