"""Undoing an import: the tenant is as before, and what was edited since stays, with a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from jobs_in_process import carry_out, step
from tenant_hash import differences, hash_of, tenant_facts

from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError, ValidationError
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.catching_up import CatchingUp
from zebros_jobs.domain.job import Job, JobKind
from zebros_jobs.domain.undos import UndoOutcome, undoing_of, written_records
from zebros_jobs.use_cases.run_job import Deadline
from zebros_jobs.use_cases.run_step import run_step
from zebros_jobs.works import work_of

Tenants = Callable[..., str]
Importers = Callable[..., Any]
History = Callable[[], int]

MAP = {"account": "companyName", "sector": "industry", "mail": "email", "city": "city", "tags": "tags"}


def facts_of(ada: Any) -> dict[str, Any]:
    return tenant_facts(ada.door)


def kept(ada: Any, undo: Job) -> list[list[str]]:
    return list(csv.reader(io.StringIO(ada.file(undo).decode())))[1:]


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_after_an_undo_the_tenant_is_as_before(
    tenant: Tenants, importer: Importers, history: History, model: str
) -> None:
    ada, other = importer(tenant(model)), importer(tenant(model))
    ada.fill(
        "customer",
        [
            {
                "companyName": "Acme",
                "industry": "old",
                "tags": ["a", "b"],
                "contactInfo": {"phone": "123456"},
            },
            {"companyName": "Globex", "contactInfo": {"email": "info@globex.example"}},
            {"companyName": "Untouched"},
        ],
    )
    other.fill("customer", [{"companyName": "Acme", "industry": "old"}])
    history()
    before, elsewhere = facts_of(ada), facts_of(other)
    job = ada.run(
        "customer",
        "account,sector,mail,city,tags\nACME,new,info@acme.example,Berlin,b;c\nGlobex,x,,Paris,\n"
        + "".join(f"New {number},y,,,\n" for number in range(12)),
        MAP,
    )
    assert ada.counts(job) == (12, 2, 0, 0)
    assert hash_of(facts_of(ada)) != hash_of(before)
    history()
    undo = ada.undo(job)
    assert differences(before, facts_of(ada)) == []
    assert hash_of(facts_of(ada)) == hash_of(before)
    assert ada.shown(undo)["state"] == "succeeded"
    assert ada.shown(undo)["parentId"] == job.id
    assert ada.result(undo) == {
        "importId": job.id,
        "removed": 12,
        "restored": 2,
        "unchanged": 0,
        "kept": 0,
    }
    assert undo.files == ()
    assert facts_of(other) == elsewhere


def test_again_it_changes_nothing(tenant: Tenants, importer: Importers, history: History) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme", "industry": "old"}])
    history()
    job = ada.run(
        "customer", "account,sector\nAcme,new\nGlobex,x\n", {"account": "companyName", "sector": "industry"}
    )
    history()
    ada.undo(job)
    history()
    after = facts_of(ada)
    again = ada.undo(job)
    assert ada.result(again)["unchanged"] == 2
    assert facts_of(ada) == after
    # What was undone can be imported again, and that undone.
    job = ada.run(
        "customer", "account,sector\nAcme,new\nGlobex,x\n", {"account": "companyName", "sector": "industry"}
    )
    history()
    assert ada.result(ada.undo(job))["removed"] == 1
    assert facts_of(ada) == after


def test_what_was_edited_since_stays_and_is_listed(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    ada.fill(
        "customer",
        [
            {"companyName": "Acme", "industry": "old", "tier": "gold", "tags": ["a"]},
            {"companyName": "Globex", "industry": "old"},
        ],
    )
    history()
    job = ada.run(
        "customer",
        "account,sector,tier,tags\nAcme,new,silver,a;b\nGlobex,new,,\nNew 1,x,,\nNew 2,x,,\nNew 3,x,,\n",
        {"account": "companyName", "sector": "industry", "tier": "tier", "tags": "tags"},
    )
    ids = {row["line"]: row["id"] for row in ada.rows(job)}
    history()
    door = ada.door("customers")
    edits = [
        (ids[2], {"industry": "mine", "tags": ["a", "b", "mine"]}),
        (ids[3], {"industry": "mine"}),
        (ids[4], {"tier": "gold"}),
        (ids[5], {"industry": "x"}),
    ]
    door.apply(
        [
            {
                "mutationId": f"edit-{id}",
                "entity": "customer",
                "operation": "update",
                "id": id,
                "changes": changes,
            }
            for id, changes in edits
        ]
    )
    history()
    undo = ada.undo(job)
    assert ada.result(undo) | {"importId": ""} == {
        "importId": "",
        "removed": 2,
        "restored": 1,
        "unchanged": 0,
        "kept": 2,
    }
    assert sorted(kept(ada, undo)) == sorted(
        [
            ["customer", ids[2], "partly edited since", "industry"],
            ["customer", ids[3], "edited since", "industry"],
            ["customer", ids[4], "edited since", "tier"],
        ]
    )
    found = {record["customerId"]: record for record in ada.records("customer")}
    assert (found[ids[2]]["industry"], found[ids[2]]["tier"], found[ids[2]]["tags"]) == (
        "mine",
        "gold",
        ["a", "mine"],
    )
    assert set(found) == {ids[2], ids[3], ids[4]}


@pytest.mark.parametrize("model", ["silo", "bridge", "pool"])
def test_what_others_have_built_on_since_is_kept_with_their_work(
    tenant: Tenants, importer: Importers, history: History, model: str
) -> None:
    ada, other = importer(tenant(model)), importer(tenant(model))
    names = ("Contact", "Deal", "Call", "Moved", "Gone", "Lonely")
    job = ada.run(
        "customer", "account\n" + "".join(f"{name}\n" for name in names), {"account": "companyName"}
    )
    ids = dict(zip(names, (row["id"] for row in ada.rows(job)), strict=True))
    elsewhere = other.run("customer", "account\nContact\n", {"account": "companyName"})
    ada.fill("contact", [{"lastName": "Theirs", "customerId": ids["Contact"]}])
    ada.fill("opportunity", [{"title": "Theirs", "customerId": ids["Deal"]}])
    ada.fill(
        "activity",
        [
            {"type": "call", "subject": "Theirs", "relatedType": "customer", "relatedId": ids["Call"]},
            {"type": "call", "subject": "Theirs", "relatedType": "customer", "relatedId": ids["Deal"]},
        ],
    )
    moved, gone = ada.fill(
        "contact", [{"lastName": "Moved"}, {"lastName": "Gone", "customerId": ids["Gone"]}]
    )
    ada.door("customers").apply(
        [
            {
                "mutationId": "move",
                "entity": "contact",
                "operation": "update",
                "id": moved,
                "changes": {"customerId": ids["Moved"]},
            },
            {"mutationId": "gone", "entity": "contact", "operation": "delete", "id": gone},
        ]
    )
    history()
    before = facts_of(ada)
    undo = ada.undo(job)
    assert (ada.result(undo)["removed"], ada.result(undo)["kept"]) == (2, 4), kept(ada, undo)
    assert sorted(kept(ada, undo)) == sorted(
        [
            ["customer", ids["Contact"], "in-use", "contact"],
            ["customer", ids["Deal"], "in-use", "activity; opportunity"],
            ["customer", ids["Call"], "in-use", "activity"],
            ["customer", ids["Moved"], "in-use", "contact"],
        ]
    )
    assert {record["customerId"] for record in ada.records("customer")} == {
        ids[name] for name in ("Contact", "Deal", "Call", "Moved")
    }
    assert len(differences(before, facts_of(ada))) == 2
    undone = other.undo(elsewhere)
    assert other.result(undone)["removed"] == 1, "what another tenant has is nobody's business here"


@pytest.mark.parametrize("entity", ["contact", "lead", "opportunity"])
def test_people_and_deals_that_others_work_on_are_kept(
    tenant: Tenants, importer: Importers, history: History, entity: str
) -> None:
    ada = importer(tenant())
    (acme,) = ada.fill("customer", [{"companyName": "Acme"}])
    name = "title" if entity == "opportunity" else "lastName"
    columns = {"id": "externalId", "name": name}
    content = "id,name\n1,One\n2,Two\n3,Three\n"
    if entity == "contact":
        columns["firm"] = "customer"
        content = "id,name,firm\n1,One,Acme\n2,Two,Acme\n3,Three,Acme\n"
    job = ada.run(entity, content, columns)
    one, two, three = (row["id"] for row in ada.rows(job))
    ada.fill("activity", [{"type": "note", "subject": "S", "relatedType": entity, "relatedId": one}])
    expected = [[entity, one, "in-use", "activity"]]
    if entity == "contact":
        ada.fill("opportunity", [{"title": "Deal", "customerId": acme, "contactId": two}])
        expected.append([entity, two, "in-use", "opportunity"])
    history()
    undo = ada.undo(job)
    assert sorted(kept(ada, undo)) == sorted(expected)
    assert ada.result(undo)["removed"] == 3 - len(expected)
    assert three not in {record[f"{entity}Id"] for record in ada.records(entity)}


def test_what_another_import_brought_counts_until_that_is_undone(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    customers = ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    contacts = ada.run("contact", "name,firm\nAda,Acme\n", {"name": "lastName", "firm": "customer"})
    history()
    assert ada.result(ada.undo(customers))["kept"] == 1
    assert ada.result(ada.undo(contacts))["removed"] == 1
    history()
    assert ada.result(ada.undo(customers))["removed"] == 1


def test_a_customer_made_by_the_way_stays_with_a_contact_that_stays(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    job = ada.run(
        "contact",
        "name,firm\nAda,Hooli\nAlan,Hooli\n",
        {"name": "lastName", "firm": "customer"},
        onMissingReference="create",
    )
    one = ada.rows(job)[0]["id"]
    ada.fill("activity", [{"type": "note", "subject": "S", "relatedType": "contact", "relatedId": one}])
    history()
    undo = ada.undo(job)
    (hooli,) = ada.records("customer")
    assert sorted(kept(ada, undo)) == [
        ["contact", one, "in-use", "activity"],
        ["customer", hooli["customerId"], "in-use", "activity; contact"],
    ]


def test_what_is_in_use_is_told_to_our_own_machinery_only(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    (acme,) = ada.fill("customer", [{"companyName": "Acme"}])
    ada.fill("contact", [{"lastName": "Ada", "customerId": acme}])
    jobs = ada.world.jobs
    for service in ("customers", "pipeline", "activities"):
        with pytest.raises(ForbiddenError):
            ada.door(service).related("customer", [acme])
        with pytest.raises(ValidationError):
            jobs.job_workspace(ada.tenant, "J").system_door(service).related("product", [acme])
        assert jobs.job_workspace(other.tenant, "J").system_door(service).related("customer", [acme]) == {}
    asked = jobs.job_workspace(ada.tenant, "J").system_door("customers")
    never = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert asked.related("customer", [never, acme, acme]) == {acme: ["contact"]}
    with pytest.raises(ValidationError):
        asked.related("customer", ["no id"])


def test_it_waits_for_the_history(
    container: Container, tenant: Tenants, importer: Importers, history: History, clock: FixedClock
) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account\nAcme\nGlobex\n", {"account": "companyName"})
    undo = ada.person.post(f"/v1/imports/{job.id}:undo").body["jobId"]
    assert step(container, ada.tenant, undo, "prepare") == "again"
    assert len(ada.records("customer")) == 2
    history()
    assert ada.result(carry_out(container, ada.tenant, undo))["removed"] == 2


def test_it_says_what_it_waits_for_and_begins_soon_after(
    container: Container, tenant: Tenants, importer: Importers, history: History, clock: FixedClock
) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account\nAcme\nGlobex\n", {"account": "companyName"})
    undo = ada.person.post(f"/v1/imports/{job.id}:undo").body["jobId"]
    workspace = container.job_workspace(ada.tenant, undo)
    pauses: list[int] = []
    for _ in range(20):
        answer = run_step(workspace, work_of(JobKind.UNDO), "prepare", undo, Deadline())
        assert answer.outcome == "again"
        pauses.append(answer.wait_seconds)
        clock.advance(answer.wait_seconds)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 15)
    assert ada.shown(undo)["progress"] | {"updatedAt": None} == {
        "done": 0,
        "total": 2,
        "unit": "records",
        "counters": {},
        "note": "waiting for the history, which has 0 of 2 changes",
        "updatedAt": None,
    }
    history()
    assert step(container, ada.tenant, undo, "prepare") == "small"
    assert ada.shown(undo)["progress"]["note"] == ""
    assert ada.result(carry_out(container, ada.tenant, undo))["removed"] == 2


def test_a_cancelled_wait_has_undone_nothing(
    container: Container, tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    undo = ada.person.post(f"/v1/imports/{job.id}:undo").body["jobId"]
    assert step(container, ada.tenant, undo, "prepare") == "again"
    assert ada.person.post(f"/v1/jobs/{undo}:cancel").status in {200, 202}
    assert carry_out(container, ada.tenant, undo).state == "cancelled"
    assert len(ada.records("customer")) == 1


def looks(expected: int, per_second: float) -> list[CatchingUp]:
    """Give the looks at a history that catches up at a pace, until it is level or an hour is over."""
    found = [CatchingUp.after(None, known=0, expected=expected, waited=0)]
    while found[-1].known < expected and found[-1].waited < 3600:
        waited = found[-1].waited + found[-1].pause
        known = min(expected, int(waited * per_second))
        found.append(CatchingUp.after(found[-1], known=known, expected=expected, waited=waited))
    return found


@pytest.mark.parametrize(("expected", "per_second"), [(1_000, 10), (1_000, 90), (10_000, 100), (3, 0.1)])
def test_an_undo_begins_soon_after_its_history_is_level(expected: int, per_second: float) -> None:
    last = looks(expected, per_second)[-1]
    assert last.known == expected
    assert last.waited - expected / per_second <= 4


@pytest.mark.parametrize("per_second", [0, 0.1, 1, 100, 10_000])
def test_a_state_machine_has_turns_for_the_whole_hour(per_second: float) -> None:
    found = looks(10**9, per_second)
    assert len(found) < 480
    assert all(2 <= look.pause <= 15 for look in found)
    assert CatchingUp.load(found[-1].dump()) == found[-1]


def test_a_history_that_never_catches_up_fails_the_undo(
    container: Container, tenant: Tenants, importer: Importers, clock: FixedClock
) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    undo_id = ada.person.post(f"/v1/imports/{job.id}:undo").body["jobId"]
    assert step(container, ada.tenant, undo_id, "prepare") == "again"
    clock.advance(3601)
    undo = carry_out(container, ada.tenant, undo_id)
    assert (undo.state, ada.shown(undo)["problem"]["errors"][0]["code"]) == ("failed", "history-behind")
    assert len(ada.records("customer")) == 1


def test_what_was_made_along_the_way_goes_last(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme"}])
    history()
    before = facts_of(ada)
    job = ada.run(
        "contact",
        "name,mail,firm\nAda,ada@x.example,Acme\nAlan,alan@x.example,Hooli\nGrace,grace@x.example,Hooli\n",
        {"name": "lastName", "mail": "email", "firm": "customer"},
        onMissingReference="create",
    )
    history()
    order: list[str] = []
    ada.world.doors.before = lambda service, call: order.extend(
        mutation["entity"] for mutation in call.get("mutations", ())
    )
    undo = ada.undo(job)
    assert order == ["contact", "contact", "contact", "customer"]
    assert ada.result(undo)["removed"] == 4
    assert differences(before, facts_of(ada)) == []


DEALS = "id,title,stage,value,product,reason\n"
DEAL_MAP = {
    "id": "externalId",
    "title": "title",
    "stage": "stage",
    "value": "value",
    "product": "product",
    "reason": "lossReason",
}


def test_deals_get_their_stage_their_value_and_their_lines_back(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    one, two = ada.fill(
        "product",
        [
            {"name": "One", "unitPrice": 10, "currency": "EUR"},
            {"name": "Two", "unitPrice": 20, "currency": "EUR"},
        ],
    )
    ada.fill(
        "opportunity",
        [
            {"title": "Moved", "externalId": "1", "stage": "proposal", "probability": 60, "currency": "EUR"},
            {
                "title": "Closed",
                "externalId": "2",
                "stage": "prospecting",
                "currency": "EUR",
                "lines": [{"productId": one, "quantity": 3}, {"productId": two, "unitPrice": 15}],
                "tags": ["big"],
            },
            {
                "title": "Won",
                "externalId": "3",
                "stage": "won",
                "value": 5,
                "closeDate": "2025-01-01",
                "currency": "EUR",
            },
        ],
    )
    history()
    before = facts_of(ada)
    job = ada.run(
        "opportunity",
        DEALS
        + "1,Moved on,negotiation,700,One,\n2,Closed now,lost,50,Two,too dear\n3,Won,won,6,One,\n4,New,won,9,One,\n",
        DEAL_MAP,
    )
    assert ada.counts(job) == (1, 3, 0, 0), ada.reasons(job)
    assert len(differences(before, facts_of(ada))) > 8
    history()
    undo = ada.undo(job)
    assert ada.result(undo)["kept"] == 0, kept(ada, undo)
    assert differences(before, facts_of(ada)) == []
    history()
    assert ada.result(ada.undo(job))["unchanged"] == 4


def test_activities_get_their_whole_texts_back(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    ada = importer(tenant())
    long, other = "word " * 400, "text " * 300
    ada.fill("activity", [{"type": "note", "subject": "S", "externalId": "1", "description": long.strip()}])
    history()
    before = facts_of(ada)
    job = ada.run(
        "activity",
        f"id,subject,text\n1,S,{other.strip()}\n",
        {"id": "externalId", "subject": "subject", "text": "description"},
        entries=[{"field": "type", "default": "note"}],
    )
    assert ada.counts(job) == (0, 1, 0, 0), ada.reasons(job)
    history()
    ada.undo(job)
    assert differences(before, facts_of(ada)) == []


def test_what_the_requester_may_not_change_stays(
    tenant: Tenants, importer: Importers, history: History
) -> None:
    here = tenant()
    ada = importer(here)
    job = ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    history()
    rep = importer(here, user="rep", roles=("sales-rep",), team="south")
    assert rep.person.post(f"/v1/imports/{job.id}:undo").status == 404, "it is not theirs to see"
    manager = importer(here, user="boss", roles=("sales-manager",))
    assert manager.person.post(f"/v1/imports/{job.id}:undo").status == 404


def test_an_import_that_runs_is_not_undone(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    job_id = ada.begin("customer", "account\nAcme\n", {"account": "companyName"})
    refused = ada.person.post(f"/v1/imports/{job_id}:undo")
    assert (refused.status, "queued" in refused.body["detail"]) == (409, True)


def test_an_import_is_undone_for_ninety_days(tenant: Tenants, importer: Importers, clock: FixedClock) -> None:
    ada = importer(tenant())
    job = ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    clock.advance(91 * 24 * 3600)
    assert ada.person.post(f"/v1/imports/{job.id}:undo").status == 409


class KilledError(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize(
    ("at", "moment"), [(3, "before"), (4, "before"), *((number, "after") for number in range(2, 8))]
)
def test_killed_anywhere_an_undo_ends_as_one_never_killed(
    container: Container,
    tenant: Tenants,
    importer: Importers,
    history: History,
    clock: FixedClock,
    at: int,
    moment: str,
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": f"Old {number}", "industry": "old"} for number in range(3)])
    history()
    before = facts_of(ada)
    rows = "".join(f"Old {number},new\n" for number in range(3)) + "".join(
        f"N {number},x\n" for number in range(4)
    )
    job = ada.run("customer", f"account,sector\n{rows}", {"account": "companyName", "sector": "industry"})
    history()
    undo = ada.person.post(f"/v1/imports/{job.id}:undo").body["jobId"]
    calls = iter(range(1000))

    def die(service: str, call: Any) -> None:
        if next(calls) == at:
            raise KilledError

    setattr(ada.world.doors, moment, die)
    try:
        for name in ("prepare", "work"):
            step(container, ada.tenant, undo, name)
    except KilledError:
        clock.advance(container.settings.lease.total_seconds() + 1)
    setattr(ada.world.doors, moment, lambda service, call: None)
    history()
    ended = carry_out(container, ada.tenant, undo)
    assert ended.state == "succeeded"
    assert differences(before, facts_of(ada)) == []


# -- the rules ----------------------------------------------------------------------------------------------------


def change(operation: str, version: int, **fields: tuple[Any, Any]) -> dict[str, Any]:
    return {
        "entity": "customer",
        "id": "C",
        "version": version,
        "operation": operation,
        "changes": {name: {"before": before, "after": after} for name, (before, after) in fields.items()},
    }


def test_versions_of_one_record_are_undone_as_one() -> None:
    (record,) = written_records(
        [change("updated", 2, tier=("a", "b")), change("updated", 3, tier=("b", "c"), industry=(None, "x"))]
    )
    undoing = undoing_of(record, {"version": 3, "tier": "c", "industry": "x"}, "customerId", ())
    assert (undoing.outcome, undoing.patch) == (UndoOutcome.RESTORED, {"tier": "a", "industry": None})


def test_what_our_own_machinery_changed_is_nobodys_edit() -> None:
    (record,) = written_records([change("created", 1, lastName=(None, "Ada"))])
    present = {"version": 4, "lastName": "Ada", "lastContactedAt": "2026-01-01T00:00:00Z"}
    assert undoing_of(record, present, "contactId", {"lastContactedAt"}).outcome is UndoOutcome.REMOVED
    assert undoing_of(record, present, "contactId", ()).kept == ["lastContactedAt"]


def test_members_of_an_object_are_undone_one_by_one() -> None:
    (record,) = written_records(
        [
            change(
                "updated",
                2,
                contactInfo=(
                    {"phone": "1", "address": {"city": "A"}},
                    {"phone": "2", "email": "x", "address": {"city": "B", "street": "S"}},
                ),
            )
        ]
    )
    present = {
        "version": 3,
        "contactInfo": {
            "phone": "mine",
            "email": "x",
            "website": "w",
            "address": {"city": "B", "street": "S"},
        },
    }
    undoing = undoing_of(record, present, "customerId", ())
    assert undoing.patch == {"contactInfo": {"email": None, "address": {"city": "A", "street": None}}}
    assert undoing.kept == ["contactInfo.phone"]
