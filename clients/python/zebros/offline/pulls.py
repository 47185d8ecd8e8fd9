"""Pages of a pull, into the store: each together with its cursor, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zebros.offline.store import OfflineStore

__all__ = ["apply_page", "begin_anew"]


def apply_page(store: OfflineStore, page: Mapping[str, Any]) -> int:
    """Keep a page and its cursor; return how many records it changed. A page that comes twice changes nothing.

    When it is the last one of a full sync, what is left of former generations is removed: the server has it no more, or
    does not show it to this user any more.
    """
    with store.transaction() as connection:
        generation = int(store.meta("generation") or 1)
        for change in page["changes"]:
            entity, id, version = change["entity"], change["id"], int(change["version"])
            if change["operation"] == "upsert":
                connection.execute(
                    "INSERT INTO records (entity, id, version, generation, document) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT (entity, id) DO UPDATE SET version = excluded.version,"
                    " generation = excluded.generation, document = excluded.document",
                    (entity, id, version, generation, store.sealer.seal(change["record"])),
                )
                store.queue.settled(entity, id, version)
            else:
                _remove(store, entity, id)
            store.records(entity).refresh(id)
        store.set_meta("cursor", page["cursor"])
        if not page["more"]:
            _sweep(store, generation)
    return len(page["changes"])


def begin_anew(store: OfflineStore) -> None:
    """Start a full sync into a new generation; what is queued stays, and what is held stays until the sync is whole."""
    with store.transaction():
        store.set_meta("cursor", None)
        store.set_meta("generation", str(int(store.meta("generation") or 1) + 1))


def _remove(store: OfflineStore, entity: str, id: str) -> None:
    """Forget the server's record; what is queued for it stays and is sent."""
    store.queue.settled(entity, id, None)
    store.connection.execute(
        "UPDATE records SET document = NULL, version = 0 WHERE entity = ? AND id = ?", (entity, id)
    )


def _sweep(store: OfflineStore, generation: int) -> None:
    rows = store.connection.execute(
        "SELECT entity, id FROM records WHERE generation < ?", (generation,)
    ).fetchall()
    for entity, id in rows:
        _remove(store, entity, id)
        store.records(entity).refresh(id)
    store.connection.execute(
        "UPDATE records SET generation = ? WHERE generation < ?", (generation, generation)
    )
