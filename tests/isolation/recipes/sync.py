"""How the operations of the sync service are called."""

from __future__ import annotations

from typing import Any

from estate import Things
from things.sync import pushed

from recipes.recipe import Recipe, Reference
from zebros_core.clock import SystemClock
from zebros_core.ids import new_id

THINGS = {"conflictId": "conflict"}
_MUTATION: dict[str, Any] = {"mutationId": "m-1", "entity": "customer"}


def _edit(thing: str, *, harmless: bool = False, **changes: Any) -> Reference:
    """Return the push of an edit of another's record: it is refused as one of a record that never was.

    `harmless` where the tenant decides conflicts itself: an edit of what is not there then waits for that.
    """

    def body(theirs: Things, _: Things) -> Any:
        edit = {**_MUTATION, "entity": thing, "operation": "update", "baseVersion": 1, "changes": changes}
        return pushed({**edit, "mutationId": new_id(SystemClock()), "id": theirs[thing]})

    return Reference(body=body, harmless=harmless)


def _naming(entity: str, name: str, thing: str, **changes: Any) -> Reference:
    """Return the push of a new record that names another's."""

    def body(theirs: Things, _: Things) -> Any:
        made = {
            **_MUTATION,
            "entity": entity,
            "operation": "create",
            "changes": {**changes, name: theirs[thing]},
        }
        return pushed({**made, "mutationId": new_id(SystemClock()), "id": new_id(SystemClock())})

    return Reference(body=body)


def _deletion(theirs: Things, _: Things) -> Any:
    """Push the deletion of another's record: what one cannot see is not there, and its deletion is done."""
    gone = {**_MUTATION, "operation": "delete", "baseVersion": 1, "id": theirs["customer"]}
    return pushed({**gone, "mutationId": new_id(SystemClock())})


def _cursor(thing: str) -> tuple[Reference, ...]:
    return (Reference(body=lambda theirs, _: {"cursor": theirs[thing]}),)


RECIPES: dict[str, Recipe] = {
    "pullChanges": Recipe(body=lambda _: {}, references=_cursor("pull_cursor")),
    "pushChanges": Recipe(
        body=lambda t: pushed(
            {
                **_MUTATION,
                "id": t["customer"],
                "operation": "update",
                "baseVersion": 1,
                "changes": {"tier": "gold"},
            }
        ),
        references=(
            _edit("customer", tier="gold", harmless=True),
            _edit("contact", position="Chief"),
            _edit("opportunity", title="Another"),
            _edit("activity", subject="Another"),
            _naming("contact", "customerId", "customer", lastName="Doe"),
            _naming("opportunity", "customerId", "customer", title="A deal", stage="prospecting"),
            Reference(body=_deletion, harmless=True),
        ),
    ),
    "getSyncHead": Recipe(),
    "getSyncStatus": Recipe(),
    "getSyncSchema": Recipe(),
    "listConflicts": Recipe(),
    "getConflict": Recipe(),
    "resolveConflict": Recipe(body=lambda _: {"fields": {"industry": "server"}}),
    "verifyStates": Recipe(body=lambda _: {}, references=_cursor("verify_cursor")),
    "rebuildStates": Recipe(body=lambda _: {}, references=_cursor("rebuild_cursor")),
}
