"""Activities, timelines, e-mails and templates on the command line."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from scripted_world import World

CALL = {
    "activityId": "a1",
    "type": "call",
    "subject": "Ask about the \x1b[31moffer",
    "relatedType": "customer",
    "relatedId": "c1",
    "scheduledAt": "2026-12-01T10:00:00Z",
    "status": "open",
    "priority": "normal",
    "participants": {"contactIds": [], "userIds": []},
    "ownerId": "u1",
    "version": 1,
}
OFFER = {"templateId": "t1", "name": "Offer", "subject": "Offer", "text": "Dear ...\nYours", "version": 6}


def answer(world: World, *answers: httpx.Response) -> None:
    left = list(answers)
    world.respond = lambda request: left.pop(0) if len(left) > 1 else left[0]


def ok(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def listed(*items: object) -> httpx.Response:
    return ok({"items": list(items), "nextCursor": None})


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        (["activities", "list"], "zebros activities create"),
        (["activities", "list", "--type", "call"], "No activity matches"),
        (["activities", "today"], "Nothing is planned for today"),
        (["activities", "upcoming"], "Nothing is planned"),
        (["activities", "overdue"], "Nothing is overdue"),
        (["activities", "completed"], "Nothing was completed"),
        (["activities", "comment", "a1"], "Nobody has said anything"),
        (["timeline", "customer", "c1"], "Nothing has happened"),
        (["templates", "list"], "zebros templates create"),
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
        ["activities", "list", "--type", "lunch"],
        ["activities", "list", "--status", "late"],
        ["activities", "list", "--sort", "subject"],
        ["activities", "list", "--from", "yesterday"],
        ["activities", "upcoming", "--customer", "c1", "--related", "o1"],
        ["activities", "create", "lunch", "S"],
        ["activities", "create", "call", "S", "--about", "c1"],
        ["activities", "create", "call", "S", "--about", "invoice:1"],
        ["activities", "create", "call", "S", "--at", "10 o'clock"],
        ["activities", "create", "call", "S", "--at", "2026-12-01T10:00", "--time-zone", "Mars/Olympus"],
        ["activities", "create", "call", "S", "--remind", "-1"],
        ["activities", "update", "a1"],
        ["activities", "update", "a1", "--status", "completed"],
        ["activities", "comment", "a1", "text", "--remove", "m1"],
        ["timeline", "product", "p1"],
        ["emails", "send", "p1"],
        ["emails", "send", "p1", "--subject", "S"],
        ["emails", "send", "p1", "--template", "t1", "--text", "T"],
        ["emails", "send", "p1", "--subject", "S", "--text", "@nowhere.txt"],
        ["emails", "preview", "p1"],
        ["templates", "update", "t1"],
        ["templates", "preview", "t1", "--set", "offer"],
    ],
    ids=" ".join,
)
def test_bad_input_is_refused_before_anything_is_sent(world: World, command: list[str]) -> None:
    assert world.run(*command).exit_code == 2
    assert world.requests == []


def test_an_activity_is_planned_in_a_time_zone_with_people(world: World) -> None:
    answer(world, listed({"userId": "u7", "email": "n@a.example"}), ok(CALL, 201))
    result = world.run(
        *("activities", "create", "meeting", "Weekly", "--about", "customer:c1", "--at", "2026-12-01T10:00"),
        *("--time-zone", "Europe/Berlin", "--recurrence", "FREQ=WEEKLY;COUNT=10", "--remind", "15"),
        *("--with-contact", "p1", "--with-user", "n@a.example"),
    )
    assert world.sent("/v1/activities") == [
        {
            "type": "meeting",
            "subject": "Weekly",
            "relatedType": "customer",
            "relatedId": "c1",
            "scheduledAt": "2026-12-01T09:00:00.000Z",
            "timeZone": "Europe/Berlin",
            "recurrence": "FREQ=WEEKLY;COUNT=10",
            "reminderMinutes": 15,
            "participants": {"contactIds": ["p1"], "userIds": ["u7"]},
        }
    ]
    assert "about     customer:c1" in result.stdout
    assert "\x1b" not in result.stdout


def test_the_zone_of_a_single_time_is_only_for_reading_it(world: World) -> None:
    answer(world, ok(CALL, 201))
    world.run("activities", "create", "call", "S", "--at", "2026-07-01T10:00", "--time-zone", "Europe/Berlin")
    assert world.sent("/v1/activities") == [
        {"type": "call", "subject": "S", "scheduledAt": "2026-07-01T08:00:00.000Z"}
    ]


@pytest.mark.parametrize(
    ("command", "target"),
    [
        (["today", "--time-zone", "Asia/Tokyo"], "/v1/activities/today?timeZone=Asia%2FTokyo&limit=50"),
        (["upcoming", "--customer", "c1"], "/v1/activities/upcoming?customer=c1&limit=50"),
        (["overdue", "--team", "north"], "/v1/activities/overdue?team=north&limit=50"),
        (
            ["completed", "--owner", "u1", "--since", "2026-11-01"],
            "/v1/activities/completed?owner=u1&since=2026-11-01T00%3A00%3A00.000Z&limit=50",
        ),
        (
            ["list", "--related", "o1", "--status", "open", "--sort", "scheduledAt", "-n", "5"],
            "/v1/activities?related=o1&status=open&sort=scheduledAt&limit=5",
        ),
    ],
)
def test_the_days_lists_ask_for_what_was_wanted(world: World, command: list[str], target: str) -> None:
    answer(world, listed(CALL))
    result = world.run("activities", *command)
    assert world.requests[0].url.raw_path.decode() == target
    assert result.stdout.splitlines()[1] == (
        "a1\t2026-12-01T10:00:00Z\tcall\tAsk about the  [31moffer\topen\tcustomer:c1\tu1"
    )


def test_an_activity_is_completed_opened_again_and_its_series_ended(world: World) -> None:
    answer(world, ok({**CALL, "seriesId": "s1", "cancelled": ["a2", "a3"]}))
    world.run("activities", "complete", "a1", "--outcome", "wants an offer", "--at", "2026-11-20T10:00Z")
    world.run("activities", "reopen", "a1")
    ended = world.run("activities", "end-series", "a1")
    assert world.sent("/v1/activities/a1/complete") == [
        {"outcome": "wants an offer", "completedAt": "2026-11-20T10:00:00.000Z"}
    ]
    assert [each.url.path for each in world.requests[1:]] == [
        "/v1/activities/a1/reopen",
        "/v1/activities/a1/end-series",
    ]
    assert "Cancelled 2 of series s1" in ended.stderr


def test_comments_are_said_shown_and_taken_back(world: World) -> None:
    comment = {"commentId": "m1", "text": "mornings", "authorId": "u1", "at": "2026-11-20T10:00:00Z"}
    answer(world, ok(comment, 201))
    assert "m1" in world.run("activities", "comment", "a1", "mornings").stderr
    assert world.sent("/v1/activities/a1/comments") == [{"text": "mornings"}]
    answer(world, listed(comment))
    shown = world.run("activities", "comment", "a1").stdout
    assert shown.splitlines()[1] == "2026-11-20T10:00:00Z\tu1\tmornings\tm1"
    answer(world, httpx.Response(204))
    world.run("activities", "comment", "a1", "--remove", "m1")
    assert (world.requests[-1].method, world.requests[-1].url.path) == (
        "DELETE",
        "/v1/activities/a1/comments/m1",
    )


def test_a_timeline_names_what_changed(world: World) -> None:
    entry: dict[str, Any] = {
        "at": "2026-11-20T10:00:00Z",
        "kind": "opportunity",
        "entity": "opportunity",
        "id": "o1",
        "version": 2,
        "title": "Cargo bikes",
        "operation": "updated",
        "actor": "u1",
        "changed": ["stage", "closeDate"],
    }
    answer(world, listed(entry, {**entry, "operation": "created"}))
    assert world.run("timeline", "customer", "c1").stdout.splitlines()[1:] == [
        "2026-11-20T10:00:00Z\topportunity\tupdated: stage, closeDate\tCargo bikes\tu1\to1",
        "2026-11-20T10:00:00Z\topportunity\tcreated\tCargo bikes\tu1\to1",
    ]


def test_an_email_is_sent_from_a_template_or_as_written(world: World) -> None:
    sent = {**CALL, "type": "email", "delivery": {"status": "queued", "to": "a@b.example"}}
    answer(world, ok(sent, 202))
    options = ("--set", "offer=Q-17", "--set", "count=3", "--set", 'rows=["a", "b"]')
    result = world.run("emails", "send", "p1", "--template", "t1", *options, "--attach", "d1")
    assert "delivery  queued to a@b.example" in result.stdout
    assert "zebros activities show a1" in result.stderr
    text = world.folder / "offer.txt"
    text.write_text("Dear {{ contact.firstName }}")
    world.run("emails", "send", "p1", "--subject", "Offer", "--text", f"@{text}", "--about", "lead:l1")
    assert world.sent("/v1/emails") == [
        {
            "contactId": "p1",
            "templateId": "t1",
            "values": {"offer": "Q-17", "count": 3, "rows": ["a", "b"]},
            "attachments": ["d1"],
        },
        {
            "contactId": "p1",
            "subject": "Offer",
            "text": "Dear {{ contact.firstName }}",
            "relatedType": "lead",
            "relatedId": "l1",
        },
    ]


def test_a_preview_is_shown_line_by_line_and_nothing_is_sent(world: World) -> None:
    answer(world, ok({"subject": "Offer", "text": "Dear Ada\n\x1b[31mYours", "html": "<p>"}))
    for command in (
        ["emails", "preview", "p1", "--template", "t1"],
        ["templates", "preview", "t1", "--contact", "p1"],
        ["emails", "preview", "p1", "--subject", "Offer", "--text", "T"],
    ):
        shown = world.run(*command).stdout
        assert shown.splitlines() == ["subject  Offer", "html     yes", "", "Dear Ada", " [31mYours"]
    assert {each.url.path for each in world.requests} == {
        "/v1/email-templates/t1/preview",
        "/v1/email-templates:preview",
    }


def test_a_template_is_read_before_it_is_replaced(world: World) -> None:
    answer(world, ok({**OFFER, "html": "<p>"}))
    world.run("templates", "update", "t1", "--subject", "Your offer", "--no-html")
    assert world.sent("/v1/email-templates/t1") == [
        {"name": "Offer", "subject": "Your offer", "text": "Dear ...\nYours"}
    ]
    assert world.requests[-1].headers["if-match"] == '"6"'
    assert "Yours" in world.run("templates", "show", "t1").stdout
