"""Object keys: `{tenant}/…`, composed of checked parts and checked again wherever one comes in."""

from __future__ import annotations

import re
from typing import Final

from zebros_core.errors import BadRequestError, NotFoundError
from zebros_core.tenancy.context import is_tenant_id

_PART: Final = re.compile(r"[A-Za-z0-9_~=@+.-]{1,200}", re.ASCII)
_LONGEST: Final = 1024


def compose_key(tenant_id: str, *parts: str) -> str:
    """`{tenant}/{part}/…`. BadRequestError for a part with other than letters, digits and `_~=@+.-`, or of
    dots only.
    """
    if not is_tenant_id(tenant_id):
        raise ValueError("not a tenant id")
    if not parts:
        raise ValueError("a key needs a part below its tenant")
    for part in parts:
        _check_part(part)
    key = "/".join((tenant_id, *parts))
    if len(key) > _LONGEST:
        raise BadRequestError.for_field("key", "too_long", f"A key has at most {_LONGEST} characters.")
    return key


def check_key(tenant_id: str, key: str) -> str:
    """The key, when it is one of this tenant's.

    Another tenant's key looks like one that does not exist (NotFoundError); what is no key at all is a
    BadRequestError.
    """
    owner, *parts = key.split("/")
    if not is_tenant_id(owner) or not parts or len(key) > _LONGEST:
        raise BadRequestError.for_field("key", "invalid_key", "This is not a key.")
    for part in parts:
        _check_part(part)
    if owner != tenant_id:
        raise NotFoundError("object", key)
    return key


def _check_part(part: str) -> None:
    if not _PART.fullmatch(part) or not part.strip("."):
        raise BadRequestError.for_field(
            "key", "invalid_key", "A part of the key is empty or has characters not allowed."
        )
