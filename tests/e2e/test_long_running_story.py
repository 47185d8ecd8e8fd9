"""Work that takes longer than a request, by the command on a deployed stack: import, undo, export, erase, restore."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Terminal
from deployed_stack import Deployment
from every_store import places_of

pytestmark = pytest.mark.e2e

PEOPLE = [
    ("Jo", "Nowhere", "jo.nowhere@person.example", "Harbour Works"),
    ("Kim", "Elsewhere", "kim.elsewhere@person.example", "Harbour Works"),
    ("Lee", "Anywhere", "lee.anywhere@person.example", "Tidewater"),
]


_OF_KEEPING = frozenset({"version", "createdAt", "createdBy", "updatedAt", "updatedBy"})


@dataclass(frozen=True)
class Desk:
    """Somebody who administers a company, at a terminal, with files."""

    terminal: Terminal
    folder: Path

    def shown(self, *arguments: str) -> Any:
        return json.loads(self.terminal.succeed(*arguments, "--json"))

    def state(self) -> dict[str, Any]:
        """Return what the company has: all that people read of it, but when and by whom it was written."""
        kept: dict[str, Any] = {}
        for kind, id in (("customers", "customerId"), ("contacts", "contactId")):
            for record in self.shown(kind, "list", "--all"):
                fields = {name: value for name, value in record.items() if name not in _OF_KEEPING}
                kept[record[id]] = fields
        return kept

    def file(self, name: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out, delimiter=";").writerows([header, *rows])
        return str(path)


@pytest.fixture(scope="module")
def desk(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("files")
    member = deployment.member(deployment.register("pool"))
    yield Desk(Terminal(deployment, folder / "config", {"ZEBROS_TOKEN": member.token}), folder)


@pytest.fixture(scope="module")
def furnished(desk: Desk) -> Desk:
    """The company has two customers, and three people at them."""
    customers = desk.file(
        "customers.csv", ("Company", "Sector"), [("Harbour Works", "marine"), ("Tidewater", "labs")]
    )
    desk.terminal.succeed("customers", "import", customers)
    people = desk.file("people.csv", ("First name", "Surname", "E-Mail", "Firm"), PEOPLE)
    desk.terminal.succeed(
        "contacts",
        "import",
        people,
        "--map",
        "First name=firstName,Surname=lastName,E-Mail=email,Firm=customer",
    )
    return desk


def test_a_thousand_rows_are_in_within_ten_seconds_of_start_give_or_take_the_machine(desk: Desk) -> None:
    rows = [(f"Company {number:04}", f"x-{number}") for number in range(1000)]
    source = desk.file("thousand.csv", ("name", "number"), rows)
    job = desk.shown("customers", "import", source, "--map", "name=companyName,number=externalId")
    assert (job["state"], job["result"]["created"]) == ("succeeded", 1000)
    undone = desk.shown("imports", "undo", job["jobId"])
    assert (undone["state"], undone["result"]["removed"], undone["result"]["kept"]) == ("succeeded", 1000, 0)


def test_an_import_that_is_taken_back_leaves_the_company_as_it_was(furnished: Desk) -> None:
    before = furnished.state()
    changed = furnished.file(
        "changed.csv", ("Company", "Sector"), [("Harbour Works", "ports"), ("New Firm", "new")]
    )
    job = furnished.shown("customers", "import", changed, "--map", "Company=companyName,Sector=industry")
    assert (job["result"]["created"], job["result"]["updated"]) == (1, 1)
    assert furnished.state() != before
    undone = furnished.shown("imports", "undo", job["jobId"])
    assert (undone["result"]["removed"], undone["result"]["restored"]) == (1, 1)
    assert furnished.state() == before


def test_what_is_exported_can_be_imported_again_and_changes_nothing(furnished: Desk) -> None:
    target = furnished.folder / "out.csv"
    wanted = "companyName,industry"
    told = furnished.shown("export", "customer", "--to", str(target), "--fields", wanted)
    assert told["state"] == "succeeded"
    with target.open(newline="", encoding="utf-8-sig") as rows:
        names = {row["companyName"] for row in csv.DictReader(rows)}
    assert {"Harbour Works", "Tidewater"} <= names
    again = furnished.shown("customers", "import", str(target))
    assert (again["result"]["created"], again["result"]["updated"]) == (0, 0)


def test_a_person_takes_their_data_and_is_erased_from_every_store(
    furnished: Desk, deployment: Deployment
) -> None:
    first, last, address, _ = PEOPLE[0]
    archive = furnished.folder / "archive"
    furnished.terminal.succeed("privacy", "export", "--email", address, "--to", str(archive))
    assert any(path.suffix == ".zip" for path in archive.iterdir())
    backup = furnished.shown("backups", "create")
    assert backup["state"] == "succeeded"
    erased = furnished.shown("privacy", "erase", "--email", address, "--yes", "--to", str(archive))
    assert erased["state"] == "succeeded", erased
    certificate = furnished.shown("privacy", "certificate", erased["jobId"])
    assert certificate["signed"]
    assert places_of(deployment, [address]) == []
    restored = furnished.shown("backups", "restore", backup["jobId"], "--yes")
    assert restored["state"] == "succeeded"
    deployment.settle(*deployment.queues())
    assert places_of(deployment, [address, f"{first} {last}"]) == []


def test_a_wrong_file_is_told_at_once_and_changes_nothing(furnished: Desk) -> None:
    before = furnished.state()
    picture = furnished.folder / "picture.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10)
    refused = furnished.terminal.run("customers", "import", str(picture))
    assert refused.returncode == 7
    assert furnished.state() == before
