"""What rows are recognised by: the values that no two records of a tenant share, in the form in which they are kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from zebros_core.names import fold, normalised_name
from zebros_core.values import normalised_email, normalised_external_id
from zebros_jobs.domain.imports.options import MatchRule

__all__ = ["email_name", "made_up_id", "match_value"]

_SLUG_CHARS = 40


def match_value(entity: str, rule: MatchRule, data: Mapping[str, Any]) -> str | None:
    """Return what a row's record is to have by a rule, as doors compare it; None where the row does not say it.

    A contact's name counts at one customer only: people share names.
    """
    match rule:
        case MatchRule.ID:
            text = data.get("id")
            # People's ids are the identity provider's.
            return text if text is None or entity == "user" else text.upper()
        case MatchRule.EXTERNAL_ID:
            text = data.get("externalId")
            return normalised_external_id(text) if text else None
        case MatchRule.EMAIL:
            text = data.get("contactInfo", {}).get("email") if entity == "customer" else data.get("email")
            return normalised_email(text) if text else None
        case MatchRule.NAME:
            return _name(entity, data)


def _name(entity: str, data: Mapping[str, Any]) -> str | None:
    if entity != "contact":
        text = data.get("companyName" if entity == "customer" else "name")
        return normalised_name(text) if text else None
    customer, last = data.get("customerId"), data.get("lastName")
    if not customer or not last:
        return None
    first = data.get("firstName")
    return f"{customer} {normalised_name(f'{first} {last}' if first else last)}"


def made_up_id(entity: str, data: Mapping[str, Any]) -> str | None:
    """Return an external id for a person who has nothing else to be known by: always the same for the same name.

    So a file that is imported again finds who it brought. None for other entities.
    """
    if entity not in {"contact", "lead"}:
        return None
    parts = [data.get(name) for name in ("firstName", "lastName", "companyName")]
    plain = normalised_name(" ".join(part for part in parts if part))
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_CHARS].strip("-")
    digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"name:{slug}-{digest}" if slug else f"name:{digest}"


def email_name(name: str) -> str:
    """Return what stands before the @ of an address made of a name: `Moses Frase` is `moses.frase`.

    Raises ValueError for a name that has no letter of the Latin alphabet.
    """
    parts = re.findall(r"[a-z0-9]+", fold(name))
    if not parts:
        raise ValueError("no e-mail address can be made of the name; give one in a column")
    return ".".join(parts)
