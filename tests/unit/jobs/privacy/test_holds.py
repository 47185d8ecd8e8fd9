"""Legal holds: what they keep, for how long, and how an erasure that they kept from being whole is carried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step
from personal_traces import Traces

from zebros_core.clock import FixedClock
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.job import JobState
from zebros_jobs.domain.privacy import HeldRecord, LegalHold
from zebros_jobs.repositories.legal_holds import LegalHolds

JANE = "jane.roe@example.com"
UNKNOWN = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
Tenants = Callable[..., str]
Ask = Callable[..., str]
People = Callable[..., Person]


def hold(person: Person, **what: Any) -> str:
    answer = person.post("/v1/legal-holds", {"reason": "A claim of Jane Roe is before court.", **what})
    assert answer.status == 201, answer.text
    return str(answer.body["holdId"])


def outcome_of(person: Person, job_id: str) -> str:
    said: str = person.get(f"/v1/privacy-requests/{job_id}").body["outcome"]
    return said


def certificate_of(person: Person, job_id: str) -> dict[str, Any]:
    said: dict[str, Any] = person.get(f"/v1/privacy-requests/{job_id}/certificate").body["certificate"]
    return said


@pytest.mark.parametrize("what", ["email", "all"])
def test_a_held_person_is_not_erased_until_the_hold_ends(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: People,
    traces: Traces,
    what: str,
) -> None:
    here = tenant()
    contact = add_jane(here)
    kept: Mapping[str, Any] = {
        "email": {"subject": {"email": JANE}},
        "all": {"all": True},
    }
    hold_id = hold(person(here), **kept[what])
    before = traces.of(here, JANE)
    job_id = ask(here, "erasure", contactId=contact)
    assert carry_out(container, here, job_id).state is JobState.SUCCEEDED
    assert outcome_of(person(here), job_id) == "held"
    said = certificate_of(person(here), job_id)
    assert (said["outcome"], said["verified"], said["erased"]) == ("held", False, [])
    assert [each["id"] for each in said["holds"]] == [hold_id]
    assert "court" not in str(said)
    assert set(before) <= set(traces.of(here, JANE))
    if what == "all":
        return
    # As long as it holds, carrying on comes to the same.
    again = person(here).post(f"/v1/privacy-requests/{job_id}:again").body["jobId"]
    carry_out(container, here, again)
    assert outcome_of(person(here), again) == "held"
    assert person(here).delete(f"/v1/legal-holds/{hold_id}").status == 204
    at_last = person(here).post(f"/v1/privacy-requests/{again}:again").body["jobId"]
    carry_out(container, here, at_last)
    assert outcome_of(person(here), at_last) == "done"
    assert traces.of(here, JANE, "jane roe") == []
    assert person(here).post(f"/v1/privacy-requests/{at_last}:again").status == 409


def test_a_held_record_stays_as_it_is_and_the_rest_goes(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    put_file: Callable[..., str],
    ask: Ask,
    person: People,
    traces: Traces,
) -> None:
    here = tenant()
    contact = add_jane(here)
    put_file(here, "exports/job-1/a.csv", JANE.encode())
    hold_id = hold(person(here), record={"entity": "contact", "id": contact})
    job_id = ask(here, "erasure", contactId=contact)
    carry_out(container, here, job_id)
    assert outcome_of(person(here), job_id) == "partly"
    said = certificate_of(person(here), job_id)
    assert [each["id"] for each in said["holds"]] == [hold_id]
    assert (contact, "legalHold") in {(each["id"], each["why"]) for each in said["kept"]["items"]}
    assert said["files"]["total"] == 1
    places = traces.of(here, JANE, "jane roe")
    assert [place for place in places if "transfers" in place] == []
    assert [place for place in places if place.startswith("zebros-test-contacts")]
    person(here).delete(f"/v1/legal-holds/{hold_id}")
    at_last = person(here).post(f"/v1/privacy-requests/{job_id}:again").body["jobId"]
    carry_out(container, here, at_last)
    assert outcome_of(person(here), at_last) == "done"
    assert traces.of(here, JANE, "jane roe") == []


def test_the_files_of_a_held_job_stay(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    put_file: Callable[..., str],
    ask: Ask,
    person: People,
    traces: Traces,
) -> None:
    here = tenant()
    contact = add_jane(here)
    kept = put_file(here, f"exports/{UNKNOWN}/a.csv", JANE.encode())
    put_file(here, "exports/other/a.csv", JANE.encode())
    hold(person(here), record={"entity": "job", "id": UNKNOWN})
    job_id = ask(here, "erasure", contactId=contact)
    carry_out(container, here, job_id)
    assert outcome_of(person(here), job_id) == "partly"
    assert [place.split(" ")[1] for place in traces.of(here, JANE) if "transfers" in place] == [kept]


def test_a_hold_that_is_placed_while_an_erasure_runs_stops_it(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: People,
    world: JobsWorld,
) -> None:
    here = tenant()
    contact = add_jane(here)
    job_id = ask(here, "erasure", contactId=contact)
    asked: list[str] = []

    def before(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] == "erase":
            asked.append(service)
            if service == "customers" and asked.count("customers") == 1:
                hold(person(here), subject={"email": JANE})

    world.doors.before = before
    carry_out(container, here, job_id)
    assert outcome_of(person(here), job_id) == "partly"
    assert asked == ["pipeline", "customers"]


def test_the_last_day_of_a_hold_is_its_last(
    container: Container,
    clock: FixedClock,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: People,
    traces: Traces,
) -> None:
    here = tenant()
    add_jane(here)
    today = clock.now().date().isoformat()
    hold(person(here), subject={"email": JANE}, until=today)
    (placed,) = person(here).get("/v1/legal-holds").body["items"]
    assert (placed["inForce"], placed["until"]) == (True, today)
    first = ask(here, "erasure", email=JANE)
    carry_out(container, here, first)
    assert outcome_of(person(here), first) == "held"
    clock.advance(24 * 3600)
    second = ask(here, "erasure", email=JANE)
    carry_out(container, here, second)
    assert outcome_of(person(here), second) == "done"
    # The hold that is over names the person, and so did the request that it stopped.
    assert traces.of(here, JANE, "jane roe") == []


def test_an_erasure_that_was_cancelled_half_way_is_carried_on(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: People,
    world: JobsWorld,
    traces: Traces,
) -> None:
    here = tenant()
    contact = add_jane(here)
    job_id = ask(here, "erasure", contactId=contact)

    def before(service: str, call: Mapping[str, Any]) -> None:
        if call["verb"] == "erase" and service == "activities":
            person(here).post(f"/v1/jobs/{job_id}:cancel")

    world.doors.before = before
    job = carry_out(container, here, job_id)
    assert job.state is JobState.CANCELLED
    assert outcome_of(person(here), job_id) == "stopped"
    assert person(here).get(f"/v1/privacy-requests/{job_id}/certificate").status == 404
    world.doors.before = lambda service, call: None
    again = person(here).post(f"/v1/privacy-requests/{job_id}:again").body
    assert (again["againOf"], again["subject"]["contactIds"]) == (job_id, [contact])
    carry_out(container, here, again["jobId"])
    assert outcome_of(person(here), again["jobId"]) == "done"
    assert traces.of(here, JANE, "jane roe") == []


def test_a_request_that_is_cancelled_before_it_began_leaves_nothing(
    container: Container, tenant: Tenants, add_jane: Callable[..., str], ask: Ask, person: People
) -> None:
    here = tenant()
    add_jane(here)
    job_id = ask(here, "erasure", email=JANE)
    assert person(here).post(f"/v1/privacy-requests/{job_id}:again").status == 409
    person(here).post(f"/v1/jobs/{job_id}:cancel")
    assert step(container, here, job_id, "prepare") == "cancelled"
    step(container, here, job_id, "finalize")
    step(container, here, job_id, "notify")
    assert person(here).get(f"/v1/privacy-requests/{job_id}").body["subject"]["emails"] == []
    assert person(here).post(f"/v1/privacy-requests/{job_id}:again").status == 409


def test_holds_of_other_tenants_look_missing_and_hold_nothing(
    container: Container,
    tenant: Tenants,
    add_jane: Callable[..., str],
    ask: Ask,
    person: People,
) -> None:
    here, elsewhere = tenant(), tenant()
    add_jane(here)
    hold_id = hold(person(elsewhere), subject={"email": JANE})
    hold(person(elsewhere), all=True)
    assert person(here).get("/v1/legal-holds").body == {"items": []}
    assert person(here).delete(f"/v1/legal-holds/{hold_id}").status == 404
    job_id = ask(here, "erasure", email=JANE)
    carry_out(container, here, job_id)
    assert outcome_of(person(here), job_id) == "done"
    assert len(person(elsewhere).get("/v1/legal-holds").body["items"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"reason": "x", "all": False},
        {"reason": "x", "all": True, "subject": {"email": JANE}},
        {"reason": "x", "subject": {}},
        {"reason": "", "all": True},
        {"all": True},
        {"reason": "x", "all": True, "until": "soon"},
        {"reason": "x", "record": {"entity": "A b", "id": UNKNOWN}},
        {"reason": "x" * 1001, "all": True},
        [],
    ],
)
def test_what_is_no_hold_is_refused(tenant: Tenants, person: People, body: Any) -> None:
    assert person(tenant()).post("/v1/legal-holds", body).status == 422


def test_a_repeated_hold_is_one(tenant: Tenants, person: People) -> None:
    here = tenant()
    body = {"reason": "x", "all": True}
    first = person(here).post("/v1/legal-holds", body, idempotency_key="k")
    again = person(here).post("/v1/legal-holds", body, idempotency_key="k")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert len(person(here).get("/v1/legal-holds").body["items"]) == 1


def test_there_is_room_for_so_many_held_records_and_no_more(
    container: Container, tenant: Tenants, person: People
) -> None:
    here = tenant()
    holds = LegalHolds(container.system_workspace(here, "test").lookup)
    for number in range(100):
        record = HeldRecord(entity="contact", id=f"record-{number}")
        holds.add(LegalHold(id=f"hold-{number}", record=record, reason="x", created_at="", created_by="ada"))
    body = {"reason": "x", "record": {"entity": "contact", "id": "one-more"}}
    assert person(here).post("/v1/legal-holds", body).status == 409
    hold(person(here), all=True)
