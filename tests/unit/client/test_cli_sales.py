"""Leads, products and opportunities on the command line: what they send, print and end with."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from scripted_world import World, problem

MARSH = {
    "leadId": "l1",
    "firstName": "Mira",
    "lastName": "Marsh",
    "companyName": "Marsh \x1b[31mMills",
    "status": "qualified",
    "source": "fair",
    "score": 80,
    "estimatedValue": 12000.5,
    "currency": "EUR",
    "ownerId": "u1",
    "version": 3,
}
BIKES = {
    "opportunityId": "o1",
    "title": "Cargo bikes",
    "customerId": "c1",
    "customerDeleted": True,
    "value": 12000,
    "currency": "EUR",
    "stage": "proposal",
    "outcome": "open",
    "expectedCloseDate": "2026-12-31",
    "lines": [{"productId": "p1", "name": "Cargo bike", "quantity": 2.5, "unitPrice": 4800}],
    "activeAt": "2026-10-01T08:00:00Z",
    "ownerId": "u1",
    "version": 2,
}
BIKE = {"productId": "p1", "name": "Cargo bike", "unitPrice": 4800, "currency": "EUR", "active": True}


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def ok(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def listed(*items: object, cursor: str | None = None) -> httpx.Response:
    return ok({"items": list(items), "nextCursor": cursor})


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["leads", "list"], "zebros leads create"),
        (["leads", "list", "--status", "new"], "No lead matches"),
        (["products", "list"], "zebros products create"),
        (["opportunities", "list"], "zebros opportunities create"),
        (["deals", "list", "--stage", "proposal"], "No opportunity matches"),
        (["deals", "recent"], "Nothing was won or lost yet"),
        (["deals", "recent", "--won"], "Nothing was won or lost that matches"),
        (["deals", "at-risk"], "Nothing is at risk"),
        (["deals", "at-risk", "--reason", "idle"], "Nothing is idle"),
        (["leads", "history", "l1"], "No changes"),
        (["opportunities", "stages", "o1"], "No stages"),
    ],
)
def test_an_empty_state_says_what_to_do(world: World, command: list[str], hint: str) -> None:
    answer(world, listed())
    result = world.run(*command)
    assert (result.exit_code, result.stdout) == (0, "")
    assert hint in result.stderr
    assert json.loads(world.run(*command, "--json").stdout) == []


@pytest.mark.parametrize(
    "command",
    [
        ["leads", "list", "--status", "hot"],
        ["leads", "create", "Marsh", "--status", "converted"],
        ["leads", "create", "Marsh", "--score", "101"],
        ["leads", "create", "Marsh", "--rating", "boiling"],
        ["leads", "create", "Marsh", "--estimated-value", "much"],
        ["leads", "update", "l1"],
        ["leads", "convert", "l1", "--opportunity", "o1", "--title", "T"],
        ["leads", "convert", "l1", "--opportunity", "o1", "--with-opportunity"],
        ["products", "create", "Bike", "--price", "4,800"],
        ["products", "create", "Bike", "--price", "nan"],
        ["opportunities", "list", "--sort", "expectedCloseDate"],
        ["opportunities", "list", "--sort", "value"],
        ["opportunities", "create", "T", "--probability", "101"],
        ["opportunities", "create", "T", "--category", "sure"],
        ["deals", "recent", "--won", "--lost"],
        ["deals", "at-risk", "--reason", "bad"],
        ["deals", "at-risk", "--days", "0"],
        ["deals", "move", "o1", "won", "--value", "x"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_before_anything_is_sent(world: World, command: list[str]) -> None:
    assert world.run(*command).exit_code == 2
    assert world.requests == []


def test_leads_are_listed_with_their_filters(world: World) -> None:
    answer(world, listed(MARSH))
    result = world.run("leads", "list", "--status", "qualified", "--source", "fair", "--sort", "-createdAt")
    assert result.stdout.splitlines() == [
        "ID\tNAME\tCOMPANY\tSTATUS\tSOURCE\tSCORE\tOWNER",
        "l1\tMira Marsh\tMarsh  [31mMills\tqualified\tfair\t80\tu1",
    ]
    assert dict(world.requests[0].url.params) == {
        "status": "qualified",
        "source": "fair",
        "sort": "-createdAt",
        "limit": "50",
    }


def test_a_lead_is_created_with_what_was_given_and_shown_whole(world: World) -> None:
    answer(world, ok(MARSH, 201))
    result = world.run(
        *("leads", "create", "Marsh", "--company", "Marsh Mills", "--estimated-value", "12000.50"),
        *("--currency", "EUR", "--score", "0", "--tag", "fair"),
    )
    assert world.sent("/v1/leads") == [
        {
            "lastName": "Marsh",
            "companyName": "Marsh Mills",
            "estimatedValue": 12000.5,
            "currency": "EUR",
            "score": 0,
            "tags": ["fair"],
        }
    ]
    assert "estimated value  12,000.50 EUR" in result.stdout


def test_a_lead_is_changed_under_its_version(world: World) -> None:
    answer(world, ok(MARSH))
    world.run("leads", "update", "l1", "--status", "contacted", "--clear", "phone", "--version", "3")
    assert world.sent("/v1/leads/l1") == [{"status": "contacted", "phone": None}]
    assert world.requests[0].headers["if-match"] == '"3"'


CONVERSION = {
    "conversionId": "v1",
    "leadId": "l1",
    "customerId": "c1",
    "contactId": "p1",
    "opportunityId": None,
    "convertedAt": "2026-11-20T10:00:00Z",
}


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ([], {}),
        (["--with-opportunity"], {"opportunity": {}}),
        (
            ["--title", "Bikes", "--value", "10", "--stage", "talks", "--expected-close", "2026-12-31"],
            {
                "opportunity": {
                    "title": "Bikes",
                    "value": 10,
                    "stage": "talks",
                    "expectedCloseDate": "2026-12-31",
                }
            },
        ),
        (
            ["--customer", "c1", "--contact", "p1", "--opportunity", "o1"],
            {
                "customer": {"customerId": "c1"},
                "contact": {"contactId": "p1"},
                "opportunity": {"opportunityId": "o1"},
            },
        ),
    ],
)
def test_a_lead_is_converted_into_what_is_asked_for(world: World, options: list[str], body: Any) -> None:
    answer(world, ok(CONVERSION))
    result = world.run("leads", "convert", "l1", *options)
    assert world.sent("/v1/leads/l1/convert") == [body]
    assert "contact    p1" in result.stdout
    assert "--with-opportunity makes one" in result.stderr


def test_a_customer_that_is_here_already_is_offered_for_the_conversion(world: World) -> None:
    record = {"entity": "customer", "id": "c9", "match": "name"}
    answer(world, problem(409, "duplicate", detail="exists", records=[record]))
    result = world.run("leads", "convert", "l1")
    assert result.exit_code == 5
    assert "To convert into that one: --customer c9" in result.stderr
    assert json.loads(world.run("leads", "convert", "l1", "--json").stderr)["error"]["exitCode"] == 5


def test_a_product_goes_out_of_sale(world: World) -> None:
    answer(world, ok({**BIKE, "active": False}))
    result = world.run("products", "update", "p1", "--inactive")
    assert world.sent("/v1/products/p1") == [{"active": False}]
    assert "active   no" in result.stdout


def test_an_opportunity_has_lines_of_products_by_name_or_id(world: World) -> None:
    answer(world, listed(BIKE, {**BIKE, "productId": "p2", "name": "Service: yearly"}), ok(BIKES, 201))
    result = world.run(
        *("opportunities", "create", "Cargo bikes", "--customer", "c1"),
        *("--line", "cargo BIKE:2.5", "--line", "p2:1:190.50", "--line", "p1"),
    )
    assert world.sent("/v1/opportunities") == [
        {
            "title": "Cargo bikes",
            "customerId": "c1",
            "lines": [
                {"productId": "p1", "quantity": 2.5},
                {"productId": "p2", "quantity": 1, "unitPrice": 190.5},
                {"productId": "p1"},
            ],
        }
    ]
    assert "line 1          2.5 x Cargo bike at 4,800" in result.stdout
    assert "customer        c1 (in the trash)" in result.stdout


def test_a_line_of_an_unknown_product_is_refused_with_the_nearest_name(world: World) -> None:
    answer(world, listed(BIKE))
    result = world.run("opportunities", "create", "T", "--line", "Cargo bikes:1")
    assert result.exit_code == 2
    assert "did you mean 'Cargo bike'" in " ".join(result.stderr.replace("│", " ").split())
    assert world.sent("/v1/opportunities") == []


@pytest.mark.parametrize("group", ["opportunities", "deals"])
def test_an_opportunity_moves_and_is_opened_again(world: World, group: str) -> None:
    answer(world, ok(BIKES))
    world.run(group, "move", "o1", "lost", "--reason", "price", "--close-date", "2026-11-20")
    world.run(group, "move", "o1", "won", "--value", "11800")
    world.run(group, "reopen", "o1", "proposal")
    assert world.sent("/v1/opportunities/o1/move") == [
        {"stage": "lost", "lossReason": "price", "closeDate": "2026-11-20"},
        {"stage": "won", "value": 11800},
    ]
    assert world.sent("/v1/opportunities/o1/reopen") == [{"stage": "proposal"}]


def test_a_closed_opportunity_says_how_to_open_it_again(world: World) -> None:
    answer(world, problem(409, "opportunity-closed", detail="This opportunity is won."))
    result = world.run("deals", "move", "o1", "proposal")
    assert result.exit_code == 5
    assert "zebros opportunities reopen" in result.stderr


def test_stages_are_shown_with_the_time_spent_in_each(world: World) -> None:
    first = {
        "stage": "talks",
        "from": None,
        "enteredAt": "2026-11-01T08:00:00Z",
        "leftAt": "2026-11-03T08:00:00Z",
        "durationSeconds": 172_800,
        "actor": "u1",
    }
    last = {**first, "stage": "won", "from": "talks", "leftAt": None, "durationSeconds": 59}
    answer(world, ok({"items": [first, last]}))
    assert world.run("deals", "stages", "o1").stdout.splitlines()[1:] == [
        "talks\t2026-11-01T08:00:00Z\t2026-11-03T08:00:00Z\t2 days\tu1",
        "won\t2026-11-01T08:00:00Z\tnow\t59 s\tu1",
    ]


def test_recent_deals_show_what_closed_with_their_filters(world: World) -> None:
    won = {**BIKES, "outcome": "won", "closeDate": "2026-11-20"}
    answer(world, listed(won))
    result = world.run("deals", "recent", "--won", "--from", "2026-11-01", "--team", "north", "-n", "5")
    assert result.stdout.splitlines()[1] == "2026-11-20\twon\tCargo bikes\t12,000 EUR\t\to1"
    assert dict(world.requests[0].url.params) == {
        "outcome": "won",
        "from": "2026-11-01",
        "team": "north",
        "limit": "5",
    }


def test_what_is_overdue_and_idle_is_told_once(world: World) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        overdue = request.url.params["reason"] == "overdue"
        return listed(BIKES) if overdue else listed(BIKES, {**BIKES, "opportunityId": "o2"})

    world.respond = respond
    told = [
        line.split("\t") for line in world.run("deals", "at-risk", "--days", "14").stdout.splitlines()[1:]
    ]
    assert [(line[0], line[-1]) for line in told] == [("overdue", "o1"), ("idle", "o2")]
    assert [dict(each.url.params).get("idleDays") for each in world.requests] == [None, "14"]
    printed = json.loads(world.run("deals", "at-risk", "--reason", "idle", "--json").stdout)
    assert [each["reason"] for each in printed] == ["idle", "idle"]
