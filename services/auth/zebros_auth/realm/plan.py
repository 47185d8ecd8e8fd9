"""`plan` lists what differs; `apply` repairs it until nothing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zebros_auth.realm.admin import RealmAdmin, RealmAdminError
from zebros_auth.realm.differences import Difference
from zebros_auth.realm.parts import PARTS

# What was missing is made in the first round; what refers to it may only be seen in the second.
_ROUNDS = 3


class RealmDriftError(RealmAdminError):
    """Something differs that could not be repaired; says what, and what Keycloak answered."""

    def __init__(self, left: Sequence[Difference], refusals: Sequence[str]) -> None:
        self.left = tuple(left)
        super().__init__("\n".join(["The realm still differs:", *map(str, left), *refusals]))


def plan(realm: Mapping[str, Any], admin: RealmAdmin) -> list[Difference]:
    """Return what differs between the file and the realm, in the order of repair. Changes nothing."""
    return [difference for part in PARTS for difference in part(realm, admin)]


def apply(realm: Mapping[str, Any], admin: RealmAdmin) -> list[Difference]:
    """Repair what differs and return it; an empty list when nothing did. Safe to repeat, and after half a run.

    One refused repair does not keep the others from being made. Raises `RealmDriftError` with what still differs at
    the end and why, `RealmAdminError` when the realm cannot be read.
    """
    repaired: list[Difference] = []
    refusals: list[str] = []
    for _ in range(_ROUNDS):
        differences = plan(realm, admin)
        if not differences:
            return repaired
        refusals = []
        for difference in differences:
            try:
                difference.repair()
            except RealmAdminError as error:
                refusals.append(str(error))
            else:
                repaired.append(difference)
        if len(refusals) == len(differences):
            break
    left = plan(realm, admin)
    if left:
        raise RealmDriftError(left, refusals)
    return repaired
