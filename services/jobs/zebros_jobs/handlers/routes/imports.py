"""/v1/imports"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError, UnavailableError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.pages import page_response
from zebros_core.http.uploads import ArrivedPartsBody, PartsRequest, SignedPartsBody, UploadBody
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.imports.outcomes import Outcome
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.handlers.import_bodies import (
    CreatedImportBody,
    ImportPreviewBody,
    ImportRowBody,
    NewImportBody,
    PreviewBody,
    StartImportBody,
)
from zebros_jobs.use_cases.get_job import view_job
from zebros_jobs.use_cases.imports.create_import import (
    create_import,
    create_import_again,
    list_import_parts,
    sign_import_parts,
    upload_of_import,
)
from zebros_jobs.use_cases.imports.list_rows import list_rows
from zebros_jobs.use_cases.imports.preview_import import preview_import
from zebros_jobs.use_cases.imports.start_import import start_import
from zebros_jobs.use_cases.undos.undo_import import undo_import

routes = Routes("imports")

_MAPPING = [
    {"column": "account", "field": "companyName"},
    {"column": "sector", "field": "industry", "translations": {"technolgy": "technology"}},
    {"field": "tags", "default": "fair"},
]


class RowsQuery(PageQuery):
    """Which rows of an import."""

    outcome: Annotated[Outcome | None, Field(description="Rows of this outcome only.")] = None


@routes.post(
    "/v1/imports",
    operation="createImport",
    permission=("import", "write"),
    body=NewImportBody,
    response=CreatedImportBody,
    status=201,
    errors=(ConflictError,),
    summary="Announce a file to import and get its upload",
    examples=(
        Example("accounts", {"entity": "customer", "fileName": "accounts.csv", "sizeBytes": 5120}),
        Example("again", {"fromJobId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"}),
    ),
)
def create(request: Request[Container, NoQuery, NewImportBody]) -> Response:
    """CSV in the usual encodings and dialects, or XLSX. Up to 100 MiB one signed form takes exactly the announced size;
    a larger file is sent in parts, which can be resumed. Nothing is imported before `start`; an import whose file has
    not come within a day has failed.
    """
    workspace = request.services.workspace(request.context)
    body = request.body
    if body.from_job_id is not None:
        created = create_import_again(workspace, body.from_job_id, repeat=request.idempotency)
    else:
        created = create_import(
            workspace,
            body.entity or "",
            file_name=body.file_name or "",
            size_bytes=body.size_bytes or 0,
            repeat=request.idempotency,
        )
    view = view_job(workspace, created.job.id)
    return Response(CreatedImportBody.of(created, view), location=f"/v1/jobs/{created.job.id}")


@routes.get(
    "/v1/imports/{jobId}/upload",
    operation="getImportUpload",
    permission=("import", "write"),
    response=UploadBody,
    errors=(ConflictError,),
    summary="Get the upload of an import's file again",
)
def upload(request: Request[Container]) -> Response:
    """For a client that lost the answer, or whose form has expired."""
    created = upload_of_import(request.services.workspace(request.context), request.path["jobId"])
    return Response(UploadBody.of(created.ticket) if created.ticket is not None else None)


@routes.post(
    "/v1/imports/{jobId}/upload/parts",
    operation="signImportParts",
    permission=("import", "write"),
    body=PartsRequest,
    response=SignedPartsBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Get URLs for parts of an import's upload",
    examples=(Example("first", {"partNumbers": [1, 2, 3]}),),
)
def sign(request: Request[Container, NoQuery, PartsRequest]) -> Response:
    """At most 100 at a time."""
    workspace = request.services.workspace(request.context)
    return Response(
        SignedPartsBody.of(sign_import_parts(workspace, request.path["jobId"], request.body.part_numbers))
    )


@routes.get(
    "/v1/imports/{jobId}/upload/parts",
    operation="listImportParts",
    permission=("import", "write"),
    response=ArrivedPartsBody,
    errors=(ConflictError,),
    summary="Which parts of an import's upload have arrived",
)
def parts(request: Request[Container]) -> Response:
    """An interrupted upload goes on with the others."""
    workspace = request.services.workspace(request.context)
    return Response(ArrivedPartsBody.of(list_import_parts(workspace, request.path["jobId"])))


@routes.post(
    "/v1/imports/{jobId}:preview",
    operation="previewImport",
    permission=("import", "write"),
    body=PreviewBody,
    response=ImportPreviewBody,
    idempotent="none",
    errors=(ConflictError,),
    summary="Look at an import's file before it is imported",
    examples=(Example("as it is", {}), Example("german", {"options": {"decimalStyle": "comma"}})),
)
def preview(request: Request[Container, NoQuery, PreviewBody]) -> Response:
    """Encoding, delimiter, header and sheet as they are found out or stated; columns with the fields that they are
    thought to hold; the first rows. With a mapping, that is checked, and the rows are shown as the records they make.
    """
    workspace = request.services.workspace(request.context)
    found = preview_import(workspace, request.path["jobId"], request.body.options, request.body.mapping)
    return Response(ImportPreviewBody.of(found))


@routes.post(
    "/v1/imports/{jobId}:start",
    operation="startImport",
    permission=("import", "write"),
    body=StartImportBody,
    response=JobBody,
    status=202,
    idempotent="record",
    errors=(ConflictError, UnavailableError),
    summary="Start an import",
    examples=(
        Example("customers", {"mapping": _MAPPING, "options": {"matchBy": ["name"]}}),
        Example(
            "trial",
            {
                "mapping": _MAPPING,
                "options": {"dateFormat": "DD.MM.YYYY", "decimalStyle": "comma"},
                "dryRun": True,
            },
        ),
    ),
)
def start(request: Request[Container, NoQuery, StartImportBody]) -> Response:
    """Each row makes a record or changes the one that it is recognised as, with the rights of the caller. A row that
    cannot be imported is rejected with its reason and blocks no other; the rejected ones are a file of the job, which
    can be mended and imported. Of two rows of one record the first counts. The result has the figures and the most
    frequent problems; `GET /v1/imports/{jobId}/rows` tells what became of each row.
    """
    workspace = request.services.workspace(request.context)
    body = request.body
    job = start_import(
        workspace, request.path["jobId"], mapping=body.mapping, options=body.options, dry_run=body.dry_run
    )
    return Response(JobBody.of(view_job(workspace, job.id)), status=202)


@routes.get(
    "/v1/imports/{jobId}/rows",
    operation="listImportRows",
    permission=("import", "write"),
    query=RowsQuery,
    response=PageBody[ImportRowBody],
    summary="What became of each row of an import",
)
def rows(request: Request[Container, RowsQuery]) -> Response:
    """In the order of the file, as far as it is. With a filter a page may be short or empty and have a cursor."""
    query = request.query
    page = list_rows(
        request.services.workspace(request.context),
        request.path["jobId"],
        outcome=query.outcome,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, ImportRowBody, ImportRowBody.of)


@routes.post(
    "/v1/imports/{jobId}:undo",
    operation="undoImport",
    permission=("import", "write"),
    response=JobBody,
    status=202,
    errors=(ConflictError, UnavailableError),
    summary="Undo an import",
)
def undo(request: Request[Container, NoQuery]) -> Response:
    """Removes what the import created and nobody has edited since, and gives fields that it changed their former values
    where they still have the import's. What was edited since stays and is listed in a file of the job. It begins when
    the history knows everything that the import wrote; again, it changes nothing. An import can be undone for 90 days.
    """
    workspace = request.services.workspace(request.context)
    job = undo_import(workspace, request.path["jobId"], repeat=request.idempotency)
    return Response(JobBody.of(view_job(workspace, job.id)), status=202)
