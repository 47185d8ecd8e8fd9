"""The story of the README: sign in, import a company's customers twice, search, and look from another company."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from command_line import Terminal
from deployed_stack import Deployment, Member, eventually

pytestmark = pytest.mark.e2e

COUNTS = re.compile(r"(\d+) created, (\d+) updated, (\d+) unchanged, (\d+) rejected")
FILES = {
    "sample": "local/demo/accounts.csv",
    "a real company": "../shared/data/crm-sales-opportunities/accounts.csv",
}


def names_in(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as rows:
        return [row["account"] for row in csv.DictReader(rows)]


def counted(printed: str) -> tuple[int, ...]:
    found = COUNTS.search(printed)
    assert found is not None, printed
    return tuple(int(number) for number in found.groups())


@pytest.fixture(scope="module")
def signed_in(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal at which both demo companies' admins have signed in, borealis last."""
    terminal = Terminal(deployment, tmp_path_factory.mktemp("config"))
    assert "Signed in to aurora as ada.admin@aurora.example" in terminal.sign_in("aurora")
    assert "Signed in to borealis as bo.admin@borealis.example" in terminal.sign_in("borealis")
    return terminal


@pytest.mark.parametrize("file", FILES)
def test_customers_are_imported_once_found_by_name_and_seen_by_nobody_else(
    signed_in: Terminal, checkout: Path, file: str
) -> None:
    accounts = (checkout / FILES[file]).resolve()
    if not accounts.is_file():
        pytest.skip(f"the optional data folder is not here: {FILES[file]}")
    names = names_in(accounts)
    aurora = ("--profile", "aurora")
    mapping = ("--map", "account=companyName,sector=industry")
    command = ("customers", "import", str(accounts), *mapping, *aurora)

    first = counted(signed_in.succeed(*command))
    if first == (0, 0, len(names), 0):
        pytest.skip("this stack's aurora has these customers already; `make test-e2e` starts an empty one")
    assert first == (len(names), 0, 0, 0)
    assert counted(signed_in.succeed(*command)) == (0, 0, len(names), 0)
    acme = {name for name in names if name.startswith("Acme")}
    assert acme
    eventually(lambda: acme <= shown(signed_in, "search", "acme", *aurora), seconds=10)
    assert set(names) <= shown(signed_in, "list", "--all", *aurora)

    assert "borealis" in signed_in.succeed("whoami")
    assert not shown(signed_in, "search", "acme") & acme
    assert not shown(signed_in, "list", "--all") & set(names)


def shown(terminal: Terminal, *arguments: str) -> set[str]:
    """Return the names of the customers that a command shows."""
    printed = terminal.succeed("customers", *arguments, "--json")
    return {record["companyName"] for record in json.loads(printed)}


def test_a_program_with_a_token_needs_no_sign_in_and_gets_exit_codes(
    deployment: Deployment, home: Member, stranger: Member, terminal: Terminal
) -> None:
    terminal = Terminal(deployment, terminal.config, {"ZEBROS_TOKEN": home.token})
    made = json.loads(terminal.succeed("customers", "create", "Avocet Labs", "--tier", "gold", "--json"))
    id = made["customerId"]
    assert json.loads(terminal.succeed("customers", "get", id, "--json"))["tier"] == "gold"
    assert terminal.run("customers", "create", "AVOCET LABS").returncode == 5
    assert terminal.run("customers", "get", "01JC8Z4T5V6W7X8Y9ZABCDEFGH").returncode == 4

    others = Terminal(deployment, terminal.config, {"ZEBROS_TOKEN": stranger.token})
    assert others.run("customers", "get", id).returncode == 4
    nobody = Terminal(deployment, terminal.config, {"ZEBROS_TOKEN": "not a token"})
    assert nobody.run("customers", "list").returncode == 3
    terminal.succeed("customers", "delete", id)
    terminal.succeed("customers", "restore", id)


def test_rejected_rows_come_back_in_a_file_that_can_be_corrected(
    deployment: Deployment, home: Member, terminal: Terminal, tmp_path: Path
) -> None:
    terminal = Terminal(deployment, terminal.config, {"ZEBROS_TOKEN": home.token})
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("companyName,email\nBittern Boats,sales@bittern.example\nHeron Hats,not an address\n")
    done = terminal.run("customers", "import", str(accounts))
    assert (done.returncode, counted(done.stdout)) == (1, (1, 0, 0, 1))
    errors = tmp_path / "accounts.errors.csv"
    errors.write_text(errors.read_text().replace("not an address", "hats@heron.example"))
    assert counted(terminal.succeed("customers", "import", str(errors))) == (1, 0, 0, 0)
