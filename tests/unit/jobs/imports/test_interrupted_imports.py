"""An import that is killed, paused, throttled or cancelled anywhere: no row is lost or doubled, or done in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from jobs_in_process import carry_out, step
from tenant_hash import tenant_facts

from zebros_core.clock import FixedClock
from zebros_core.errors import ForbiddenError, UnavailableError
from zebros_jobs.bootstrap import Container
from zebros_jobs.use_cases.parts import Parts
from zebros_jobs.use_cases.run_job import Deadline, JobRun

Tenants = Callable[..., str]
Importers = Callable[..., Any]

ROWS = 13
"""Three chunks, of five, five and three rows."""
MAP = {"name": "lastName", "mail": "email", "firm": "customer"}


class KilledError(BaseException):
    """The worker is gone: nothing after it is done."""


def people() -> str:
    """A file with good rows, one that is refused by us, one by the owner, and one that repeats another."""
    rows = [f"P{number},p{number}@x.example,{'Acme' if number % 2 else 'New Inc'}" for number in range(ROWS)]
    rows[3], rows[7], rows[11] = ",no@x.example,Acme", "Bad,no address,Acme", "P1,p1@x.example,Acme"
    return "\n".join(["name,mail,firm", *rows]) + "\n"


def outcome(ada: Any, job: Any) -> dict[str, Any]:
    """What can be seen of an import, without ids, which are each import's own."""
    facts = tenant_facts(ada.door)
    names = {key.partition(":")[2]: facts[key].get("companyName") for key in facts}
    return {
        "result": ada.result(job),
        "rows": [(row["row"], row["line"], row["outcome"], row["problem"]) for row in ada.rows(job)],
        "records": sorted(
            (
                str(each.get("lastName")),
                str(each.get("companyName")),
                str(names.get(each.get("customerId", ""))),
            )
            for each in facts.values()
        ),
        "errors": ada.file(job),
    }


@pytest.fixture
def never_killed(tenant: Tenants, importer: Importers) -> dict[str, Any]:
    ada = importer(tenant())
    ada.fill("customer", [{"companyName": "Acme"}])
    return outcome(ada, ada.run("contact", people(), MAP, onMissingReference="create"))


def begin(ada: Any) -> str:
    ada.fill("customer", [{"companyName": "Acme"}])
    job_id: str = ada.begin("contact", people(), MAP, onMissingReference="create")
    return job_id


def test_a_never_killed_import_is_what_it_should_be(never_killed: dict[str, Any]) -> None:
    result = never_killed["result"]
    assert (result["created"], result["rejected"], result["made"]) == (10, 3, {"customer": 1})
    assert len(never_killed["records"]) == 12


def until_dead(ada: Any, job_id: str) -> bool:
    """Let a worker work until it is dead, and its lease is over; whether it died."""
    container = ada.world.jobs
    try:
        for name in ("prepare", "work"):
            step(container, ada.tenant, job_id, name)
    except KilledError:
        container.clock.advance(container.settings.lease.total_seconds() + 1)
        return True
    return False


def dying_at(number: int) -> Callable[..., None]:
    calls = count()

    def die(*_: Any, **__: Any) -> None:
        if next(calls) == number:
            raise KilledError

    return die


@pytest.mark.parametrize(
    ("moment", "at"), [*(("before", at) for at in (1, 4, 7)), *(("after", at) for at in range(10))]
)
def test_killed_at_any_call_it_ends_as_one_never_killed(
    tenant: Tenants, importer: Importers, never_killed: dict[str, Any], moment: str, at: int
) -> None:
    ada = importer(tenant())
    job_id = begin(ada)
    setattr(ada.world.doors, moment, dying_at(at))
    died = until_dead(ada, job_id)
    setattr(ada.world.doors, moment, lambda service, call: None)
    assert died
    assert outcome(ada, carry_out(ada.world.jobs, ada.tenant, job_id)) == never_killed


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("stored", [False, True])
def test_killed_at_any_checkpoint_it_ends_as_one_never_killed(
    tenant: Tenants,
    importer: Importers,
    never_killed: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    stored: bool,
) -> None:
    """A part that is written and not counted, and a checkpoint after which nobody was told that it was stored."""
    ada = importer(tenant())
    job_id = begin(ada)
    target, name = (JobRun, "save") if stored else (Parts, "add")
    real, die = getattr(target, name), dying_at(at)

    def dies(*args: Any, **facts: Any) -> Any:
        done = real(*args, **facts)
        die()
        return done

    with monkeypatch.context() as patch:
        patch.setattr(target, name, dies)
        until_dead(ada, job_id)
    assert outcome(ada, carry_out(ada.world.jobs, ada.tenant, job_id)) == never_killed


