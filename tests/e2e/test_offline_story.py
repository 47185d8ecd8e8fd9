"""Sales people without a network, each with a copy of the company on a device: by the command, on a deployed stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command_line import Terminal
from deployed_stack import Deployment, Member, eventually

from zebros.offline import LocalRecord, OfflineStore

pytestmark = pytest.mark.e2e

DEALS = 240
EDITED = 200
OVERLAP = 50
NORTH, SOUTH = "north", "south"
_DONE = frozenset({"created", "updated"})


@dataclass(frozen=True)
class Device:
    """A copy of somebody's records on a device, with or without a network."""

    terminal: Terminal
    member: Member
    folder: Path

    def sync(self) -> dict[str, Any]:
        """Sync by the command, which has to succeed."""
        return json.loads(self.terminal.succeed("offline", "sync", "--folder", str(self.folder), "--json"))

    def open(self) -> OfflineStore:
        owner = f"{self.member.tenant.id}/{self.member.user}"
        return OfflineStore.open(self.folder, owner=owner)

    def records(self, entity: str) -> dict[str, LocalRecord]:
        with self.open() as store:
            return {record.id: record for record in store.records(entity).all()}

    def edit(self, entity: str, edits: Mapping[str, Mapping[str, Any]]) -> None:
        """Change records without a network, as `zebros offline edit` does one by one."""
        with self.open() as store:
            for id, changes in edits.items():
                store.records(entity).edit(id, changes)

    def killed_sync(self, after_seconds: float) -> int:
        """Begin a sync and kill its process; return its exit status."""
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ZEBROS_")},
            "XDG_CONFIG_HOME": str(self.terminal.config),
            "ZEBROS_API_URL": self.terminal.deployment.state.api_url,
            **self.terminal.environ,
        }
        command = [
            str(Path(sys.executable).parent / "zebros"),
            "offline",
            "sync",
            "--folder",
            str(self.folder),
        ]
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(after_seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            return process.wait()


class Office:
    """A company, its people's devices, and the API as others use it."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment = deployment
        self.folder = folder
        self.tenant = deployment.register("pool")
        self.admin = deployment.member(self.tenant)
        self.log = deployment.queue("changes", "zebros-sync-local")

    def device(self, name: str, member: Member | None = None) -> Device:
        member = member or self.admin
        terminal = Terminal(self.deployment, self.folder / "config", {"ZEBROS_TOKEN": member.token})
        return Device(terminal, member, self.folder / name)

    def colleague(self, team: str) -> Member:
        """Somebody who sees what is a team's, with a token of their present team."""
        return self.deployment.member(self.tenant, "max", roles=("sales-rep",), team=team)

    def batch(self, operations: list[dict[str, Any]]) -> None:
        """Write many deals by the API, as an integration does."""
        for first in range(0, len(operations), 100):
            wanted = {"operations": operations[first : first + 100]}
            answer = self.admin.ask("POST", "/v1/opportunities:batch", wanted)
            refused = [outcome for outcome in answer["outcomes"] if outcome["outcome"] not in _DONE]
            assert not refused, refused

    def deals(self) -> dict[str, dict[str, Any]]:
        """Return the deals as the API tells them."""
        with self.deployment.sdk(self.admin) as client:
            return {deal.id: deal.to_json() for deal in client.opportunities.list(page_size=100)}

    def level(self) -> None:
        """Wait until what was written is in the log of changes."""
        self.deployment.settle(self.log)
        with self.deployment.sdk(self.admin) as client:
            eventually(lambda: client.sync.states.verify().different == 0)


@pytest.fixture(scope="module")
def office(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(deployment, tmp_path_factory.mktemp("office"))
    customer = office.admin.customer("Harbour Works")["customerId"]
    drafts = [
        {"title": f"Deal {number:03}", "customerId": customer, "teamId": NORTH if number % 2 else SOUTH}
        for number in range(DEALS)
    ]
    office.batch([{"operation": "create", "data": draft} for draft in drafts])
    office.level()
    yield office


def test_two_devices_and_the_api_edit_the_same_deals_and_nothing_is_lost_silently(office: Office) -> None:
    first, second = office.device("first"), office.device("second")
    assert first.sync()["pulled"] >= DEALS
    second.sync()
    ids = sorted(first.records("opportunity"))
    mine, theirs = ids[:EDITED], ids[EDITED - OVERLAP :]
    # Of those that both sides edit, half get the same field, half another one.
    same, other = theirs[: OVERLAP // 2], theirs[OVERLAP // 2 : OVERLAP]
    first.edit("opportunity", {id: {"title": f"Mine {id}"} for id in mine})
    by_device = {id: {"title": f"Theirs {id}"} if id in same else {"probability": 77} for id in theirs[::2]}
    second.edit("opportunity", by_device)
    assert second.sync()["pushed"] == len(by_device)
    by_api = {id: {"title": f"Theirs {id}"} if id in same else {"probability": 77} for id in theirs[1::2]}
    office.batch([{"operation": "update", "id": id, "data": data} for id, data in by_api.items()])
    office.level()

    report = first.sync()
    assert (report["pushed"], report["rejected"]) == (EDITED, [])
    assert {outcome["id"] for outcome in report["merged"]} >= set(same)
    office.level()
    first.sync()
    second.sync()
    deals = office.deals()
    assert all(deals[id]["probability"] == 77 for id in other)
    assert all(deals[id]["title"] == f"Mine {id}" for id in mine if id not in same)
    told = first.terminal.succeed("offline", "conflicts", "--all", "--json")
    overridden = {conflict["recordId"]: conflict["fields"] for conflict in json.loads(told)}
    for id in same:
        kept = deals[id]["title"]
        sides = overridden[id]["title"]
        assert {sides["device"], sides["server"]} == {f"Mine {id}", f"Theirs {id}"}
        assert sides[sides["kept"]] == kept
    assert same_on(first, deals)
    assert same_on(second, deals)


def test_a_client_that_is_killed_in_a_push_sends_each_change_once(office: Office) -> None:
    device = office.device("first")
    with device.open() as store:
        for number in range(40):
            store.customers.create({"companyName": f"Killed {number:02}"})
    for tenths in range(4, 24, 4):
        device.killed_sync(tenths / 10)
    device.sync()
    office.level()
    device.sync()
    names = [record.values["companyName"] for record in device.records("customer").values()]
    assert sorted(name for name in names if name.startswith("Killed")) == [
        f"Killed {n:02}" for n in range(40)
    ]
    listed = office.admin.found("Killed")
    assert len(set(listed)) == len(listed)


def test_a_client_that_is_killed_in_an_upload_goes_on_with_it(office: Office) -> None:
    device = office.device("first")
    (customer, *_) = device.records("customer")
    video = office.folder / "factory.mp4"
    with video.open("wb") as out:
        for number in range(120):
            out.write(bytes([number]) * 1024 * 1024)
    device.terminal.succeed("offline", "attach", customer, str(video), "--folder", str(device.folder))
    device.killed_sync(1.5)
    device.killed_sync(2.5)
    device.sync()
    documents = office.admin.ask("GET", f"/v1/customers/{customer}/documents")["items"]
    sent = [document for document in documents if document["fileName"] == video.name]
    assert [(document["status"], document["sizeBytes"]) for document in sent] == [
        ("available", 120 * 1024 * 1024)
    ]


def test_a_copy_older_than_the_log_is_made_anew_and_keeps_what_was_not_sent(office: Office) -> None:
    device = office.device("first")
    (deal, *_) = sorted(device.records("opportunity"))
    device.edit("opportunity", {deal: {"title": "Written before the log was trimmed"}})
    for title in ("Written since", "Written after the trimmed part"):
        office.batch([{"operation": "create", "data": {"title": title}}])
        office.level()
    trim(office)
    report = device.sync()
    assert report["resets"] == ["logTrimmed"]
    office.level()
    device.sync()
    deals = office.deals()
    assert deals[deal]["title"] == "Written before the log was trimmed"
    assert same_on(device, deals)


def test_whose_team_changes_keeps_the_records_of_the_new_one_only(office: Office) -> None:
    before = office.device("max", office.colleague(NORTH))
    before.sync()
    deals = office.deals()
    mine = {id for id, deal in deals.items() if deal["teamId"] == NORTH}
    assert set(before.records("opportunity")) == mine
    moved = office.device("max", office.colleague(SOUTH))
    report = moved.sync()
    assert report["resets"] == ["visibilityChanged"]
    assert set(moved.records("opportunity")) == {id for id, deal in deals.items() if deal["teamId"] == SOUTH}


def test_the_device_of_another_company_gets_nothing_of_it(office: Office, deployment: Deployment) -> None:
    stranger = deployment.member(deployment.register("silo"))
    terminal = Terminal(deployment, office.folder / "stranger", {"ZEBROS_TOKEN": stranger.token})
    device = Device(terminal, stranger, office.folder / "stranger-copy")
    device.sync()
    assert device.records("opportunity") == {}
    theirs = office.admin.ask("POST", "/v1/sync/pull", {"cursor": None})["cursor"]
    refused = stranger.send("POST", "/v1/sync/pull", {"cursor": theirs})
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["cursor"]


def same_on(device: Device, deals: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a device has the deals that the API tells, with what they say."""
    return {
        id: (record.version, record.values["title"], record.values.get("probability"))
        for id, record in device.records("opportunity").items()
    } == {id: (deal["version"], deal["title"], deal["probability"]) for id, deal in deals.items()}


def trim(office: Office) -> None:
    """Remove the older half of the log, as its time to live does after ninety days."""
    client, table = office.deployment.aws("dynamodb"), office.deployment.table(office.tenant, "sync-log")
    rows = [
        item
        for page in client.get_paginator("scan").paginate(TableName=table)
        for item in page["Items"]
        if f"{office.tenant.id}#log" in item["pk"]["S"]
    ]
    for item in sorted(rows, key=lambda row: row["sk"]["S"])[:-1]:
        client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
