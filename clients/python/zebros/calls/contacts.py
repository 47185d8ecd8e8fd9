"""Operations on contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from zebros.calls import records
from zebros.calls.call import Call, path, post_headers, read_record, to_api_names
from zebros.calls.customers import SKIP_DUPLICATE_CHECK
from zebros.models import Contact

__all__ = ["ContactFields"]


class ContactFields(TypedDict, total=False):
    """What may be given for a contact."""

    customer_id: str | None
    first_name: str | None
    last_name: Required[str]
    email: str | None
    phone: str | None
    position: str | None
    details: Mapping[str, Any]
    do_not_contact: bool
    owner_id: str | None
    team_id: str | None
    external_id: str | None
    tags: list[str] | set[str]
    custom: Mapping[str, Any]


ROUTES = records.Routes("contacts", Contact)


def create(
    fields: ContactFields, *, skip_duplicate_check: bool = False, idempotency_key: str | None = None
) -> Call[Contact]:
    skip = SKIP_DUPLICATE_CHECK if skip_duplicate_check else {}
    headers = post_headers(idempotency_key, **skip)
    return Call("POST", "/v1/contacts", read_record(Contact), json=to_api_names(fields), headers=headers)


def get(contact_id: str) -> Call[Contact]:
    return Call("GET", path("/v1/contacts/{}", contact_id), read_record(Contact))