@pytest.mark.parametrize("choice", ["skip", "reject"])
@pytest.mark.parametrize("entity", ["customer", "user"])
def test_what_a_killed_worker_created_was_not_there_before(
    tenant: Tenants, importer: Importers, choice: str, entity: str
) -> None:
    ada = importer(tenant())
    content = "name\n" + "".join(f"Person {number}\n" for number in range(7))
    columns = {"name": "companyName" if entity == "customer" else "name"}
    domain = {"emailDomain": f"{choice}.example"} if entity == "user" else {}
    ada.run(entity, "name\nPerson 2\n", columns, **domain)
    job_id = ada.begin(entity, content, columns, onDuplicate=choice, **domain)
    ada.world.doors.after = dying_after_applies(2)
    assert until_dead(ada, job_id)
    ada.world.doors.after = lambda service, call: None
    job = carry_out(ada.world.jobs, ada.tenant, job_id)
    other = "skipped" if choice == "skip" else "rejected"
    assert [row["outcome"] for row in ada.rows(job)] == ["created"] * 2 + [other] + ["created"] * 4


def dying_after_applies(number: int) -> Callable[..., None]:
    calls = count(1)

    def die(service: str, call: Any) -> None:
        if call["verb"] == "apply" and next(calls) == number:
            raise KilledError

    return die


def test_killed_again_and_again_it_ends_as_one_never_killed(
    tenant: Tenants, importer: Importers, never_killed: dict[str, Any]
) -> None:
    ada = importer(tenant())
    job_id = begin(ada)
    for at in (2, 3, 4, 1):
        ada.world.doors.after = dying_at(at)
        until_dead(ada, job_id)
    ada.world.doors.after = lambda service, call: None
    assert outcome(ada, carry_out(ada.world.jobs, ada.tenant, job_id)) == never_killed


def test_told_to_stop_it_ends_at_a_checkpoint_and_goes_on_from_there(
    container: Container, tenant: Tenants, importer: Importers, never_killed: dict[str, Any]
) -> None:
    ada = importer(tenant())
    job_id = begin(ada)
    step(container, ada.tenant, job_id, "prepare")
    applied: list[int] = []

    def note(service: str, call: Any) -> None:
        applied.append(len(call.get("mutations", ())))

    ada.world.doors.after = note
    for _ in range(3):
        deadline = Deadline()
        deadline.stop()
        step(container, ada.tenant, job_id, "work", deadline=deadline)
    ada.world.doors.after = lambda service, call: None
    assert outcome(ada, carry_out(container, ada.tenant, job_id)) == never_killed


@pytest.mark.parametrize("at", [1, 3, 5, 7])
def test_a_service_that_does_not_answer_is_asked_again(
    container: Container, tenant: Tenants, importer: Importers, never_killed: dict[str, Any], at: int
) -> None:
    ada = importer(tenant())
    job_id = begin(ada)
    trouble = iter([None] * at + [UnavailableError(detail="not now")])

    def stumble(service: str, call: Any) -> None:
        error = next(trouble, None)
        if error is not None:
            raise error

    step(container, ada.tenant, job_id, "prepare")
    ada.world.doors.before = stumble
    with pytest.raises(UnavailableError):
        step(container, ada.tenant, job_id, "work")
    ada.world.doors.before = lambda service, call: None
    assert outcome(ada, carry_out(container, ada.tenant, job_id)) == never_killed


def test_rows_that_found_no_capacity_are_sent_again_and_not_rejected(
    container: Container, tenant: Tenants, importer: Importers, never_killed: dict[str, Any]
) -> None:
    ada = importer(tenant())
    job_id = begin(ada)
    real = ada.world.doors.handlers["customers"]
    throttled: list[int] = []

    def short_of_capacity(call: Any, context: Any = None) -> Any:
        answer = real(call, context)
        if call["verb"] == "apply" and call["mutations"][0]["entity"] == "contact" and not throttled:
            throttled.append(1)
            problem = {"type": "https://zebros.example/problems/unavailable", "status": 503, "detail": ""}
            answer["outcomes"][-1] = {"outcome": "rejected", "id": None, "version": None, "problem": problem}
        return answer

    step(container, ada.tenant, job_id, "prepare")
    ada.world.doors.handlers["customers"] = short_of_capacity
    with pytest.raises(UnavailableError):
        step(container, ada.tenant, job_id, "work")
    ada.world.doors.handlers["customers"] = real
    assert outcome(ada, carry_out(container, ada.tenant, job_id)) == never_killed


