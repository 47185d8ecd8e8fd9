"""What the variables of a template stand for, from records in wire form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zebros_activities.domain.email_template import VARIABLES

__all__ = ["contact_variables", "customer_variables"]


def contact_variables(contact: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `contact.*` stands for. What the contact does not have is left out."""
    names = [contact.get("firstName"), contact.get("lastName")]
    full_name = " ".join(name for name in names if name)
    return _known("contact", _part(contact, "details"), contact, {"fullName": full_name})


def customer_variables(customer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `customer.*` stands for. What the customer does not have is left out."""
    info = _part(customer, "contactInfo")
    return _known("customer", _part(info, "address"), info, customer)


def _known(root: str, *sources: Mapping[str, Any]) -> dict[str, Any]:
    together: dict[str, Any] = {}
    for source in sources:
        together.update(source)
    return {name: together[name] for name in sorted(VARIABLES[root]) if together.get(name)}


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] | None = record.get(name)
    return part or {}
