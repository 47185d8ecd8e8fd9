"""Tenants with people, customers, deals, leads and activities, and reports of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from callers import Person
from jobs_in_process import InMemorySchedules, JobsWorld, carry_out

from zebros_auth.domain.team import Team
from zebros_auth.domain.user import Role, User, UserStatus
from zebros_core.ids import new_id
from zebros_core.tenancy import TenantContext
from zebros_jobs.adapters.reports.engine import DuckDbEngine
from zebros_jobs.adapters.reports.writers import FileWriters
from zebros_jobs.domain.job import Job
from zebros_jobs.domain.reports.ports import ReportMail
from zebros_jobs.use_cases.reports.work import ReportWork
from zebros_jobs.use_cases.run_job import Work

AREA = {"customer": "customers", "activity": "activities"}


@dataclass
class MailRoom:
    """A mail service that keeps what it is handed; `trouble` is raised by the next mails, one after the other."""

    enabled: bool = True
    sent: list[ReportMail] = field(default_factory=list[ReportMail])
    trouble: list[Exception] = field(default_factory=list[Exception])

    def send(self, mail: ReportMail) -> str:
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append(mail)
        return f"message-{len(self.sent)}"


@pytest.fixture(scope="module")
def scheduler(world: JobsWorld) -> InMemorySchedules:
    made = world.jobs.report_scheduler
    assert isinstance(made, InMemorySchedules)
    return made


@pytest.fixture
def mails() -> MailRoom:
    return MailRoom()


@dataclass
class Company:
    """One tenant: its records, written through the doors as by an administrator, and its people."""

    world: JobsWorld
    id: str

    def put(self, entity: str, **changes: Any) -> str:
        """Make a record and return its id."""
        service = AREA.get(entity, "pipeline")
        context = TenantContext(
            self.id,
            "user-1",
            roles=frozenset({"tenant-admin"}),
            team_id="north",
            isolation=self.world.jobs.registry.get(self.id).isolation,
        )
        wish = {
            "mutationId": new_id(self.world.jobs.clock),
            "entity": entity,
            "operation": "create",
            "skipDuplicates": True,
            "changes": changes,
        }
        (outcome,) = self.world.jobs.bulk_doors.door(service, context).apply([wish])
        assert outcome["outcome"] == "created", outcome
        return str(outcome["id"])

    def deal(self, outcome: str = "won", **changes: Any) -> str:
        """Make a deal that is over; in euros, closed in March 2017, unless told otherwise."""
        usual = {"title": "Deal", "value": 100, "currency": "EUR", "closeDate": "2017-03-15"}
        if outcome == "lost":
            usual["lossReason"] = "price"
        return self.put("opportunity", **{**usual, "stage": outcome, **changes})

    def add(self, user_id: str, role: str = "sales-manager", **facts: Any) -> str:
        """Add somebody to the people."""
        users = self.world.auth.system_workspace(self.id, "test").users
        usual: dict[str, Any] = {
            "username": user_id,
            "email": f"{user_id}@{self.id}.example",
            "name": user_id.title(),
            "status": UserStatus.ACTIVE,
        }
        users.enrol(User(user_id=user_id, role=Role(role), **{**usual, **facts}))
        return user_id

    def change(self, user_id: str, **facts: Any) -> None:
        """Change somebody."""
        users = self.world.auth.system_workspace(self.id, "test").users
        present = users.get(user_id)
        users.save(present.model_copy(update=facts), previous=present)

    def team(self, team_id: str, name: str) -> None:
        """Add a team."""
        self.world.auth.system_workspace(self.id, "test").teams.add(Team(team_id=team_id, name=name))

    def set_currencies(self, base: str, rates: Mapping[str, Any]) -> None:
        """Set the base currency and rates."""
        from zebros_pipeline.domain.currencies import CurrenciesDraft

        workspace = self.world.pipeline.system_workspace(self.id, "test")
        draft = CurrenciesDraft.model_validate({"baseCurrency": base, "rates": rates})
        workspace.currencies.replace(draft, previous=workspace.currencies.get())


@pytest.fixture
def company(world: JobsWorld, tenant: Callable[..., str]) -> Callable[..., Company]:
    """Found a company; further facts are its settings."""
    return lambda model="pool", **settings: Company(world, tenant(model, **settings))


@pytest.fixture
def work(world: JobsWorld, mails: MailRoom) -> ReportWork:
    """The work of reports, with pages of two records and mails that are kept."""
    return ReportWork(
        DuckDbEngine, FileWriters(), lambda settings: mails, lambda settings: world.jobs.permissions, page=2
    )


@pytest.fixture
def ask(person: Callable[..., Person]) -> Callable[..., str]:
    """Ask for a report and return the id of its job."""

    def request(company: Company, who: Person | None = None, /, status: int = 202, **report: Any) -> str:
        answer = (who or person(company.id)).post("/v1/reports", report)
        assert answer.status == status, answer.text
        return str(answer.body["jobId"])

    return request


@pytest.fixture
def make(
    world: JobsWorld, work: ReportWork, ask: Callable[..., str], person: Callable[..., Person]
) -> Callable[..., Any]:
    """Ask for a report, carry it out, and return what the API says of it."""

    def carried(company: Company, /, with_work: Work | None = None, **report: Any) -> Any:
        job_id = ask(company, **{"formats": [], **report})
        job = carry_out(world.jobs, company.id, job_id, work=with_work or work)
        assert job.state == "succeeded", job.problem
        return person(company.id).get(f"/v1/reports/{job_id}").body

    return carried


@pytest.fixture
def carry(world: JobsWorld, work: ReportWork) -> Callable[..., Job]:
    """Carry a report's job out."""
    return lambda company, job_id: carry_out(world.jobs, company.id, job_id, work=work)
