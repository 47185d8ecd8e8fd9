"""Every kind of record: how rows name others, what they are recognised by, what becomes of those that cannot go in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Tenants = Callable[..., str]
Importers = Callable[..., Any]


# -- recognising records ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "counts", "industry"),
    [("update", (1, 1, 0, 0), "retail"), ("skip", (1, 0, 0, 0), "old"), ("reject", (1, 0, 0, 1), "old")],
)
def test_a_record_that_is_there_is_updated_skipped_or_rejected(
    tenant: Tenants, importer: Importers, choice: str, counts: tuple[int, ...], industry: str
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme", "industry": "old"}])
    job = ada.run(
        "customer",
        "account,sector\nACME,retail\nGlobex,x\n",
        {"account": "companyName", "sector": "industry"},
        onDuplicate=choice,
    )
    assert ada.counts(job) == counts
    found = {record["companyName"].casefold(): record["industry"] for record in ada.records("customer")}
    assert found["acme"] == industry
    assert ada.result(job)["skipped"] == (1 if choice == "skip" else 0)


def test_records_are_recognised_by_the_first_rule_that_finds_one(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    by_id, by_mail, by_name = ada.fill(
        "customer",
        [
            {"companyName": "One", "externalId": "1"},
            {"companyName": "Two", "contactInfo": {"email": "two@x.example"}},
            {"companyName": "Three"},
        ],
    )
    job = ada.run(
        "customer",
        "id,name,mail\n1,One new,\n,Two new,TWO@x.example\n,three,\n4,Four,\n1,One again,\n",
        {"id": "externalId", "name": "companyName", "mail": "email"},
        matchBy=["email", "name", "externalId"],
    )
    assert [row["id"] for row in ada.rows(job)][:3] == [by_id, by_mail, by_name]
    assert ada.counts(job) == (1, 3, 0, 1)
    assert ada.reasons(job) == {6: "the same customer as in an earlier line of this file; line 2"}


def test_two_rows_of_one_record_by_different_rules_are_told_apart(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "One", "contactInfo": {"email": "one@x.example"}}])
    job = ada.run(
        "customer",
        "name,mail\nAnother name,one@x.example\nOne,\n",
        {"name": "companyName", "mail": "email"},
        matchBy=["email", "name"],
    )
    assert [row["outcome"] for row in ada.rows(job)] == ["updated", "rejected"]
    assert "line 2" in ada.reasons(job)[3]


def test_an_external_id_that_repeats_counts_once_and_may_not_be_empty(
    tenant: Tenants, importer: Importers
) -> None:
    ada, other = importer(tenant()), importer(tenant())
    other.fill("customer", [{"companyName": "Theirs", "externalId": "7"}])
    content = "nr,account\n7,Acme\n,Globex\n 7 ,Acme 2\n8,Hooli\n"
    job = ada.run("customer", content, {"nr": "externalId", "account": "companyName"})
    assert ada.counts(job) == (2, 0, 0, 2)
    assert ada.reasons(job) == {
        3: "externalId: the cell is empty",
        4: "the same customer as in an earlier line of this file; line 2",
    }
    assert {record["externalId"]: record["companyName"] for record in ada.records("customer")} == {
        "7": "Acme",
        "8": "Hooli",
    }
    assert [record["companyName"] for record in other.records("customer")] == ["Theirs"]


def test_a_name_that_another_record_has_is_refused_unless_duplicates_are_allowed(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    (acme,) = ada.fill("customer", [{"companyName": "Acme"}])
    columns = {"nr": "externalId", "account": "companyName"}
    job = ada.run("customer", "nr,account\n1,ACME\n", columns)
    assert ada.reasons(job) == {2: f"another customer has the same name; id {acme}"}
    assert ada.result(job)["problems"] == [
        {
            "code": "duplicate",
            "field": None,
            "message": "another customer has the same name",
            "count": 1,
            "lines": [2],
        }
    ]
    assert ada.counts(ada.run("customer", "nr,account\n1,ACME\n", columns, allowDuplicates=True)) == (
        1,
        0,
        0,
        0,
    )


def test_people_without_an_address_are_found_again(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    content = "first,last,mail\nAda,Lovelace,\nAlan,Turing,alan@x.example\nADA,lovelace,\n"
    columns = {"first": "firstName", "last": "lastName", "mail": "email"}
    for entity in ("lead", "contact"):
        job = ada.run(entity, content, columns)
        assert ada.counts(job) == (2, 0, 0, 1), ada.rows(job)
        assert ada.counts(ada.run(entity, content, columns)) == (0, 0, 2, 1)
        assert len(ada.records(entity)) == 2


# -- what rows name -----------------------------------------------------------------------------------------------


def test_contacts_name_their_customer_by_name_external_id_or_id(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    (foreign,) = other.fill("customer", [{"companyName": "Foreign", "externalId": "F"}])
    acme, globex = ada.fill(
        "customer", [{"companyName": "Acme"}, {"companyName": "Globex", "externalId": "G-1"}]
    )
    content = (
        "name,mail,firm\nAda,ada@x.example,acme\nAlan,alan@x.example,G-1\n"
        f"Grace,grace@x.example,{acme}\nNobody,no@x.example,Hooli\nSpy,spy@x.example,{foreign}\n"
        "Spy2,spy2@x.example,Foreign\nSpy3,spy3@x.example,F\nFree,free@x.example,\n"
    )
    job = ada.run("contact", content, {"name": "lastName", "mail": "email", "firm": "customer"})
    assert ada.counts(job) == (4, 0, 0, 4)
    assert {record["lastName"]: record.get("customerId") for record in ada.records("contact")} == {
        "Ada": acme,
        "Alan": globex,
        "Grace": acme,
        "Free": None,
    }
    reasons = ada.reasons(job)
    assert reasons[5] == "customer: 'Hooli' names no customer that there is"
    # What another tenant has looks like what nobody has.
    assert reasons[6] == f"customer: '{foreign}' names no customer that there is"
    assert (reasons[7], reasons[8]) == (
        "customer: 'Foreign' names no customer that there is",
        "customer: 'F' names no customer that there is",
    )
    assert ada.result(job)["problems"][0] == {
        "code": "unknown-reference",
        "field": "customer",
        "message": "names no customer that there is",
        "count": 4,
        "lines": [5, 6, 7, 8],
    }


def test_what_is_out_of_sight_is_not_named(tenant: Tenants, importer: Importers) -> None:
    here = tenant()
    ada = importer(here)
    ada.fill("customer", [{"companyName": "North's", "ownerId": "someone", "teamId": "north"}])
    rep = importer(here, user="rep", roles=("sales-rep",), team="south")
    job = rep.run(
        "contact",
        "name,mail,firm\nAda,a@x.example,North's\n",
        {"name": "lastName", "mail": "email", "firm": "customer"},
    )
    assert rep.reasons(job) == {2: 'customer: "North\'s" names no customer that there is'}


@pytest.mark.parametrize(
    ("choice", "counts", "customers"),
    [("reject", (1, 0, 0, 1), 1), ("leaveEmpty", (2, 0, 0, 0), 1), ("create", (2, 0, 0, 0), 2)],
)
def test_a_record_that_is_missing_rejects_is_left_out_or_is_made(
    tenant: Tenants, importer: Importers, choice: str, counts: tuple[int, ...], customers: int
) -> None:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme"}])
    content = "name,mail,firm\nAda,ada@x.example,Acme\nAlan,alan@x.example,Hooli\n"
    columns = {"name": "lastName", "mail": "email", "firm": "customer"}
    rehearsed = ada.run("contact", content, columns, onMissingReference=choice, dry_run=True)
    assert ada.counts(rehearsed) == counts
    assert len(ada.records("customer")) == 1
    job = ada.run("contact", content, columns, onMissingReference=choice)
    assert ada.counts(job) == counts
    assert len(ada.records("customer")) == customers
    assert ada.result(job)["made"] == ({"customer": 1} if choice == "create" else {})


def test_a_record_that_several_rows_miss_is_made_once(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    rows = "".join(f"P{n},p{n}@x.example,{'Hooli' if n % 2 else 'HOOLI'}\n" for n in range(6))
    job = ada.run(
        "contact",
        f"name,mail,firm\n{rows}",
        {"name": "lastName", "mail": "email", "firm": "customer"},
        onMissingReference="create",
    )
    assert ada.counts(job) == (6, 0, 0, 0), ada.reasons(job)
    (hooli,) = ada.records("customer")
    assert {record["customerId"] for record in ada.records("contact")} == {hooli["customerId"]}


PIPELINE = (
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    "1C1I7A6R,Moses Frase,GTX Plus Basic,Acme,Won,2016-10-20,2017-03-01,1054\n"
    "Z063OYW0,moses.frase@x.example,GTXPro,Acme,Won,2016-10-25,2017-03-11,4514\n"
    "EC4QE1BX,Moses Frase,MG Special,,Lost,2016-10-25,2017-03-07,0\n"
    "MV1LWRNH,Moses Fraze,GTX Pro,Acme,Engaging,2016-10-25,,\n"
    "PE84CX4O,Moses Frase,GTX Pro,Acme,Bargaining,2016-10-25,,\n"
)


def test_deals_with_everything_they_name(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    ada.run(
        "user",
        "name,office\nMoses Frase,Central\n",
        {"name": "name", "office": "team"},
        emailDomain="x.example",
    )
    ada.run(
        "product",
        "product,price\nGTX Plus Basic,1096\nGTX Pro,4821\nMG Special,55\n",
        {"product": "name", "price": "unitPrice"},
    )
    ada.run("customer", "account\nAcme\n", {"account": "companyName"})
    entries = [
        {"column": "opportunity_id", "field": "externalId"},
        {"column": "sales_agent", "field": "owner"},
        {"column": "product", "field": "product", "translations": {"GTXPro": "GTX Pro"}},
        {"column": "account", "field": "customer"},
        {"column": "deal_stage", "field": "stage", "translations": {"Engaging": "qualification"}},
        {"column": "engage_date", "field": "engageDate"},
        {"column": "close_date", "field": "closeDate"},
        {"column": "close_value", "field": "value"},
        {"field": "lossReason", "default": "not recorded"},
    ]
    job = ada.run("opportunity", PIPELINE, entries=entries)
    assert ada.counts(job) == (3, 0, 0, 2), ada.reasons(job)
    assert ada.reasons(job) == {
        5: "owner: 'Moses Fraze' names nobody that there is; did you mean 'Moses Frase'?",
        6: "stage: 'Bargaining' names no stage that there is",
    }
    deals = {record["externalId"]: record for record in ada.records("opportunity")}
    moses = ada.records("user")[0]
    won = deals["Z063OYW0"]
    assert (won["title"], won["value"], won["stage"], won["closeDate"]) == (
        "GTX Pro for Acme",
        4514,
        "won",
        "2017-03-11",
    )
    assert (won["ownerId"], won["teamId"]) == (moses["userId"], "central")
    assert (deals["EC4QE1BX"]["lossReason"], deals["EC4QE1BX"]["title"]) == ("not recorded", "MG Special")
    lines = ada.door("pipeline").call("lines", ids=[won["opportunityId"]])["items"][0]["lines"]
    assert [(line["name"], line["unitPrice"]) for line in lines] == [("GTX Pro", 4514)]
    # The same again finds all of them, and strictly those without an account are refused.
    assert ada.counts(ada.run("opportunity", PIPELINE, entries=entries)) == (0, 0, 3, 2)
    strict = [each | {"required": True} if each.get("field") == "customer" else each for each in entries]
    job = ada.run("opportunity", PIPELINE, entries=strict)
    assert ada.reasons(job)[4] == "customer: the cell is empty"


def test_activities_are_about_what_they_name(tenant: Tenants, importer: Importers) -> None:
    ada = importer(tenant())
    (acme,) = ada.fill("customer", [{"companyName": "Acme"}])
    (ada_id,) = ada.fill("contact", [{"lastName": "Lovelace", "email": "ada@x.example", "customerId": acme}])
    (deal,) = ada.fill("opportunity", [{"title": "Deal", "externalId": "D-1", "customerId": acme}])
    (lead,) = ada.fill("lead", [{"lastName": "Hopper", "email": "grace@x.example"}])
    content = (
        "id,subject,type,when,done,firm,person,deal,lead\n"
        "1,Call,Phone call,2026-03-01 10:00,,Acme,ada@x.example,,\n"
        "2,Meet,meeting,2026-03-02T09:00:00Z,,Acme,,D-1,\n"
        "3,Mail,E-Mail,,2025-01-01 08:00,,,,grace@x.example\n"
        "4,Note,note,,,Acme,,,\n"
        "5,Bad,party,,,,,,\n"
    )
    job = ada.run(
        "activity",
        content,
        {
            "id": "externalId",
            "subject": "subject",
            "type": "type",
            "when": "scheduledAt",
            "done": "completedAt",
            "firm": "customer",
            "person": "contact",
            "deal": "opportunity",
            "lead": "lead",
        },
        timeZone="Europe/Berlin",
    )
    assert ada.counts(job) == (4, 0, 0, 1), ada.reasons(job)
    found = {record["externalId"]: record for record in ada.records("activity")}
    assert [(found[id]["relatedType"], found[id]["relatedId"]) for id in "1234"] == [
        ("contact", ada_id),
        ("opportunity", deal),
        ("lead", lead),
        ("customer", acme),
    ]
    assert (found["1"]["type"], found["1"]["scheduledAt"]) == ("call", "2026-03-01T09:00:00Z")
    assert (found["3"]["status"], found["3"]["completedAt"]) == ("completed", "2025-01-01T07:00:00Z")
    assert ada.reasons(job)[6] == "type: 'party' is none of: call, email, meeting, note, task"


def test_people_are_invited_with_their_teams_and_once(tenant: Tenants, importer: Importers) -> None:
    ada, other = importer(tenant()), importer(tenant())
    content = (
        "agent,office,role\nMoses Frase,Central,\nAnna Snelling,Central,Manager\n"
        "Moses Frase,Central,\nMoses Frase,West,\n"
    )
    columns = {"agent": "name", "office": "team", "role": "role"}
    rehearsed = ada.run("user", content, columns, emailDomain="people.example", dry_run=True)
    assert (ada.counts(rehearsed), ada.records("user")) == ((2, 0, 1, 1), [])
    job = ada.run("user", content, columns, emailDomain="people.example")
    assert ada.counts(job) == (2, 0, 1, 1), ada.reasons(job)
    assert ada.reasons(job)[5] == "the same user as in an earlier line of this file; line 2"
    people = {person["name"]: person for person in ada.records("user")}
    assert (people["Moses Frase"]["role"], people["Anna Snelling"]["role"]) == ("sales-rep", "sales-manager")
    assert {person["teamId"] for person in people.values()} == {"central"}
    again = ada.run("user", content, columns, emailDomain="people.example")
    assert (ada.counts(again)[0], ada.result(again)["skipped"]) == (0, 2)
    assert other.records("user") == []
    assert ada.person.post(f"/v1/imports/{job.id}:undo").status == 409


def test_people_are_brought_by_who_may_invite_them(tenant: Tenants, importer: Importers) -> None:
    here = tenant()
    rep = importer(here, user="rep", roles=("sales-rep",))
    answer = rep.person.post("/v1/imports", {"entity": "user", "fileName": "a.csv", "sizeBytes": 1})
    assert answer.status == 403


# -- who may what -------------------------------------------------------------------------------------------------


def test_a_row_that_the_importer_may_not_write_is_rejected_and_blocks_no_other(
    tenant: Tenants, importer: Importers
) -> None:
    here = tenant()
    ada = importer(here)
    ada.run("user", "name\nUser One\n", {"name": "name"}, emailDomain="x.example")
    rep = importer(here, user="rep", roles=("sales-rep",), team="south")
    job = rep.run(
        "customer",
        "account,agent\nMine,\nTheirs,User One\n",
        {"account": "companyName", "agent": "owner"},
    )
    assert rep.counts(job) == (1, 0, 0, 1)
    assert "do not allow" in rep.reasons(job)[3]
    assert [record["ownerId"] for record in ada.records("customer")] == ["rep"]


def test_what_the_owner_of_a_record_refuses_is_told_in_the_fields_of_the_file(
    tenant: Tenants, importer: Importers
) -> None:
    ada = importer(tenant())
    many = ";".join("t" * number for number in range(1, 30))
    content = f"account,mail,tel,web,tags\nAcme,nonsense,call me,acme.example,x\nGlobex,,,,{many}\n"
    job = ada.run(
        "customer",
        content,
        {"account": "companyName", "mail": "email", "tel": "phone", "web": "website", "tags": "tags"},
    )
    first = ada.reasons(job)[2]
    assert first.startswith("email: ")
    assert "phone: " in first
    assert ada.reasons(job)[3].startswith("tags: ")
    assert {problem["field"] for problem in ada.result(job)["problems"]} == {"email", "tags"}


def test_nothing_of_a_row_is_kept_with_the_job(tenant: Tenants, importer: Importers) -> None:
    """Outcomes are objects, which an erasure searches; the job's record and progress are not."""
    ada = importer(tenant())
    job = ada.run(
        "contact",
        "name,mail,firm\nLovelace,ada@secret.example,Secret Inc\nTuring,not-an-address-secret,\n",
        {"name": "lastName", "mail": "email", "firm": "customer"},
    )
    assert ada.counts(job) == (0, 0, 0, 2)
    workspace = ada.world.jobs.job_workspace(ada.tenant, job.id)
    kept = workspace.jobs.get(job.id).model_dump_json() + repr(workspace.progress.get(job.id))
    assert "secret" not in kept.lower()
    assert "Lovelace" not in kept