@pytest.fixture
def at_once(container: Container) -> Iterator[Callable[[int], None]]:
    """Have so many batches under way at the same time."""
    former = container.settings

    def set_to(number: int) -> None:
        container.settings = replace(former, batches_at_once=number)

    yield set_to
    container.settings = former


@pytest.mark.parametrize("number", [0, 2])
@pytest.mark.parametrize("when", [1, 2])
def test_cancelled_it_lists_everything_that_was_done(
    tenant: Tenants,
    importer: Importers,
    at_once: Callable[[int], None],
    number: int,
    when: int,
) -> None:
    ada, other = importer(tenant()), importer(tenant())
    at_once(number)
    job_id = ada.begin(
        "customer", "account\n" + "".join(f"C{n}\n" for n in range(40)), {"account": "companyName"}
    )
    calls = count(1)

    def cancel(service: str, call: Any) -> None:
        if call["verb"] == "apply" and next(calls) == when:
            assert other.person.post(f"/v1/jobs/{job_id}:cancel").status == 404
            assert ada.person.post(f"/v1/jobs/{job_id}:cancel").status == 200

    ada.world.doors.before = cancel
    job = carry_out(ada.world.jobs, ada.tenant, job_id)
    ada.world.doors.before = lambda service, call: None
    assert job.state == "cancelled"
    result = ada.result(job)
    records = ada.records("customer")
    assert 0 < len(records) < 40
    assert result["created"] == len(records) == len(ada.rows(job, outcome="created"))
    assert {row["id"] for row in ada.rows(job)} == {record["customerId"] for record in records}
    assert result["stoppedAfterLine"] == 1 + len(records)


@pytest.mark.parametrize("verb", ["find", "apply"])
def test_refused_in_the_middle_it_lists_everything_that_was_done_before(
    tenant: Tenants, importer: Importers, at_once: Callable[[int], None], verb: str
) -> None:
    """Somebody loses a right while chunks are on their way: those that were sent are done, and said to be."""
    ada = importer(tenant())
    at_once(2)
    job_id = ada.begin(
        "customer", "account\n" + "".join(f"C{n}\n" for n in range(40)), {"account": "companyName"}
    )
    calls = count(1)

    def refuse(service: str, call: Any) -> None:
        if call["verb"] == verb and next(calls) >= 3:
            raise ForbiddenError

    ada.world.doors.before = refuse
    job = carry_out(ada.world.jobs, ada.tenant, job_id)
    ada.world.doors.before = lambda service, call: None
    assert (job.state, ada.shown(job)["problem"]["code"]) == ("failed", "forbidden")
    result = ada.result(job)
    records = ada.records("customer")
    assert len(records) == 10
    assert {row["id"] for row in ada.rows(job)} == {record["customerId"] for record in records}
    assert (result["created"], result["stoppedAfterLine"]) == (10, 11)


def test_batches_at_the_same_time_end_as_one_after_the_other(
    tenant: Tenants, importer: Importers, at_once: Callable[[int], None], never_killed: dict[str, Any]
) -> None:
    ada = importer(tenant())
    at_once(2)
    assert outcome(ada, carry_out(ada.world.jobs, ada.tenant, begin(ada))) == never_killed


def test_a_worker_that_lost_its_lease_leaves_no_trace(
    container: Container,
    tenant: Tenants,
    importer: Importers,
    clock: FixedClock,
    never_killed: dict[str, Any],
) -> None:
    """One that was thought dead comes back while another one has gone on: what it writes is counted by nobody."""
    ada = importer(tenant())
    job_id = begin(ada)
    step(container, ada.tenant, job_id, "prepare")
    overtaken: list[str] = []

    def overtake(service: str, call: Any) -> None:
        if call["verb"] == "apply" and call["mutations"][0]["entity"] == "contact" and not overtaken:
            overtaken.append("now")
            clock.advance(container.settings.lease.total_seconds() + 1)
            ada.world.doors.after = lambda service, call: None
            assert step(container, ada.tenant, job_id, "work") == "done"

    ada.world.doors.after = overtake
    assert step(container, ada.tenant, job_id, "work") == "again"
    assert outcome(ada, carry_out(container, ada.tenant, job_id)) == never_killed
