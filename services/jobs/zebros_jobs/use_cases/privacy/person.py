"""Who a request is about: by everything that the services know to be theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError as ModelError

from zebros_core.errors import ValidationError
from zebros_core.privacy.subject import Subject
from zebros_jobs.domain.errors import JobInputError
from zebros_jobs.domain.privacy import KnownSubject, LegalHold, PrivateRequest
from zebros_jobs.repositories.legal_holds import LegalHolds
from zebros_jobs.repositories.private_requests import PrivateRequests
from zebros_jobs.use_cases.privacy.erasure_ledger import ErasureLedger
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["SERVICES", "holds_in_force", "identified", "known", "wire"]

SERVICES: Final = ("auth", "customers", "pipeline", "activities", "sync")

_ASKED_IN_TURN: Final = ("customers", "pipeline", "activities", "customers", "pipeline")
"""A lead that became a contact leads from one service to the other, and back."""


def identified(run: JobRun) -> PrivateRequest:
    """Return the request with the whole person; services are asked once. Raises JobInputError."""
    rows = PrivateRequests(run.workspace.lookup)
    request = rows.find(run.job_id)
    if request is None:
        raise JobInputError("Whom this request is about is not known any more; ask anew.")
    if request.subject is None:
        request = request.model_copy(update={"subject": _identify(run, request.asked)})
        rows.put(run.job_id, request)
    return request


def _identify(run: JobRun, asked: Subject) -> Subject:
    try:
        # The auth service first, and with what was asked alone: an address that a contact has makes no account
        # part of the request.
        subject = _told(run, "auth", asked)
        for service in _ASKED_IN_TURN:
            subject = _told(run, service, subject)
    except (ModelError, ValidationError) as error:
        raise JobInputError(
            "This person has more records, addresses or names than one request can be about: ask for them one by one."
        ) from error
    return subject


def _told(run: JobRun, service: str, subject: Subject) -> Subject:
    answer = run.system_door(service).call("identify", subject=wire(subject))
    return subject.united(Subject.model_validate(answer["subject"]))


def wire(subject: Subject) -> dict[str, list[str]]:
    """Return a person in the form in which doors take them."""
    return subject.model_dump(mode="json", by_alias=True)


def known(ledger: ErasureLedger, subject: Subject) -> KnownSubject:
    """Return what the job itself may say of a person."""
    return KnownSubject(
        contact_ids=subject.contact_ids,
        lead_ids=subject.lead_ids,
        user_ids=subject.user_ids,
        email_hashes=tuple(ledger.hash("email", email) for email in subject.emails),
    )


def holds_in_force(run: JobRun) -> Sequence[LegalHold]:
    """Return the holds that are in force now."""
    today = run.clock.now().date()
    return [hold for hold in LegalHolds(run.workspace.lookup).all() if hold.is_in_force(today)]
