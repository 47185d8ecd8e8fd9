"""Mail a report to those who are to have it, each at most once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from zebros_core.auth.permissions import Rights
from zebros_core.delivery import DeliveryUncertainError, NotTakenError, RefusedError
from zebros_jobs.domain.job import JobFile
from zebros_jobs.domain.reports.mail_text import html_of, subject_of, text_of
from zebros_jobs.domain.reports.ports import Attachment, ReportMail, ReportMailer
from zebros_jobs.domain.reports.request import ReportParameters
from zebros_jobs.domain.reports.result import ReportResult
from zebros_jobs.repositories.report_mails import ReportMails
from zebros_jobs.repositories.report_results import PURPOSE, ReportResults
from zebros_jobs.settings import Settings
from zebros_jobs.use_cases.reports.people import Person, people_by_id, sees_reports
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["ATTACHED_BYTES", "Mailers", "mail_report"]

ATTACHED_BYTES: Final = 7 * 1024 * 1024
"""Files of one mail; encoded they are a third larger, and many mail servers take no more than 10 MB."""

Mailers = Callable[[Settings], ReportMailer]


def mail_report(run: JobRun, asked: ReportParameters, mailer: ReportMailer, rights: Rights) -> None:
    """Send the report to each recipient who is of the company still and may see reports.

    A mark is put before a mail is handed over, and taken back only when it was certainly not taken; then NotTakenError
    is raised, for the step to be repeated. Whoever's mail was cut off in between gets none: never one twice.
    """
    if not mailer.enabled:
        run.logger.warning("no mail is sent in this stage", extra={"jobId": run.job_id})
        return
    result = ReportResults(run.objects(PURPOSE)).get(run.job_id)
    attached, linked = _shared_out(run.job.files)
    attachments = tuple(
        Attachment(
            file.name, file.content_type, run.objects(PURPOSE).read(file.key, max_bytes=ATTACHED_BYTES)
        )
        for file in attached
    )
    people = people_by_id(run.system_door("auth"), asked.recipients)
    marks = ReportMails(run.workspace.lookup, run.clock)
    for user_id in asked.recipients:
        person = people.get(user_id)
        if person is None or not sees_reports(rights, run.context, person):
            run.logger.info("no longer a recipient", extra={"jobId": run.job_id, "userId": user_id})
        elif marks.claim(run.job_id, user_id):
            _send(run, mailer, marks, person, _written(run, result, person, attachments, linked))


def _send(run: JobRun, mailer: ReportMailer, marks: ReportMails, person: Person, mail: ReportMail) -> None:
    user_id = person["userId"]
    try:
        message_id = mailer.send(mail)
    except NotTakenError:
        marks.release(run.job_id, user_id)
        raise
    except RefusedError as error:
        facts = {"jobId": run.job_id, "userId": user_id, "reason": error.code_of_service}
        run.logger.warning("report refused by the mail service", extra=facts)
        return
    except DeliveryUncertainError:
        run.logger.exception("report perhaps lost", extra={"jobId": run.job_id, "userId": user_id})
        return
    marks.taken(run.job_id, user_id, message_id)


def _shared_out(files: Sequence[JobFile]) -> tuple[list[JobFile], list[JobFile]]:
    """Return which files are attached and which are only named, in their order."""
    attached: list[JobFile] = []
    linked: list[JobFile] = []
    room = ATTACHED_BYTES
    for file in files:
        if file.size_bytes <= room:
            attached.append(file)
            room -= file.size_bytes
        else:
            linked.append(file)
    return attached, linked


def _written(
    run: JobRun,
    result: ReportResult,
    person: Person,
    attachments: tuple[Attachment, ...],
    linked: Sequence[JobFile],
) -> ReportMail:
    web = run.workspace.settings.web_url.rstrip("/")
    # A link to the product, which asks who wants it: a signed one would open the file to whoever has the mail.
    where = f"See {web}/reports/{run.job_id}" if web else f"Get them with: zebros reports files {run.job_id}"
    recipient = hashlib.sha256(person["userId"].encode()).hexdigest()[:12]
    return ReportMail(
        to=person["email"],
        sender_name=result.tenant,
        subject=subject_of(result),
        text=text_of(result, linked, where),
        html=html_of(result, linked, where),
        at=run.job.finished_at or result.generated_at,
        id=f"{run.job_id}.{recipient}",
        attachments=attachments,
        tags={"tenantId": run.tenant.id, "service": "jobs", "jobId": run.job_id},
    )
