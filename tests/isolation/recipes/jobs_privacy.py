"""How the operations on privacy requests, legal holds and rules of retention are called."""

from __future__ import annotations

from typing import Any

from recipes.recipe import Recipe, Reference

THINGS = {"holdId": "hold"}
_ACCESS: dict[str, Any] = {"kind": "access"}
_REASON = "A claim is before court."


def _about(kind: dict[str, Any]) -> tuple[Reference, ...]:
    """Return references to people of another tenant: who is not there is nobody, and that is no error."""
    subjects = {"contactId": "contact", "leadId": "lead", "userId": "user"}
    return tuple(
        Reference(
            body=lambda theirs, _, field=field, thing=thing: {**kind, "subject": {field: theirs[thing]}},
            harmless=True,
        )
        for field, thing in subjects.items()
    )


RECIPES: dict[str, Recipe] = {
    "createPrivacyRequest": Recipe(
        body=lambda t: {**_ACCESS, "subject": {"contactId": t["contact"]}}, references=_about(_ACCESS)
    ),
    "listPrivacyRequests": Recipe(),
    "getPrivacyRequest": Recipe(path={"jobId": "privacy_request"}),
    "carryOnPrivacyRequest": Recipe(path={"jobId": "held_erasure"}),
    "getPrivacyCertificate": Recipe(path={"jobId": "erasure"}),
    "createLegalHold": Recipe(
        body=lambda t: {"reason": _REASON, "subject": {"contactId": t["contact"]}},
        references=(
            *_about({"reason": _REASON}),
            Reference(
                body=lambda theirs, _: {
                    "reason": _REASON,
                    "record": {"entity": "contact", "id": theirs["contact"]},
                },
                harmless=True,
            ),
        ),
    ),
    "listLegalHolds": Recipe(),
    "endLegalHold": Recipe(),
    "getRetention": Recipe(),
    "setRetention": Recipe(body=lambda _: {"businessYears": 9}),
}
