"""`zebros opportunities|products|leads|users import`: names that are looked up, values that are translated."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted_world import World, problem

CUSTOMERS = [
    {"customerId": "c1", "companyName": "Marsh Mills"},
    {"customerId": "c2", "companyName": "Twin"},
    {"customerId": "c3", "companyName": "TWIN"},
]
PEOPLE = [
    {"userId": "u1", "name": "Nora North", "email": "nora@a.example", "teamId": "north"},
    {"userId": "u2", "name": "Sam South", "email": "sam@a.example", "teamId": None},
]
PRODUCTS = [{"productId": "p1", "name": "Cargo bike"}, {"productId": "p2", "name": "Service"}]
STAGES = [
    {"key": "talks", "name": "In talks", "kind": "open", "probability": 20},
    {"key": "won", "name": "Won", "kind": "won", "probability": 100},
    {"key": "lost", "name": "Lost", "kind": "lost", "probability": 0},
]
HEADER = "nr,agent,product,account,stage,began,closed,value"
MAP = (
    "--map",
    "nr=externalId,agent=owner,product=product,account=customer,stage=stage,"
    "began=engageDate,closed=closeDate,value=value",
)


class Crm:
    """Reads and upserts as the services do."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}
        self.people = list(PEOPLE)
        self.teams = [{"teamId": "north", "name": "Sales north"}]
        self.reads: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        if method == "GET":
            self.reads.append(path)
        match method, path:
            case "GET", "/v1/customers":
                return listed(CUSTOMERS)
            case "GET", "/v1/users":
                return listed(self.people)
            case "GET", "/v1/products":
                return listed(PRODUCTS)
            case "GET", "/v1/teams":
                return listed(self.teams)
            case "GET", "/v1/pipeline/stages":
                return httpx.Response(200, json={"stages": STAGES, "version": 1})
            case "POST", "/v1/teams":
                self.teams.append(json.loads(request.content))
                return httpx.Response(201, json=self.teams[-1])
            case "POST", "/v1/users":
                return self._invite(json.loads(request.content))
            case _:
                assert path.endswith(":batch"), path
                operations = json.loads(request.content)["operations"]
                outcomes = [self._one(at, each) for at, each in enumerate(operations)]
                return httpx.Response(200, json={"outcomes": outcomes})

    def _one(self, index: int, operation: dict[str, Any]) -> dict[str, Any]:
        key, data = operation["externalId"], operation["data"]
        known = self.records.get(key)
        self.records[key] = data
        outcome = "created" if known is None else "unchanged" if known == data else "updated"
        return {"index": index, "outcome": outcome, "id": key}

    def _invite(self, body: dict[str, Any]) -> httpx.Response:
        if body["email"].startswith("taken"):
            return problem(409, "duplicate", detail="somebody has this address")
        self.people.append({"userId": f"u{len(self.people) + 1}", **body})
        return httpx.Response(201, json=self.people[-1])


def listed(items: list[Any]) -> httpx.Response:
    return httpx.Response(200, json={"items": items, "nextCursor": None})


@pytest.fixture
def crm(world: World) -> Crm:
    made = Crm()
    world.respond = made
    return made


def write(world: World, *lines: str, name: str = "deals.csv") -> str:
    path = world.folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def reasons(world: World, name: str = "deals.errors.csv") -> dict[str, str]:
    with (world.folder / name).open(newline="", encoding="utf-8") as file:
        return {row["import_line"]: row["import_reason"] for row in csv.DictReader(file)}


def test_names_become_ids_and_what_follows_from_them(world: World, crm: Crm) -> None:
    file = write(
        world,
        HEADER,
        "1,Nora North,CargoBike,MARSH mills,Won,2026-10-01,2026-11-02,4700.50",
        "2,sam@a.example,Service,,in talks,,,",
        "3,u1,,Marsh Mills,talks,2026-10-01,,0",
    )
    result = world.run("opportunities", "import", file, *MAP, "--value", "product:CargoBike=Cargo bike")
    assert result.stdout == "3 created, 0 updated, 0 unchanged, 0 rejected\n"
    assert crm.records == {
        "1": {
            "ownerId": "u1",
            "teamId": "north",
            "customerId": "c1",
            "stage": "won",
            "engageDate": "2026-10-01",
            "closeDate": "2026-11-02",
            "value": 4700.5,
            "lines": [{"productId": "p1", "unitPrice": 4700.5}],
            "title": "Cargo bike for Marsh Mills",
        },
        "2": {"ownerId": "u2", "stage": "talks", "lines": [{"productId": "p2"}], "title": "Service"},
        "3": {
            "ownerId": "u1",
            "teamId": "north",
            "customerId": "c1",
            "stage": "talks",
            "engageDate": "2026-10-01",
            "value": 0,
            "title": "Marsh Mills",
        },
    }
    assert sorted(crm.reads) == ["/v1/customers", "/v1/pipeline/stages", "/v1/products", "/v1/users"]


