"""/v1/documents, and the documents of a customer"""

from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError, ValidationError
from zebros_core.http import (
    Example,
    Instant,
    NoQuery,
    PageBody,
    PageQuery,
    Request,
    Response,
    Routes,
    WireModel,
)
from zebros_core.http.pages import page_response
from zebros_core.http.uploads import ArrivedPartsBody, PartsRequest, SignedPartsBody, UploadBody
from zebros_customers.bootstrap import Container
from zebros_customers.domain.document import DocumentDraft, DocumentKind
from zebros_customers.handlers.bodies import DocumentBody
from zebros_customers.use_cases.complete_document import complete_document, list_parts, sign_parts
from zebros_customers.use_cases.delete_document import delete_document
from zebros_customers.use_cases.get_document import download_document, get_document, list_documents
from zebros_customers.use_cases.start_document import StartedDocument, start_document, upload_of

routes = Routes("documents")


class StartedDocumentBody(WireModel):
    """A pending document and its upload."""

    document: DocumentBody
    upload: UploadBody

    @classmethod
    def of(cls, started: StartedDocument) -> "StartedDocumentBody":
        """Return the body of a started document."""
        return cls.model_construct(
            document=DocumentBody.of(started.document), upload=UploadBody.of(started.ticket)
        )


class DownloadBody(WireModel):
    """Where to get the content."""

    url: str
    expires_at: Instant


class DocumentsQuery(PageQuery):
    """Which documents of a customer."""

    kind: Annotated[
        DocumentKind | None, Field(description="Only documents, or only attachments of e-mails.")
    ] = None


@routes.post(
    "/v1/documents",
    operation="createDocument",
    permission=("document", "write"),
    body=DocumentDraft,
    response=StartedDocumentBody,
    status=201,
    etag=True,
    errors=(ConflictError,),
    summary="Announce a document and get its upload",
    examples=(
        Example(
            "contract",
            {
                "customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH",
                "fileName": "contract.pdf",
                "contentType": "application/pdf",
                "sizeBytes": 48213,
            },
        ),
    ),
)
def create(request: Request[Container, NoQuery, DocumentDraft]) -> Response:
    """Up to 100 MiB one signed form takes exactly the announced type and size; a larger file is sent in parts, which
    can be resumed. The document is available after `complete`.
    """
    started = start_document(
        request.services.workspace(request.context), request.body, repeat=request.idempotency
    )
    document = started.document
    return Response(
        StartedDocumentBody.of(started),
        etag=document.version,
        location=f"/v1/documents/{document.document_id}",
    )


@routes.get(
    "/v1/documents/{documentId}",
    operation="getDocument",
    permission=("document", "read"),
    response=DocumentBody,
    etag=True,
    summary="Read a document's entry",
)
def get(request: Request[Container]) -> Response:
    """What the document is; its content is behind `download`."""
    document = get_document(request.services.workspace(request.context), request.path["documentId"])
    return Response(DocumentBody.of(document), etag=document.version)


@routes.delete(
    "/v1/documents/{documentId}",
    operation="deleteDocument",
    permission=("document", "delete"),
    if_match="optional",
    status=204,
    summary="Delete a document",
)
def delete(request: Request[Container]) -> Response:
    """The entry and its content. An older version of the content stays for the bucket's retention."""
    delete_document(
        request.services.workspace(request.context),
        request.path["documentId"],
        expected_version=request.if_match,
    )
    return Response()


@routes.post(
    "/v1/documents/{documentId}/upload",
    operation="resumeDocumentUpload",
    permission=("document", "write"),
    response=StartedDocumentBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Get the upload of a pending document again",
)
def resume(request: Request[Container]) -> Response:
    """For a client that lost the answer, or whose form has expired."""
    workspace = request.services.workspace(request.context)
    document = get_document(workspace, request.path["documentId"])
    workspace.ensure_allowed("document", document.document_id, document, "write")
    return Response(StartedDocumentBody.of(upload_of(workspace, document)))


@routes.post(
    "/v1/documents/{documentId}/parts",
    operation="signDocumentParts",
    permission=("document", "write"),
    body=PartsRequest,
    response=SignedPartsBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Get URLs for parts of an upload",
    examples=(Example("first", {"partNumbers": [1, 2, 3]}),),
)
def sign(request: Request[Container, NoQuery, PartsRequest]) -> Response:
    """At most 100 at a time."""
    signed = sign_parts(
        request.services.workspace(request.context), request.path["documentId"], request.body.part_numbers
    )
    return Response(SignedPartsBody.of(signed))


@routes.get(
    "/v1/documents/{documentId}/parts",
    operation="listDocumentParts",
    permission=("document", "write"),
    response=ArrivedPartsBody,
    errors=(ConflictError,),
    summary="Which parts of an upload have arrived",
)
def parts(request: Request[Container]) -> Response:
    """An interrupted upload goes on with the others."""
    arrived = list_parts(request.services.workspace(request.context), request.path["documentId"])
    return Response(ArrivedPartsBody.of(arrived))


@routes.post(
    "/v1/documents/{documentId}/complete",
    operation="completeDocument",
    permission=("document", "write"),
    response=DocumentBody,
    etag=True,
    idempotent="none",
    errors=(ConflictError, ValidationError),
    summary="Complete an upload",
)
def complete(request: Request[Container]) -> Response:
    """Checks what has arrived and makes the document available. May be repeated."""
    document = complete_document(request.services.workspace(request.context), request.path["documentId"])
    return Response(DocumentBody.of(document), etag=document.version)


@routes.get(
    "/v1/documents/{documentId}/download",
    operation="downloadDocument",
    permission=("document", "read"),
    response=DownloadBody,
    errors=(ConflictError,),
    summary="Get a link to a document's content",
)
def download(request: Request[Container]) -> Response:
    """The link is good for 15 minutes and downloads the file under its name."""
    linked = download_document(request.services.workspace(request.context), request.path["documentId"])
    return Response(DownloadBody.model_construct(url=linked.url, expires_at=linked.expires_at))


@routes.get(
    "/v1/customers/{customerId}/documents",
    operation="listDocumentsOfCustomer",
    permission=("document", "read"),
    query=DocumentsQuery,
    response=PageBody[DocumentBody],
    errors=(ConflictError,),
    summary="List the documents of a customer",
)
def list_of_customer(request: Request[Container, DocumentsQuery]) -> Response:
    """Newest first, pending uploads too."""
    page = list_documents(
        request.services.workspace(request.context),
        request.path["customerId"],
        kind=request.query.kind,
        limit=request.query.limit,
        cursor=request.query.cursor,
    )
    return page_response(page, DocumentBody, DocumentBody.of)
