"""What a device asks of the sync service, as its tests say it in one word."""

from __future__ import annotations

from typing import Any

from callers import Person


def pull_all(who: Person, cursor: str | None = None, **asked: Any) -> tuple[dict[str, Any], str]:
    """Pull until there is no more; return the records by id, and the cursor."""
    held: dict[str, Any] = {}
    while True:
        answer = who.post("/v1/sync/pull", {"cursor": cursor, **asked})
        assert answer.status == 200, answer.text
        page = answer.body
        assert page["resetRequired"] is None
        for change in page["changes"]:
            if change["operation"] == "upsert":
                held[change["id"]] = change["record"]
            else:
                held.pop(change["id"], None)
        cursor = page["cursor"]
        if not page["more"]:
            assert cursor is not None
            return held, cursor


def push(
    who: Person, *mutations: dict[str, Any], client: str = "phone", sent: str | None = None
) -> list[Any]:
    now = who.clock.now().isoformat()
    answer = who.post(
        "/v1/sync/push", {"clientId": client, "sentAt": sent or now, "mutations": list(mutations)}
    )
    assert answer.status == 200, answer.text
    return answer.body["outcomes"]


def edit(who: Person, id: str, base: int | None, changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "mutationId": "m-1",
        "entity": "customer",
        "id": id,
        "operation": "update",
        "baseVersion": base,
        "changes": changes,
        "changedAt": who.clock.now().isoformat(),
        **more,
    }