def test_a_second_import_changes_nothing(world: World, crm: Crm) -> None:
    rows = [f"{at},Nora North,Service,Marsh Mills,talks,2026-10-01,,{at}" for at in range(1050)]
    file = write(world, HEADER, *rows)
    first = world.run("deals", "import", file, *MAP)
    assert first.stdout == "1050 created, 0 updated, 0 unchanged, 0 rejected\n"
    again = world.run("deals", "import", file, *MAP)
    assert again.stdout == "0 created, 0 updated, 1050 unchanged, 0 rejected\n"
    sizes = [len(body["operations"]) for body in world.sent("/v1/opportunities:batch")]
    assert sorted(sizes) == [50, 50, *[100] * 20]


def test_each_row_that_cannot_be_sent_says_why(world: World, crm: Crm) -> None:
    bad = {
        "Nora Nrth,Service,Marsh Mills,talks,,,1": "owner: nobody is called 'Nora Nrth'; did you mean 'Nora North'?",
        "Nora North,Servicing,Marsh Mills,talks,,,1": "product: no product is called 'Servicing'; did you mean"
        " 'Service'?",
        "Nora North,Service,Nowhere,talks,,,1": "customer: no customer is called 'Nowhere'",
        "Nora North,Service,Twin,talks,,,1": "customer: 2 customers are called 'Twin'; give the id instead",
        "Nora North,Service,Marsh Mills,maybe,,,1": "stage: no stage is called 'maybe'",
        'Nora North,Service,Marsh Mills,talks,,,"1,000"': "value: '1,000' is not an amount like 1234.50",
        "Nora North,Service,Marsh Mills,talks,,,1e3": "value: '1e3' is not an amount like 1234.50",
        "Nora North,Service,Marsh Mills,talks,,,1234567890123456": "value: '1234567890123456' has more than 15 digits",
        "Nora North,Service,Marsh Mills,talks,01.10.2026,,1": "engageDate: '01.10.2026' is not a date like 2026-11-20",
        "Nora North,Service,Marsh Mills,talks,2026-02-30,,1": "engageDate: '2026-02-30' is not a day of the calendar",
        "Nora North,Service,Marsh Mills,lost,,2026-11-01,1": "stage: a lost opportunity needs a reason; map a column to"
        " lossReason, or give one to all with --default 'lossReason=not recorded'",
        "Nora North,,,talks,,,1": "the title is empty, and neither product nor customer can stand for it",
    }
    file = write(
        world, HEADER, *(f"{at},{row}" for at, row in enumerate(bad)), "x,Nora North,Service,,won,,,1"
    )
    result = world.run("opportunities", "import", file, *MAP)
    assert result.exit_code == 1
    assert result.stdout == f"1 created, 0 updated, 0 unchanged, {len(bad)} rejected\n"
    assert list(reasons(world).values()) == list(bad.values())


def test_a_default_reason_is_for_lost_ones_only(world: World, crm: Crm) -> None:
    file = write(world, HEADER, "1,,Service,,lost,,2026-11-01,", "2,,Service,,won,,2026-11-01,")
    world.run(
        "deals", "import", file, *MAP, "--default", "lossReason=not recorded", "--default", "currency=USD"
    )
    assert [record.get("lossReason") for record in crm.records.values()] == ["not recorded", None]
    assert {record["currency"] for record in crm.records.values()} == {"USD"}


