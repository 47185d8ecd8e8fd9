"""The store of a device: what the user sees and edits, through crashes and changes of version."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, InvalidToken

from zebros.offline import AlreadySyncingError, NotOnDeviceError, OfflineError, OfflineStore, StoreError
from zebros.offline.pulls import apply_page, begin_anew
from zebros.offline.schema import CURRENT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Any:
    with OfflineStore.open(folder, owner="aurora/ada") as made:
        yield made


def page(*changes: dict[str, Any], cursor: str = "c1", more: bool = False) -> dict[str, Any]:
    return {"changes": list(changes), "cursor": cursor, "more": more}


def record(id: str, version: int = 1, **values: Any) -> dict[str, Any]:
    document = {"customerId": id, "version": version, "companyName": id.upper(), **values}
    return {"entity": "customer", "id": id, "version": version, "operation": "upsert", "record": document}


def removal(id: str, version: int = 2) -> dict[str, Any]:
    return {"entity": "customer", "id": id, "version": version, "operation": "remove", "record": None}


def names(store: OfflineStore, **asked: Any) -> list[str]:
    return [found.name for found in store.customers.page(**asked)]


def test_a_page_and_its_cursor_are_kept_together_and_lists_are_in_order(store: OfflineStore) -> None:
    apply_page(store, page(record("b"), record("a"), record("ä", companyName="Ärzte")))
    assert names(store) == ["A", "B", "Ärzte"]
    assert (store.cursor, store.customers.count()) == ("c1", 3)
    first = store.customers.page(limit=1)
    assert [each.id for each in store.customers.page(limit=5, after=first[0])] == ["b", "ä"]
    assert names(store, search="rzt") == ["Ärzte"]
    apply_page(store, page(removal("a"), cursor="c2"))
    assert names(store) == ["B", "Ärzte"]


def test_what_the_user_did_is_seen_at_once_and_queued_in_its_order(store: OfflineStore) -> None:
    apply_page(store, page(record("a", tags=["x"], contactInfo={"phone": "1", "email": "e"})))
    store.customers.edit("a", {"industry": "medical", "tags": {"add": ["y"], "remove": ["x"]}})
    edited = store.customers.edit("a", {"contactInfo": {"phone": "2"}, "companyName": "Zeta"})
    assert (edited.values["industry"], edited.values["tags"]) == ("medical", ["y"])
    assert (edited.values["contactInfo"], edited.pending) == ({"phone": "2", "email": "e"}, 2)
    made = store.customers.create({"companyName": "Made here"})
    store.customers.edit(made.id, {"industry": "retail"})
    assert names(store) == ["Made here", "Zeta"]
    sent = [change.to_json() for change in store.queue.next(10)]
    assert [(each["operation"], each["baseVersion"]) for each in sent] == [
        ("update", 1),
        ("update", 1),
        ("create", None),
        ("update", 1),
    ]
    assert sent[1]["base"] == {"contactInfo": {"phone": "1", "email": "e"}, "companyName": "A"}
    store.customers.delete("a")
    with pytest.raises(NotOnDeviceError):
        store.customers.get("a")
    with pytest.raises(NotOnDeviceError):
        store.customers.edit("nosuch", {"industry": "x"})


def test_what_comes_from_the_server_never_hides_what_is_still_queued(store: OfflineStore) -> None:
    apply_page(store, page(record("a")))
    store.customers.edit("a", {"industry": "mine"})
    apply_page(store, page(record("a", 2, industry="theirs", tier="gold"), cursor="c2"))
    shown = store.customers.get("a")
    assert (shown.values["industry"], shown.values["tier"], shown.version) == ("mine", "gold", 2)
    (change,) = store.queue.next(10)
    store.queue.answered([{"mutationId": change.mutation_id, "outcome": "merged", "version": 3}])
    assert store.customers.get("a").values["industry"] == "mine", "acknowledged, and not yet come back"
    apply_page(store, page(record("a", 3, industry="final"), cursor="c3"))
    assert store.customers.get("a").values["industry"] == "final"
    assert store.queue.of_record("customer", "a") == []


def test_a_refused_change_is_the_users_to_decide(store: OfflineStore) -> None:
    apply_page(store, page(record("a")))
    store.customers.edit("a", {"companyName": "Refused"})
    made = store.customers.create({"companyName": ""})
    outcomes = [
        {"mutationId": change.mutation_id, "outcome": "rejected", "problem": {"detail": "no"}}
        for change in store.queue.next(10)
    ]
    store.queue.answered(outcomes)
    store.queue.answered(outcomes)
    assert names(store) == ["A"], "the server's record is shown again"
    first, second = store.queue.rejected()
    assert (first.problem, store.queue.count()) == ({"detail": "no"}, 0)
    store.queue.retry(first.mutation_id)
    assert names(store) == ["Refused"]
    assert store.queue.next(10)[0].mutation_id != first.mutation_id
    store.queue.give_up(second.mutation_id)
    with pytest.raises(NotOnDeviceError):
        store.customers.get(made.id)
    with pytest.raises(NotOnDeviceError):
        store.queue.give_up(second.mutation_id)


def test_a_new_generation_sweeps_what_the_server_shows_no_more_and_keeps_what_is_queued(
    store: OfflineStore,
) -> None:
    apply_page(store, page(record("a"), record("b"), record("c")))
    store.customers.edit("b", {"industry": "mine"})
    begin_anew(store)
    assert store.cursor is None
    apply_page(store, page(record("a", 2), cursor="f1", more=True))
    assert len(names(store)) == 3, "nothing goes before the new generation is whole"
    apply_page(store, page(cursor="d1"))
    assert names(store) == ["A"] or store.customers.count() == 2
    assert [change.id for change in store.queue.next(10)] == ["b"]
    with pytest.raises(NotOnDeviceError):
        store.customers.get("c")


def test_a_process_that_dies_in_the_middle_of_a_page_leaves_the_one_before(folder: Path) -> None:
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        apply_page(store, page(record("a")))
        store.customers.edit("a", {"industry": "mine"})
    program = f"""
