"""The entities that can be written under ids of the caller's choice, in batches and at bulk doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Record:
    """An entity, and values for it."""

    service: str
    entity: str
    path: str
    new: dict[str, Any]
    changes: dict[str, Any]
    by_id_alone: bool
    """Its id is its whole key, so that in one table for all tenants each id is there once."""


RECORDS = (
    Record("customers", "customer", "customers", {"companyName": "Taken"}, {"tier": "taken"}, True),
    Record("customers", "contact", "contacts", {"lastName": "Taken"}, {"position": "taken"}, False),
    Record("pipeline", "lead", "leads", {"lastName": "Taken"}, {"score": 1}, True),
    Record("pipeline", "product", "products", {"name": "Taken"}, {"unitPrice": 1}, True),
    Record("pipeline", "opportunity", "opportunities", {"title": "Taken"}, {"value": 1}, False),
    Record(
        "activities", "activity", "activities", {"type": "task", "subject": "Taken"}, {"location": "x"}, False
    ),
)
