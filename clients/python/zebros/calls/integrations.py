"""Operations on integrations and the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from zebros.calls.call import (
    Call,
    instant_text,
    listing,
    pages_of,
    path,
    post_headers,
    query_of,
    read_nothing,
    read_record,
)
from zebros.models import AuditEntry, Integration, Page

__all__ = ["Scope"]

Scope = Literal["records:read", "records:write", "records:delete", "records:export"]


def create(
    *,
    name: str,
    role: str,
    scopes: Sequence[Scope],
    team_id: str | None,
    idempotency_key: str | None,
) -> Call[Integration]:
    body: dict[str, object] = {"name": name, "role": role, "scopes": list(scopes)}
    if team_id is not None:
        body["teamId"] = team_id
    return Call(
        "POST", "/v1/integrations", read_record(Integration), json=body, headers=post_headers(idempotency_key)
    )


def get(integration_id: str) -> Call[Integration]:
    return Call("GET", path("/v1/integrations/{}", integration_id), read_record(Integration))


def list_(*, page_size: int | None) -> Callable[[str | None], Call[Page[Integration]]]:
    return listing(Integration, "/v1/integrations", query_of(limit=page_size))


def rotate(integration_id: str) -> Call[Integration]:
    target = path("/v1/integrations/{}:rotate", integration_id)
    return Call("POST", target, read_record(Integration), headers=post_headers(None))


def delete(integration_id: str) -> Call[None]:
    return Call("DELETE", path("/v1/integrations/{}", integration_id), read_nothing)


def audit(
    *,
    from_: datetime | None,
    to: datetime | None,
    action: str | None,
    actor: str | None,
    page_size: int | None,
) -> Callable[[str | None], Call[Page[AuditEntry]]]:
    window = {"from": from_ and instant_text(from_), "to": to and instant_text(to)}
    query = query_of(**window, action=action, actor=actor, limit=page_size)
    load: Callable[[dict[str, Any]], AuditEntry] = AuditEntry.model_validate
    return pages_of(load, "/v1/audit", query)