def test_a_title_of_its_own_stays(world: World, crm: Crm) -> None:
    file = write(world, "externalId,title,customer", "1,Bikes,Marsh Mills")
    assert world.run("deals", "import", file).exit_code == 0
    assert crm.records == {"1": {"title": "Bikes", "customerId": "c1"}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--map", "agent=owner"], "--map nr=externalId"),
        ([*MAP, "--value", "product"], "is not COLUMN:TEXT=OTHER"),
        ([*MAP, "--value", "prodct:A=B"], "did you mean 'product'"),
        (["--map", "nr=externalId,account=customer", "--value", "product:A=B"], "it is mapped to no field"),
        ([*MAP, "--default", "currency"], "is not FIELD=VALUE"),
        ([*MAP, "--default", "curency=USD"], "did you mean currency"),
        ([*MAP, "--default", "externalId=1"], "cannot be the same for all"),
        (["--map", "nr=externalId,account=customer,agent=customerId"], "two columns are mapped to customer"),
        (["--map", "nr=externalId,account=companyName"], "opportunities have no field 'companyName'"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors_that_say_what_would(
    world: World, crm: Crm, options: list[str], message: str
) -> None:
    file = write(world, HEADER, "1,,Service,,talks,,,")
    result = world.run("opportunities", "import", file, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert crm.records == {}


def test_a_dry_run_looks_names_up_and_sends_nothing(world: World, crm: Crm) -> None:
    file = write(world, HEADER, "1,Nora North,Service,,talks,,,", "2,Nobody,Service,,talks,,,")
    result = world.run("opportunities", "import", file, *MAP, "--dry-run")
    assert result.stdout == "1 rows can be sent, 1 rejected; nothing was sent\n"
    assert {request.method for request in world.requests} == {"GET"}
    assert not list(world.folder.glob("*.errors.csv"))


def test_an_error_of_a_whole_request_stops_with_what_is_in(world: World, crm: Crm) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(":batch") and b'"externalId":"100"' in request.content:
            return problem(503, "unavailable", detail="later")
        return crm(request)

    world.respond = respond
    file = write(world, HEADER, *(f"{at},,Service,,talks,,," for at in range(500)))
    result = world.run("opportunities", "import", file, *MAP)
    assert result.exit_code == 6
    assert "100 created" in result.stderr


def test_products_and_leads_are_told_apart_by_what_they_are_called(world: World, crm: Crm) -> None:
    file = write(world, "product,sales_price", "Cargo bike,4800", "CARGO  bike,1", name="products.csv")
    options = ("--map", "product=name,sales_price=unitPrice", "--default", "currency=EUR")
    assert world.run("products", "import", file, *options).stdout.startswith("1 created")
    assert reasons(world, "products.errors.csv") == {"3": "the same product as line 2 of this file"}
    (record,) = crm.records.values()
    assert record == {"name": "Cargo bike", "unitPrice": 4800, "currency": "EUR"}

    crm.records.clear()
    file = write(
        world,
        "lastName,firstName,companyName,email,score,doNotContact,owner",
        "Marsh,Mira,Marsh Mills,,80,yes,Nora North",
        "Marsh,Mira,Other,,,,",
        "Reed,,,reed@b.example,much,,",
        "Reed,,,reed@b.example,,,",
        name="leads.csv",
    )
    result = world.run("leads", "import", file, "--default", "source=fair")
    assert result.stdout == "3 created, 0 updated, 0 unchanged, 1 rejected\n"
    assert reasons(world, "leads.errors.csv") == {"4": "score: 'much' is not a whole number"}
    assert next(iter(crm.records.values())) == {
        "lastName": "Marsh",
        "firstName": "Mira",
        "companyName": "Marsh Mills",
        "score": 80,
        "doNotContact": True,
        "ownerId": "u1",
        "source": "fair",
        "teamId": "north",
    }


TEAM_FILE = (
    "agent,boss,office",
    "Ada Álvarez,Max Boss,Sales North",
    "Bo Berg,Max Boss,Far East",
    "Cy,Eve Boss,Far East",
)


def test_people_are_invited_with_teams_as_needed_and_only_once(world: World, crm: Crm) -> None:
    file = write(world, *TEAM_FILE)
    options = ("--map", "agent=name,office=team", "--email-domain", "a.example")
    result = world.run("users", "import", file, *options)
    assert result.stdout == "3 created, 0 updated, 0 unchanged, 0 rejected\n"
    assert "Made team far-east" in result.stderr
    invited = {person["email"]: person for person in crm.people[2:]}
    assert set(invited) == {"ada.alvarez@a.example", "bo.berg@a.example", "cy@a.example"}
    assert {person["teamId"] for person in invited.values()} == {"north", "far-east"}
    assert {person["role"] for person in invited.values()} == {"sales-rep"}
    assert [team["teamId"] for team in crm.teams] == ["north", "far-east"]
    assert world.run("users", "import", file, *options).stdout.startswith("0 created, 0 updated, 3 unchanged")


def test_a_manager_in_many_rows_is_invited_once(world: World, crm: Crm) -> None:
    file = write(world, *TEAM_FILE, "Di,Eve Boss,Far East", "Ed,Eve Boss,Sales North")
    options = ("--map", "boss=name,office=team", "--email-domain", "a.example", "--role", "sales-manager")
    result = world.run("users", "import", file, *options)
    assert result.stdout == "2 created, 0 updated, 1 unchanged, 2 rejected\n"
    assert set(reasons(world).values()) == {
        "the same user as line 2 of this file, told differently",
        "the same user as line 4 of this file, told differently",
    }
    assert [person["role"] for person in crm.people[2:]] == ["sales-manager"] * 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Nora,", "the e-mail address is empty; map a column to email, or give --email-domain"),
        (",n@b.example", "the person's name is empty"),
        ("Ted,taken@b.example", "somebody has this address"),
    ],
)
def test_a_person_who_cannot_be_invited_says_why(world: World, crm: Crm, row: str, reason: str) -> None:
    file = write(world, "name,email", row)
    assert world.run("users", "import", file).exit_code == 1
    assert list(reasons(world).values()) == [reason]


def test_a_name_of_another_alphabet_needs_an_address(world: World, crm: Crm) -> None:
    file = write(world, "name", "王小明")
    world.run("users", "import", file, "--email-domain", "a.example")
    assert "give one in a column" in next(iter(reasons(world).values()))


def test_whoever_may_not_invite_is_told_once(world: World, crm: Crm) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return problem(403, "forbidden", detail="no") if request.method == "POST" else crm(request)

    world.respond = respond
    result = world.run("users", "import", write(world, "name,email", "A,a@b.example"), "--role", "boss")
    assert result.exit_code == 2
    result = world.run("users", "import", write(world, "name,email", "A,a@b.example"))
    assert result.exit_code == 1
    assert "line 2: no" in result.stderr


def real(folder: str) -> Path:
    return Path(__file__).parents[3].parent / "shared" / "data" / folder


def test_a_real_companys_opportunities_can_all_be_sent(world: World, crm: Crm) -> None:
    data = real("crm-sales-opportunities")
    if not data.exists():
        pytest.skip("the optional data folder ../shared/data is missing")

    def column(file: str, name: str) -> list[str]:
        with (data / file).open(newline="", encoding="utf-8") as rows:
            return list(dict.fromkeys(row[name] for row in csv.DictReader(rows)))

    lists: dict[str, Callable[[], list[Any]]] = {
        "/v1/customers": lambda: [
            {"customerId": f"c{at}", "companyName": name}
            for at, name in enumerate(column("accounts.csv", "account"))
        ],
        "/v1/users": lambda: [
            {"userId": f"u{at}", "name": name}
            for at, name in enumerate(column("sales_teams.csv", "sales_agent"))
        ],
        "/v1/products": lambda: [
            {"productId": f"p{at}", "name": name} for at, name in enumerate(column("products.csv", "product"))
        ],
    }

    def respond(request: httpx.Request) -> httpx.Response:
        found = lists.get(request.url.path)
        return listed(found()) if found is not None else crm(request)

    world.respond = respond
    mapping = (
        "opportunity_id=externalId,account=customer,sales_agent=owner,product=product,"
        "deal_stage=stage,engage_date=engageDate,close_date=closeDate,close_value=value"
    )
    result = world.run(
        *("opportunities", "import", str(data / "sales_pipeline.csv"), "--map", mapping),
        *("--value", "product:GTXPro=GTX Pro", "--value", "deal_stage:Engaging=In talks"),
        *("--value", "deal_stage:Prospecting=In talks", "--default", "lossReason=not recorded"),
    )
    assert result.stdout == "8800 created, 0 updated, 0 unchanged, 0 rejected\n"
    records = crm.records.values()
    assert sum("customerId" not in record for record in records) == 1425
    assert sum(record["value"] for record in records if record["stage"] == "won") == 10_005_534