import os
from pathlib import Path
from zebros.offline import OfflineStore
from zebros.offline.pulls import apply_page

store = OfflineStore.open(Path({str(folder)!r}), owner="aurora/ada")
with store.transaction():
    apply_page(store, {page(record("b"), cursor="c2")!r})
    os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -9
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        assert (names(store), store.cursor, store.queue.count()) == (["A"], "c1", 1)


def test_one_process_at_a_time_syncs(folder: Path, store: OfflineStore) -> None:
    with (
        store.syncing(),
        OfflineStore.open(folder, owner="aurora/ada") as second,
        pytest.raises(AlreadySyncingError),
        second.syncing(),
    ):
        raise AssertionError
    with OfflineStore.open(folder, owner="aurora/ada") as second, second.syncing():
        store.customers.create({"companyName": "Edits go on meanwhile"})
        assert names(second) == ["Edits go on meanwhile"]


def test_another_persons_store_a_damaged_one_and_a_newer_one_are_refused(folder: Path) -> None:
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        store.customers.create({"companyName": "Hers"})
    with pytest.raises(StoreError, match="aurora/ada's"):
        OfflineStore.open(folder, owner="borealis/bo")
    connection = sqlite3.connect(folder / "records.sqlite")
    connection.execute(f"PRAGMA user_version = {CURRENT + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        OfflineStore.open(folder, owner="aurora/ada")
    for name in ("records.sqlite-wal", "records.sqlite-shm"):
        (folder / name).unlink(missing_ok=True)
    (folder / "records.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="damaged"):
        OfflineStore.open(folder, owner="aurora/ada")


def test_a_wiped_store_has_nothing_left_on_the_disk_and_is_another_client(
    folder: Path, tmp_path: Path
) -> None:
    secret = "A very secret name of somebody"
    file = tmp_path / "contract.txt"
    file.write_text(secret)
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        apply_page(store, page(record("a", companyName=secret)))
        store.customers.edit("a", {"industry": secret})
        store.uploads.add("a", file, content_type="text/plain")
        client = store.client_id
        store.wipe()
        assert (names(store), store.cursor, store.queue.count(), store.uploads.all()) == ([], None, 0, [])
        assert store.client_id not in {"", client}
    found = [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert found == []


class FernetCipher:
    """A cipher of a well-known library, as a platform would bring its own."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def encrypt(self, plain: bytes) -> bytes:
        return self._fernet.encrypt(plain)

    def decrypt(self, sealed: bytes) -> bytes:
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise ValueError from error


def test_an_encrypted_store_shows_nothing_without_its_key(folder: Path) -> None:
    key = Fernet.generate_key()
    with OfflineStore.open(folder, owner="aurora/ada", cipher=FernetCipher(key)) as store:
        apply_page(store, page(record("b", companyName="Secret One"), record("a", companyName="Secret Two")))
        store.customers.edit("a", {"industry": "secret trade"})
        assert names(store) == ["Secret Two", "Secret One"], "in the order of ids"
        assert names(store, search="one") == ["Secret One"]
        assert store.customers.get("a").values["industry"] == "secret trade"
    for path in folder.rglob("*"):
        if path.is_file():
            assert b"ecret" not in path.read_bytes()
    for cipher in (None, FernetCipher(Fernet.generate_key())):
        with pytest.raises(StoreError):
            OfflineStore.open(folder, owner="aurora/ada", cipher=cipher)
    with OfflineStore.open(folder, owner="aurora/ada", cipher=FernetCipher(key)) as store:
        assert store.customers.count() == 2


def test_many_records_are_listed_page_by_page(store: OfflineStore) -> None:
    apply_page(store, page(*[record(f"c{number:04}") for number in range(1000)]))
    seen = [found.id for found in store.customers.all()]
    assert seen == [f"c{number:04}" for number in range(1000)]
    assert len(store.customers.page(limit=50)) == 50


def test_a_store_that_is_busy_is_not_called_damaged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        store.customers.create({"companyName": "Not sent yet"})
    monkeypatch.setattr("zebros.offline.store._BUSY_SECONDS", 0.05)
    busy = sqlite3.connect(folder / "records.sqlite", isolation_level=None)
    busy.execute("PRAGMA locking_mode = EXCLUSIVE")
    busy.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="cannot be opened now") as raised:
        OfflineStore.open(folder, owner="aurora/ada")
    assert "remove" not in str(raised.value)
    busy.close()
    with OfflineStore.open(folder, owner="aurora/ada") as store:
        assert store.queue.count() == 1


def test_what_could_not_be_committed_is_rolled_back_and_takes_nothing_later_with_it(
    folder: Path, store: OfflineStore
) -> None:
    store.connection.execute("PRAGMA foreign_keys = ON")
    store.connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    store.connection.execute(
        "CREATE TABLE children (id INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        connection.execute("INSERT INTO children VALUES (1)")  # refused by the commit, not before
    store.customers.create({"companyName": "Kept"})
    with OfflineStore.open(folder, owner="aurora/ada") as second:
        assert names(second) == ["Kept"]


def test_an_id_that_is_here_is_not_created_again(store: OfflineStore) -> None:
    apply_page(store, page(record("a")))
    with pytest.raises(OfflineError, match="already"):
        store.customers.create({"companyName": "Twice"}, id="a")
    assert (names(store), store.queue.count()) == (["A"], 0)
