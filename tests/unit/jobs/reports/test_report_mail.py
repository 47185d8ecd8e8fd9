"""Reports by mail: to whom, with what, each at most once; and the services that carry and wake them."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import policy
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from callers import Person
from jobs_in_process import JobsWorld, carry_out, step

from zebros_auth.domain.user import Role, UserStatus
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_core.errors import UnavailableError
from zebros_jobs.adapters.report_schedules import RecurringSchedules
from zebros_jobs.adapters.reports.mail import SesReportMailer, compose
from zebros_jobs.domain.reports.ports import Attachment, ReportMail
from zebros_jobs.domain.reports.schedule import Paused, Recurrence, ReportSchedule
from zebros_jobs.settings import Settings
from zebros_jobs.use_cases.reports import mail_report as mailing
from zebros_jobs.works import work_of

Company = Any
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def staffed(company: Callable[..., Company]) -> Company:
    one = company()
    one.add("ada", email="ada@example.com")
    one.add("bob", role="viewer")
    one.deal(value=1234)
    return one


@pytest.fixture
def sent(world: JobsWorld, staffed: Company, ask: Callable[..., str], work: Any) -> Callable[..., str]:
    """Ask for a report that is mailed, carry it out, and return its job."""

    def run(*recipients: str, **asked: Any) -> str:
        usual = {"report": "sales", "period": "2017", "formats": ["csv", "pdf"]}
        job_id = ask(staffed, **{**usual, "recipients": list(recipients), **asked})
        carry_out(world.jobs, staffed.id, job_id, work=work)
        return job_id

    return run


def test_each_recipient_gets_the_figures_and_the_files(
    sent: Callable[..., str], mails: Any, staffed: Company
) -> None:
    job_id = sent("bob", "ADA@example.com", title="Our sales")
    assert [mail.to for mail in mails.sent] == [f"bob@{staffed.id}.example", "ada@example.com"]
    mail = mails.sent[0]
    assert (mail.subject, mail.sender_name) == ("Our sales: 2017", staffed.id)
    assert "Value won: 1,234.00 EUR" in mail.text and "1,234.00 EUR" in mail.html
    assert [(file.name, file.content_type) for file in mail.attachments] == [
        ("sales-2017.csv", "text/csv; charset=utf-8"),
        ("sales-2017.pdf", "application/pdf"),
    ]
    assert mail.attachments[1].content.startswith(b"%PDF")
    assert mail.tags == {"tenantId": staffed.id, "service": "jobs", "jobId": job_id}
    assert len({mail.id for mail in mails.sent}) == 2


def test_the_step_that_is_repeated_mails_nobody_twice(
    world: JobsWorld, sent: Callable[..., str], mails: Any, staffed: Company, work: Any
) -> None:
    job_id = sent("ada", "bob")
    for _ in range(3):
        step(world.jobs, staffed.id, job_id, "notify", work=work)
    assert len(mails.sent) == 2


def test_who_has_left_or_may_not_see_reports_any_more_gets_none(
    world: JobsWorld, staffed: Company, ask: Callable[..., str], work: Any, mails: Any
) -> None:
    staffed.add("eve")
    job_id = ask(staffed, report="sales", period="2017", recipients=["ada", "bob", "eve"])
    staffed.change("ada", status=UserStatus.DEACTIVATED)
    staffed.change("bob", role=Role.SALES_REP)
    staffed.change("eve", email="new@example.com")
    carry_out(world.jobs, staffed.id, job_id, work=work)
    assert [mail.to for mail in mails.sent] == ["new@example.com"], "to where they have their mail now"


def test_what_was_certainly_not_taken_is_sent_again(
    world: JobsWorld, staffed: Company, ask: Callable[..., str], work: Any, mails: Any
) -> None:
    mails.trouble = [NotTakenError()]
    job_id = ask(staffed, report="sales", period="2017", recipients=["ada", "bob"])
    for name in ("prepare", "work", "check", "finalize"):
        step(world.jobs, staffed.id, job_id, name, work=work)
    with pytest.raises(NotTakenError):
        step(world.jobs, staffed.id, job_id, "notify", work=work)
    step(world.jobs, staffed.id, job_id, "notify", work=work)
    assert len(mails.sent) == 2


@pytest.mark.parametrize("trouble", [RefusedError("MessageRejected"), DeliveryUncertainError()])
def test_what_was_refused_or_may_be_lost_is_not_and_stops_no_other(
    world: JobsWorld, staffed: Company, ask: Callable[..., str], work: Any, mails: Any, trouble: Exception
) -> None:
    mails.trouble = [trouble]
    job_id = ask(staffed, report="sales", period="2017", recipients=["ada", "bob"])
    carry_out(world.jobs, staffed.id, job_id, work=work)
    step(world.jobs, staffed.id, job_id, "notify", work=work)
    assert [mail.to for mail in mails.sent] == [f"bob@{staffed.id}.example"]


def test_killed_between_the_mark_and_the_mail_it_is_not_sent_twice(
    world: JobsWorld, staffed: Company, ask: Callable[..., str], work: Any, mails: Any
) -> None:
    class KilledError(BaseException):
        pass

    mails.trouble = [KilledError()]
    job_id = ask(staffed, report="sales", period="2017", recipients=["ada", "bob"])
    for name in ("prepare", "work", "check", "finalize"):
        step(world.jobs, staffed.id, job_id, name, work=work)
    with pytest.raises(KilledError):
        step(world.jobs, staffed.id, job_id, "notify", work=work)
    step(world.jobs, staffed.id, job_id, "notify", work=work)
    assert [mail.to for mail in mails.sent] == [f"bob@{staffed.id}.example"], "nobody knows of the first one"


def test_a_job_that_failed_or_was_cancelled_mails_nothing(
    world: JobsWorld,
    staffed: Company,
    ask: Callable[..., str],
    work: Any,
    mails: Any,
    person: Callable[..., Person],
) -> None:
    job_id = ask(staffed, report="sales", period="2017", recipients=["ada"])
    person(staffed.id).post(f"/v1/jobs/{job_id}:cancel")
    carry_out(world.jobs, staffed.id, job_id, work=work)
    assert mails.sent == []


def test_without_a_sender_nothing_is_mailed_and_the_report_is_made(
    world: JobsWorld, staffed: Company, sent: Callable[..., str], mails: Any, person: Callable[..., Person]
) -> None:
    mails.enabled = False
    job_id = sent("ada")
    assert mails.sent == []
    assert person(staffed.id).get(f"/v1/reports/{job_id}").body["state"] == "succeeded"


def test_large_files_are_named_instead_of_attached(
    sent: Callable[..., str], mails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "ATTACHED_BYTES", 2_000)
    job_id = sent("ada")
    (mail,) = mails.sent
    assert [file.name for file in mail.attachments] == ["sales-2017.csv"]
    assert (
        "Too large for a mail: sales-2017.pdf" in mail.text and f"zebros reports files {job_id}" in mail.text
    )


def test_an_empty_report_says_so(sent: Callable[..., str], mails: Any) -> None:
    sent("ada", period="2031")
    assert "There was nothing in this period." in mails.sent[0].text


# -- SES -------------------------------------------------------------------------------------------------------------

MAIL = ReportMail(
    to="ada@example.com",
    sender_name='Zebra "&" Söhne <evil@example.com>\r\nBcc: all@example.com',
    subject="Sales: März\r\nBcc: all@example.com",
    text="Hello 名",
    html="<p>Hello</p>",
    at=NOW,
    id="job.ada",
    attachments=(
        Attachment("März 2017.pdf", "application/pdf", b"%PDF-1"),
        Attachment("a.csv", "text/csv; charset=utf-8", b"a,b"),
    ),
    tags={"service": "jobs"},
)


def test_a_mail_is_one_message_with_its_files_and_no_header_of_others() -> None:
    message = email.message_from_bytes(compose(MAIL, "Zebros <no-reply@zebros.test>"), policy=policy.default)
    assert message["From"].addresses[0].addr_spec == "no-reply@zebros.test"
    assert message["To"] == "ada@example.com" and message["Bcc"] is None
    assert message["Subject"] == "Sales: März Bcc: all@example.com"
    assert message["Message-ID"] == "<job.ada@zebros.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    files = list(message.iter_attachments())
    assert [(each.get_filename(), each.get_content_type()) for each in files] == [
        ("März 2017.pdf", "application/pdf"),
        ("a.csv", "text/csv"),
    ]
    assert files[0].get_payload(decode=True) == b"%PDF-1"
    body = message.get_body(("plain",))
    assert body is not None and body.get_content().strip() == "Hello 名"
    assert compose(MAIL, "no-reply@zebros.test") != b""


def settings(world: JobsWorld, **facts: Any) -> Settings:
    from dataclasses import replace

    return replace(world.jobs.settings, mail_from="Zebros <no-reply@zebros.test>", **facts)


class _Client:
    """A client that answers with what it was told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append((name, request))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation")


