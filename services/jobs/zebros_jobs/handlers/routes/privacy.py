"""/v1/privacy-requests and /v1/legal-holds"""

from __future__ import annotations

from zebros_core.errors import ConflictError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.privacy import LegalHoldDraft
from zebros_jobs.handlers.privacy_bodies import (
    CertificateBody,
    LegalHoldBody,
    LegalHoldsBody,
    PrivacyDraft,
    PrivacyRequestBody,
)
from zebros_jobs.use_cases.holds.manage_holds import end_hold, list_holds, place_hold
from zebros_jobs.use_cases.privacy.get_certificate import get_certificate
from zebros_jobs.use_cases.privacy.list_requests import list_requests
from zebros_jobs.use_cases.privacy.request_privacy import carry_on_request, request_privacy, view_request

routes = Routes("privacy")

_ACCESS = Example(
    "access", {"kind": "access", "subject": {"email": "ada@example.com"}}, "All that is held on an address"
)
_ERASURE = Example(
    "erasure",
    {"kind": "erasure", "subject": {"contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}, "confirm": True},
    "Erase a contact",
)
_HOLD = Example(
    "person",
    {
        "subject": {"contactId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"},
        "reason": "A claim is before court.",
        "until": "2027-12-31",
    },
    "Keep everything on a person",
)


@routes.post(
    "/v1/privacy-requests",
    operation="createPrivacyRequest",
    permission=("privacy", "write"),
    body=PrivacyDraft,
    response=PrivacyRequestBody,
    status=202,
    audit="privacy.requested",
    summary="Ask for everything on a person, or for its erasure",
    examples=(_ACCESS, _ERASURE),
)
def create(request: Request[Container, NoQuery, PrivacyDraft]) -> Response:
    """An address stands for all contacts and leads and the user that have it. Nobody there is no error: the request
    ends with the outcome `nobodyFound`. What is asked is kept apart from the job and forgotten when it is done.
    """
    workspace = request.services.workspace(request.context)
    job = request_privacy(
        workspace,
        request.body.kind,
        request.body.subject,
        reason=request.body.reason,
        repeat=request.idempotency,
    )
    return Response(
        PrivacyRequestBody.of_view(view_request(workspace, job.id)),
        audit={"request": request.body.kind.value, "job": job.id},
    )


@routes.get(
    "/v1/privacy-requests",
    operation="listPrivacyRequests",
    permission=("privacy", "read"),
    query=PageQuery,
    response=PageBody[PrivacyRequestBody],
    summary="List privacy requests",
)
def list_(request: Request[Container, PageQuery]) -> Response:
    """Newest first."""
    page = list_requests(
        request.services.workspace(request.context), limit=request.query.limit, cursor=request.query.cursor
    )
    return page_response(page, PrivacyRequestBody, PrivacyRequestBody.of_view)


@routes.get(
    "/v1/privacy-requests/{jobId}",
    operation="getPrivacyRequest",
    permission=("privacy", "read"),
    response=PrivacyRequestBody,
    summary="Read a privacy request",
)
def get(request: Request[Container]) -> Response:
    """Its files, the archive or the certificate, are those of its job."""
    workspace = request.services.workspace(request.context)
    return Response(PrivacyRequestBody.of_view(view_request(workspace, request.path["jobId"])))


@routes.post(
    "/v1/privacy-requests/{jobId}:again",
    operation="carryOnPrivacyRequest",
    permission=("privacy", "write"),
    response=PrivacyRequestBody,
    status=202,
    audit="privacy.requested",
    errors=(ConflictError,),
    summary="Carry on a privacy request that was stopped or held",
)
def again(request: Request[Container]) -> Response:
    """A new request with what is known of the person: after a legal hold has ended, or when the former one was
    cancelled or failed half-way.
    """
    workspace = request.services.workspace(request.context)
    job = carry_on_request(workspace, request.path["jobId"], repeat=request.idempotency)
    return Response(
        PrivacyRequestBody.of_view(view_request(workspace, job.id)),
        audit={"job": job.id, "again": True},
    )


@routes.get(
    "/v1/privacy-requests/{jobId}/certificate",
    operation="getPrivacyCertificate",
    permission=("privacy", "read"),
    response=CertificateBody,
    audit="privacy.downloaded",
    summary="Read the certificate of an erasure",
)
def certificate(request: Request[Container]) -> Response:
    """Signed with ES256 or PS256; the header names the key by its thumbprint (RFC 7638). No value of the person is in
    it.
    """
    issued = get_certificate(request.services.workspace(request.context), request.path["jobId"])
    return Response(
        CertificateBody(certificate=issued.statement, signed=issued.signed, public_key=issued.public_key)
    )


@routes.post(
    "/v1/legal-holds",
    operation="createLegalHold",
    permission=("privacy", "write"),
    body=LegalHoldDraft,
    response=LegalHoldBody,
    status=201,
    audit="hold.placed",
    errors=(ConflictError,),
    summary="Place a legal hold",
    examples=(_HOLD,),
)
def place(request: Request[Container, NoQuery, LegalHoldDraft]) -> Response:
    """Nothing that is held is erased, neither by a request nor by rules of retention. A hold on a person keeps
    everything on them, one on a record that record alone.
    """
    hold = place_hold(request.services.workspace(request.context), request.body, repeat=request.idempotency)
    return Response(LegalHoldBody.of(hold, request.now.date()), audit={"hold": hold.id, "scope": hold.scope})


@routes.get(
    "/v1/legal-holds",
    operation="listLegalHolds",
    permission=("privacy", "read"),
    response=LegalHoldsBody,
    summary="List legal holds",
)
def holds(request: Request[Container]) -> Response:
    """All of them, the oldest first; those whose last day is over are not in force."""
    today = request.now.date()
    found = list_holds(request.services.workspace(request.context))
    return Response(LegalHoldsBody(items=[LegalHoldBody.of(hold, today) for hold in found]))


@routes.delete(
    "/v1/legal-holds/{holdId}",
    operation="endLegalHold",
    permission=("privacy", "write"),
    status=204,
    audit="hold.ended",
    summary="End a legal hold",
)
def end(request: Request[Container]) -> Response:
    """Erasures that it kept from being whole can be carried on."""
    end_hold(request.services.workspace(request.context), request.path["holdId"])
    return Response()
