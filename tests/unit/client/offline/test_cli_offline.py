"""`zebros offline`: a copy on this machine, from the first sync to the end of the account."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from offline_world import DeviceApi, Server

sys.path.insert(0, str(Path(__file__).parents[1]))

from conftest import world as world
from scripted_world import API, World, access_token, problem

from zebros import Client
from zebros.errors import ForbiddenError

ID = "01JZ8Q5R7N3V4T6W8Y0A2C4E10"
OTHER = "01JZ8Q5R7N3V4T6W8Y0A2C4E11"


@pytest.fixture
def server() -> Server:
    made = Server()
    made.owners.write(("customer", ID), {"companyName": "Acme", "tags": ["a"]})
    made.owners.write(("customer", OTHER), {"companyName": "Beta"})
    made.deliver()
    return made


@pytest.fixture
def api(server: Server) -> DeviceApi:
    return DeviceApi(server, user="user-1")


@pytest.fixture
def zebros(world: World, api: DeviceApi, server: Server, tmp_path: Path) -> Callable[..., Any]:
    """Run `zebros offline …` against the server in memory; without a network when the API is not online."""
    world.environ["XDG_DATA_HOME"] = str(tmp_path / "data")

    def respond(request: httpx.Request) -> httpx.Response:
        if not api.online:
            raise httpx.ConnectError("no network")
        body = json.loads(request.content) if request.content else {}
        try:
            match request.url.path:
                case "/v1/sync/pull":
                    return httpx.Response(200, json=api.pull(body["cursor"]))
                case "/v1/sync/push":
                    sent_at = datetime.fromisoformat(body["sentAt"])
                    outcomes = api.push(body["clientId"], sent_at, body["mutations"])
                    return httpx.Response(200, json={"outcomes": outcomes})
                case "/v1/sync/conflicts":
                    return httpx.Response(200, json={"items": _conflicts(server), "nextCursor": None})
                case _:
                    return problem(404, "not-found")
        except ForbiddenError:
            return problem(403, "user-deactivated", detail="This account was deactivated.")

    world.respond = respond
    return lambda *arguments, **more: world.run("offline", *arguments, **more)


def _conflicts(server: Server) -> list[dict[str, Any]]:
    return [
        {
            "conflictId": each.id,
            "entity": each.entity,
            "recordId": each.record_id,
            "state": each.state.value,
            "strategy": each.strategy.value,
            "fields": {
                name: {"device": field.device, "server": field.server, "kept": field.kept}
                for name, field in each.fields.items()
            },
        }
        for each in server.memory.conflicts.values()
    ]


def test_a_day_without_a_network_is_sent_and_what_was_overridden_is_shown(
    zebros: Callable[..., Any], api: DeviceApi, server: Server
) -> None:
    assert "Nothing is on this machine yet" in zebros("list", "customer").output
    assert "2 records" in zebros("sync").output
    api.online = False
    assert "Acme" in zebros("list", "customer", "--search", "acm").output
    edited = zebros("edit", "customer", ID, "--set", "companyName=Away", "--tag", "fair")
    assert (edited.exit_code, "Away" in edited.output) == (0, True)
    assert zebros("create", "customer", "--set", "companyName=New here").exit_code == 0
    assert zebros("delete", "customer", OTHER).exit_code == 0
    assert zebros("sync").exit_code == 6
    told = json.loads(zebros("status", "--json").output)
    assert (told["waiting"], told["records"]["customer"]) == (3, 2)
    server.owners.clock.advance(days=900)
    server.owners.write(("customer", ID), {"companyName": "Online"})
    server.deliver()
    api.online = True
    report = json.loads(zebros("sync", "--json").output)
    assert (report["pushed"], report["rejected"]) == (3, [])
    server.deliver()
    assert zebros("sync").exit_code == 0
    shown = json.loads(zebros("show", "customer", ID, "--json").output)
    assert shown["values"]["tags"] == ["a", "fair"]
    assert "companyName" in zebros("conflicts").output


def test_a_refused_change_is_explained_with_what_can_be_done(
    zebros: Callable[..., Any], server: Server
) -> None:
    zebros("sync")
    zebros("edit", "customer", ID, "--set", "nosuch=1")
    refused = zebros("sync")
    assert refused.exit_code == 1
    change = json.loads(zebros("status", "--json").output)["rejected"][0]["mutationId"]
    assert f"zebros offline give-up {change}" in refused.output
    assert zebros("retry", change).exit_code == 0
    assert zebros("sync").exit_code == 1
    change = json.loads(zebros("status", "--json").output)["rejected"][0]["mutationId"]
    assert zebros("give-up", change).exit_code == 0
    assert zebros("give-up", change).exit_code == 4
    assert zebros("sync").exit_code == 0


def test_text_that_is_no_text_is_refused_at_once_with_a_reason(zebros: Callable[..., Any]) -> None:
    zebros("sync")
    refused = zebros("edit", "customer", ID, "--set", "companyName=bad \udcff bytes")
    assert refused.exit_code not in {0, 70}
    assert "not Unicode" in refused.stderr
    assert json.loads(zebros("status", "--json").output)["waiting"] == 0


def test_a_deactivated_account_leaves_nothing(zebros: Callable[..., Any], api: DeviceApi) -> None:
    zebros("sync")
    api.deactivated = True
    ended = zebros("sync")
    assert (ended.exit_code, "removed" in ended.output) == (8, True)
    assert json.loads(zebros("list", "customer", "--json").output) == []


def test_somebody_else_on_this_machine_does_not_get_the_copy(
    zebros: Callable[..., Any], world: World, tmp_path: Path
) -> None:
    zebros("sync", "--folder", str(tmp_path / "shared"))
    world.environ["ZEBROS_TOKEN"] = access_token("borealis", subject="user-9")
    refused = zebros("list", "customer", "--folder", str(tmp_path / "shared"))
    assert (refused.exit_code, "aurora/user-1's" in refused.output) == (9, True)


def test_a_copy_is_removed_only_when_asked_twice(zebros: Callable[..., Any]) -> None:
    zebros("sync")
    zebros("edit", "customer", ID, "--set", "industry=x")
    asked = zebros("wipe", stdin="n\n")
    assert (asked.exit_code, "lost by this: 1 change." in asked.stderr) == (1, True)
    assert json.loads(zebros("status", "--json").output)["records"]["customer"] == 2
    assert zebros("wipe", "--yes").exit_code == 0
    assert json.loads(zebros("list", "customer", "--json").output) == []


def test_a_wrong_change_says_where_the_refused_ones_are(zebros: Callable[..., Any]) -> None:
    result = zebros("retry", "nosuch")
    assert (result.exit_code, "zebros offline status" in result.stderr) == (4, True)


def test_the_example_of_the_readme_runs(
    zebros: Callable[..., Any],
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    told = (Path(__file__).parents[4] / "clients/python/README.md").read_text(encoding="utf-8")
    example = told.partition("### Offline\n")[2].partition("```python\n")[2].partition("```")[0]
    with Client(API, token=access_token("aurora"), transport=httpx.MockTransport(world.respond)) as client:
        exec(example, {"client": client})  # noqa: S102  our own text, as a reader would run it
    assert capsys.readouterr().out.startswith("1 ")  # Acme was edited, and sent


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("list", "thing"), 2),
        (("show", "customer", "nosuch"), 4),
        (("edit", "customer", ID), 2),
        (("edit", "customer", ID, "--set", "nonsense"), 2),
        (("create", "customer"), 2),
    ],
)
def test_wrong_usage_is_told(zebros: Callable[..., Any], arguments: tuple[str, ...], code: int) -> None:
    zebros("sync")
    assert zebros(*arguments).exit_code == code
