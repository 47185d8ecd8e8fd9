"""`zebros customers import` from the outside."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted_world import World, problem

PATH = "/v1/customers:batch"
MAP = "account=companyName,sector=industry"


class Store:
    """Upserts by external id as the service does them."""

    def __init__(self, refuse: dict[str, str] | None = None) -> None:
        self.records: dict[str, Any] = {}
        self.refuse = refuse or {}
        self.fields: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/fields":
            return httpx.Response(200, json={"items": self.fields, "nextCursor": None})
        assert request.url.path == PATH
        operations = json.loads(request.content)["operations"]
        return httpx.Response(
            200, json={"outcomes": [self._one(at, each) for at, each in enumerate(operations)]}
        )

    def _one(self, index: int, operation: dict[str, Any]) -> dict[str, Any]:
        assert operation["operation"] == "upsert"
        key, data = operation["externalId"], operation["data"]
        reason = self.refuse.get(data["companyName"])
        if reason is not None:
            return {"index": index, "outcome": "rejected", "problem": {"detail": reason}}
        known = self.records.get(key)
        self.records[key] = data
        outcome = "created" if known is None else "unchanged" if known == data else "updated"
        return {"index": index, "outcome": outcome, "id": key}


@pytest.fixture
def store(world: World) -> Store:
    made = Store()
    world.respond = made
    return made


def write(world: World, text: str | bytes, name: str = "accounts.csv") -> str:
    path = world.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_second_import_changes_nothing_and_a_changed_row_is_updated(world: World, store: Store) -> None:
    rows = [f"Company {at},sector {at % 3}" for at in range(250)]
    file = write(world, "\n".join(["account,sector", *rows]))
    assert world.run("customers", "import", file, "--map", MAP).stdout == (
        "250 created, 0 updated, 0 unchanged, 0 rejected\n"
    )
    assert world.run("customers", "import", file, "--map", MAP).stdout == (
        "0 created, 0 updated, 250 unchanged, 0 rejected\n"
    )
    file = write(world, "\n".join(["account,sector", "COMPANY  0,other", *rows[1:]]))
    assert world.run("customers", "import", file, "--map", MAP).stdout.startswith("0 created, 1 updated, 249")
    assert [len(body["operations"]) for body in world.sent(PATH)[:3]] == [100, 100, 50]


def test_rejected_rows_are_written_with_their_reason_and_can_be_imported_again(
    world: World, store: Store
) -> None:
    store.refuse = {"Bad": "tier: at most 60 characters"}
    file = write(world, 'account,sector\nGood,x\nBad,"y, z"\n,empty\nGood,again\nToo,many,cells\n')
    result = world.run("customers", "import", file, "--map", MAP)
    assert result.exit_code == 1
    assert result.stdout == "1 created, 0 updated, 0 unchanged, 4 rejected\n"
    errors = world.folder / "accounts.errors.csv"
    assert str(errors) in result.stderr
    listed = {row["import_line"]: row for row in rejected(errors)}
    assert set(listed) == {"3", "4", "5", "6"}
    assert listed["3"]["sector"] == "y, z"
    assert listed["3"]["import_reason"] == "tier: at most 60 characters"
    assert listed["4"]["import_reason"] == "the company's name is empty"
    assert listed["5"]["import_reason"] == "the same customer as line 2 of this file"
    assert listed["6"]["import_reason"] == "the row has 3 columns, the header has 2"
    assert listed["6"][None] == ["cells"]  # type: ignore[index]

    store.refuse = {}
    again = write(world, errors.read_text().splitlines()[0] + "\n" + 'Bad,"y, z",3,fixed\n', "fixed.csv")
    assert world.run("customers", "import", again, "--map", MAP).stdout.startswith("1 created")


def test_rejects_of_a_file_of_rejects_carry_one_reason_only(world: World, store: Store) -> None:
    store.refuse = {"Bad": "still wrong"}
    file = write(world, "account,sector,import_line,import_reason\nBad,x,3,was wrong\n")
    world.run("customers", "import", file, "--map", MAP, "--errors", str(world.folder / "out.csv"))
    text = (world.folder / "out.csv").read_text()
    assert text.splitlines() == ["account,sector,import_line,import_reason", "Bad,x,2,still wrong"]


def test_no_file_of_rejects_appears_without_rejects(world: World, store: Store) -> None:
    world.run("customers", "import", write(world, "account\nAcme\n"), "--map", "account=companyName")
    assert not list(world.folder.glob("*.errors.csv"))


def test_bytes_that_are_not_utf_8_come_back_as_they_were(world: World, store: Store) -> None:
    file = write(world, b"account,sector\nM\xfcller,x\nAcme,y\n")
    result = world.run("customers", "import", file, "--map", MAP)
    assert result.stdout == "1 created, 0 updated, 0 unchanged, 1 rejected\n"
    assert b"M\xfcller,x" in (world.folder / "accounts.errors.csv").read_bytes()


def test_a_huge_field_is_rejected_and_the_rest_goes_in(world: World, store: Store) -> None:
    file = write(world, "account,sector\nAcme," + "x" * 2_000_000 + "\nGlobex,y\n")
    result = world.run("customers", "import", file, "--map", MAP)
    assert result.stdout == "1 created, 0 updated, 0 unchanged, 1 rejected\n"
    assert "longer than 900,000 characters" in result.stderr


def test_rows_before_a_quote_never_closed_are_in_and_the_line_is_named(world: World, store: Store) -> None:
    file = write(world, 'account,sector\nAcme,x\n"Globex,y\nHooli,z\n')
    result = world.run("customers", "import", file, "--map", MAP)
    assert result.exit_code == 1
    assert result.stdout.startswith("1 created")
    assert "Stopped: line 3" in result.stderr


def test_a_dry_run_sends_nothing_and_writes_nothing(world: World) -> None:
    file = write(world, "account,sector\nAcme,x\n,y\n")
    result = world.run("customers", "import", file, "--map", MAP, "--dry-run")
    assert result.stdout == "1 rows can be sent, 1 rejected; nothing was sent\n"
    assert result.exit_code == 1
    assert [path.name for path in world.folder.iterdir()] == ["accounts.csv"]


def test_an_external_id_column_is_used_and_may_not_be_empty(world: World, store: Store) -> None:
    file = write(world, "account,nr\nAcme,7\nGlobex,\n")
    options = ("--map", "account=companyName", "--external-id-column", "nr")
    result = world.run("customers", "import", file, *options)
    assert list(store.records) == ["7"]
    assert "line 3: the external id is empty" in result.stderr


def test_columns_named_as_fields_need_no_map(world: World, store: Store) -> None:
    world.run(
        "customers",
        "import",
        write(world, "Company Name,postal_code,Email,ignored\nAcme,1010,a@b.example,x\n"),
    )
    (record,) = store.records.values()
    assert record == {
        "companyName": "Acme",
        "contactInfo": {"address": {"postalCode": "1010"}, "email": "a@b.example"},
    }


def test_custom_fields_are_sent_as_their_types(world: World, store: Store) -> None:
    store.fields = [
        {"fieldId": "f1", "entity": "customer", "name": "revenue", "type": "number"},
        {"fieldId": "f2", "entity": "customer", "name": "listed", "type": "boolean"},
        {"fieldId": "f3", "entity": "customer", "name": "since", "type": "date"},
    ]
    file = write(
        world, "account,r,l,s\nAcme,1100.04,yes,2017-03-01\nGlobex,much,no,\nHooli,1,no,01.03.2017\n"
    )
    options = ("--map", "account=companyName,r=custom.revenue,l=custom.listed,s=custom.since")
    result = world.run("customers", "import", file, *options)
    (record,) = store.records.values()
    assert record["custom"] == {"revenue": 1100.04, "listed": True, "since": "2017-03-01"}
    assert "line 3: custom.revenue: 'much' is not a number" in result.stderr
    assert "line 4: custom.since: '01.03.2017' is not a date like 2026-11-20" in result.stderr


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("account\nA\n", ["--map", "acount=companyName"], "did you mean 'account'"),
        ("account\nA\n", ["--map", "account=compnyName"], "did you mean companyName"),
        ("account\nA\n", ["--map", "account"], "is not COLUMN=FIELD"),
        ("account\nA\n", [], "--map account=companyName"),
        ("a,a\nA,B\n", ["--map", "a=companyName"], "2 columns called 'a'"),
        ("a,b\nA,B\n", ["--map", "a=companyName,b=companyName"], "two columns are mapped to companyName"),
        ("a\nA\n", ["--map", "a=companyName", "--delimiter", ";;"], "one character"),
    ],
)
def test_a_map_that_does_not_fit_is_a_usage_error_that_says_what_would(
    world: World, store: Store, content: str, options: list[str], message: str
) -> None:
    result = world.run("customers", "import", write(world, content), *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert world.sent(PATH) == []


def test_an_unknown_custom_field_says_how_to_make_it(world: World, store: Store) -> None:
    result = world.run(
        "customers", "import", write(world, "a,b\nA,1\n"), "--map", "a=companyName,b=custom.size"
    )
    assert result.exit_code == 2
    assert "zebros fields create customer size" in " ".join(result.stderr.replace("│", " ").split())


def test_an_empty_file_is_invalid_and_a_bare_header_is_nothing_to_do(world: World, store: Store) -> None:
    empty = world.run("customers", "import", write(world, ""), "--map", MAP)
    assert (empty.exit_code, empty.stdout) == (7, "")
    assert "the file is empty" in empty.stderr
    bare = world.run("customers", "import", write(world, "account,sector\n"), "--map", MAP)
    assert (bare.exit_code, bare.stdout) == (0, "0 created, 0 updated, 0 unchanged, 0 rejected\n")


def test_a_missing_file_is_a_usage_error(world: World) -> None:
    result = world.run("customers", "import", "nowhere.csv", "--map", MAP)
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_the_file_of_rejects_cannot_be_the_file_itself(world: World, store: Store) -> None:
    file = write(world, "account,sector\nA,b\n")
    assert world.run("customers", "import", file, "--map", MAP, "--errors", file).exit_code == 2
    assert Path(file).read_text() == "account,sector\nA,b\n"


def test_standard_input_is_read_with_a_dash(world: World, store: Store) -> None:
    result = world.run("customers", "import", "-", "--map", MAP, stdin="account;sector\nAcme;x\n")
    assert result.stdout.startswith("1 created")


def test_an_outage_half_way_says_how_to_go_on(world: World, store: Store) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return store(request) if len(world.sent(PATH)) == 1 else problem(503, "unavailable", detail="later")

    world.respond = respond
    file = write(world, "account\n" + "\n".join(f"Company {at}" for at in range(150)))
    result = world.run("customers", "import", file, "--map", "account=companyName")
    assert result.exit_code == 6
    assert "100 created" in result.stderr
    assert "run the same command again" in result.stderr.lower()


def test_json_gives_the_counts(world: World, store: Store) -> None:
    store.refuse = {"Bad": "no"}
    file = write(world, "account,sector\nAcme,x\nBad,y\n")
    result = world.run("customers", "import", file, "--map", MAP, "--json")
    assert json.loads(result.stdout) == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "errorsFile": str(world.folder / "accounts.errors.csv"),
        "stopped": None,
    }
    assert result.exit_code == 1


def test_a_real_companys_accounts_are_all_imported_once(world: World, store: Store) -> None:
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "crm-sales-opportunities"
    if not (folder / "accounts.csv").exists():
        pytest.skip("the optional data folder ../shared/data is missing")
    command = ("customers", "import", str(folder / "accounts.csv"), "--map", MAP)
    assert world.run(*command).stdout == "85 created, 0 updated, 0 unchanged, 0 rejected\n"
    assert world.run(*command).stdout == "0 created, 0 updated, 85 unchanged, 0 rejected\n"