def test_ses_takes_it_or_says_why_not(world: JobsWorld) -> None:
    client = _Client({"MessageId": "m-1"})
    mailer = SesReportMailer(settings(world, mail_configuration_set="zebros"), lambda: client)
    assert mailer.enabled and mailer.send(MAIL) == "m-1"
    (_, request), *_ = client.calls
    assert request["Destination"] == {"ToAddresses": ["ada@example.com"]}
    assert (request["FromEmailAddress"], request["ConfigurationSetName"]) == (
        "no-reply@zebros.test",
        "zebros",
    )
    for answer, error in (
        (refusal("MessageRejected"), RefusedError),
        (refusal("TooManyRequestsException", 429), NotTakenError),
        (refusal("InternalFailure", 500), DeliveryUncertainError),
        (EndpointConnectionError(endpoint_url="https://ses"), NotTakenError),
        (ReadTimeoutError(endpoint_url="https://ses"), DeliveryUncertainError),
    ):
        with pytest.raises(error):
            SesReportMailer(settings(world), lambda answer=answer: _Client(answer)).send(MAIL)
    assert not SesReportMailer(world.jobs.settings).enabled


def test_the_work_of_reports_is_wired(world: JobsWorld) -> None:
    from zebros_jobs.domain.job import JobKind
    from zebros_jobs.use_cases.reports.work import ReportWork

    made = work_of(JobKind.REPORT)
    assert isinstance(made, ReportWork)
    assert made._rights(world.jobs.settings) is made._rights(world.jobs.settings)


