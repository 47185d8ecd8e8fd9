"""Who may be sent reports: people of the tenant, who may see reports in the product, too.

There are no other recipients. A report goes to where the tenant's user has their address at the moment of sending, so
nobody can have mail sent to strangers in our name, and who leaves the company, or loses the right, gets no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zebros_core.auth.permissions import Rights
from zebros_core.bulk.client import BulkDoorClient
from zebros_core.errors import FieldError, ForbiddenError, ValidationError
from zebros_core.tenancy import TenantContext
from zebros_core.values import normalised_email

__all__ = ["Person", "acting_as", "people_by_id", "resolve_recipients", "sees_reports"]

Person = Mapping[str, Any]
"""A user as the auth service exports it."""


def people_by_id(door: BulkDoorClient, ids: Sequence[str]) -> dict[str, Person]:
    """Return those of these users who are still people of the tenant."""
    found = door.read("user", ids) if ids else []
    return {person["userId"]: person for person in found if person["status"] != "deactivated"}


def acting_as(tenant: TenantContext, person: Person) -> TenantContext:
    """Return the context in which somebody acts now: their role and team as they are."""
    return TenantContext(
        tenant.tenant_id,
        person["userId"],
        roles=frozenset({person["role"]}),
        team_id=person.get("teamId"),
        isolation=tenant.isolation,
        index_shards=tenant.index_shards,
    )


def sees_reports(rights: Rights, tenant: TenantContext, person: Person, action: str = "read") -> bool:
    """Tell whether somebody may see reports, or have them made by themselves (`write`)."""
    try:
        rights.check(acting_as(tenant, person), "report", action)
    except ForbiddenError:
        return False
    return True


def resolve_recipients(
    door: BulkDoorClient, rights: Rights, tenant: TenantContext, given: Sequence[str]
) -> tuple[str, ...]:
    """Return the ids of people who are named by id or e-mail address, each once.

    Raises ValidationError naming those who are nobody of the tenant, or may not see reports.
    """
    ids = [name for name in given if "@" not in name]
    people: dict[str, Person] = dict(people_by_id(door, ids))
    addresses = {normalised_email(name) for name in given if "@" in name}
    if addresses:
        for person in door.export_all("user"):
            if normalised_email(person["email"]) in addresses and person["status"] != "deactivated":
                people[normalised_email(person["email"])] = person
    faults: list[FieldError] = []
    found: dict[str, None] = {}
    for place, name in enumerate(given):
        person = people.get(normalised_email(name) if "@" in name else name)
        where = f"/recipients/{place}"
        if person is None:
            faults.append(
                FieldError(where, "unknown_person", "nobody of this company; reports go to its people only")
            )
        elif not sees_reports(rights, tenant, person):
            faults.append(
                FieldError(where, "sees_no_reports", "this person's role does not show them reports")
            )
        else:
            found[person["userId"]] = None
    if faults:
        raise ValidationError(faults[0].message, fields=faults)
    return tuple(found)
