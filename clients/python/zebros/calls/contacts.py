"""What contacts are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, TypedDict

from zebros.calls import records
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