# -- the scheduler ---------------------------------------------------------------------------------------------------


@pytest.fixture
def stage(world: JobsWorld) -> Iterator[Any]:
    """A stage's scheduler, in moto."""
    client: Any = boto3.client("scheduler")
    client.create_schedule_group(Name="zebros-test-reports")
    made = settings(
        world,
        schedule_group="zebros-test-reports",
        schedule_role_arn="arn:aws:iam::123456789012:role/reports",
        due_queue_arn="arn:aws:sqs:eu-central-1:123456789012:due",
        due_dead_letters_arn="arn:aws:sqs:eu-central-1:123456789012:due-dlq",
    )
    yield SimpleNamespace(client=client, settings=made)
    client.delete_schedule_group(Name="zebros-test-reports")


def schedule(**facts: Any) -> ReportSchedule:
    usual: dict[str, Any] = {
        "schedule_id": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
        "name": "Sales",
        "report": {"report": "sales", "period": "last-month"},
        "recurrence": Recurrence.model_validate({"every": "day", "at": "07:30"}),
        "recipients": ("ada",),
        "owner_id": "ada",
        "since": NOW,
        "created_at": NOW,
        "created_by": "ada",
        "updated_at": NOW,
        "updated_by": "ada",
    }
    return ReportSchedule(**{**usual, **facts})


def test_a_schedule_is_put_changed_and_removed_however_often(stage: Any) -> None:
    schedules = RecurringSchedules(lambda: stage.client, stage.settings)
    name = "acme1-01JC8Z4T5V6W7X8Y9ZABCDEFGH"
    for _ in range(2):
        schedules.put("acme1", schedule(), "Europe/Berlin")
    kept = stage.client.get_schedule(Name=name, GroupName="zebros-test-reports")
    assert (kept["ScheduleExpression"], kept["ScheduleExpressionTimezone"]) == (
        "cron(30 7 * * ? *)",
        "Europe/Berlin",
    )
    assert (kept["State"], kept["Target"]["Arn"]) == ("ENABLED", stage.settings.due_queue_arn)
    assert '"tenantId":"acme1"' in kept["Target"]["Input"]
    other = Recurrence.model_validate({"every": "day", "at": "08:00", "timeZone": "Asia/Tokyo"})
    schedules.put(
        "acme1", schedule(recurrence=other, paused=Paused(reason="byRequest", at=NOW)), "Europe/Berlin"
    )
    kept = stage.client.get_schedule(Name=name, GroupName="zebros-test-reports")
    assert (kept["ScheduleExpression"], kept["ScheduleExpressionTimezone"]) == (
        "cron(0 8 * * ? *)",
        "Asia/Tokyo",
    )
    assert kept["State"] == "DISABLED"
    for _ in range(2):
        schedules.remove("acme1", "01JC8Z4T5V6W7X8Y9ZABCDEFGH")
    assert stage.client.list_schedules(GroupName="zebros-test-reports")["Schedules"] == []


@pytest.mark.parametrize(
    "answer",
    [
        refusal("ThrottlingException", 429),
        refusal("InternalServerException", 500),
        ReadTimeoutError(endpoint_url="x"),
    ],
)
def test_a_scheduler_that_does_not_answer_is_unavailable(stage: Any, answer: Exception) -> None:
    with pytest.raises(UnavailableError):
        RecurringSchedules(lambda: _Client(answer), stage.settings).put("acme1", schedule(), "UTC")
    with pytest.raises(UnavailableError):
        RecurringSchedules(lambda: _Client(answer), stage.settings).remove(
            "acme1", "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
        )
