"""/v1/exports"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from zebros_core.errors import UnavailableError
from zebros_core.http import Example, NoQuery, Request, Response, Routes, WireModel
from zebros_jobs.bootstrap import Container
from zebros_jobs.domain.export_entities import ENTITIES, ExportedEntity
from zebros_jobs.domain.export_filters import FilterValue
from zebros_jobs.domain.exports import MAX_FIELDS, ExportParameters
from zebros_jobs.domain.tables import CsvStyle, FileFormat
from zebros_jobs.handlers.bodies import JobBody
from zebros_jobs.use_cases.exports.start_export import start_export
from zebros_jobs.use_cases.get_job import view_job

routes = Routes("exports")

_FILTERS = "; ".join(
    f"{name}: {', '.join([*sorted(each.equal), *(['tags'] if 'tags' in each.fields else []), *each.ranged])}"
    for name, each in ENTITIES.items()
)
_FIELDS = "; ".join(f"{name}: {', '.join([*each.fields, *each.names])}" for name, each in ENTITIES.items())


class ExportBody(WireModel):
    """What to export."""

    entity: ExportedEntity
    format: FileFormat = FileFormat.CSV
    filters: Annotated[
        dict[str, FilterValue],
        Field(
            max_length=20,
            description="All of them have to hold. A value, a list of which it has to be one (of `tags`: all), or for"
            f" dates and instants `{{from, to}}`. By entity: {_FILTERS}; and `custom.NAME`, but for documents and"
            " users.",
        ),
    ] = Field(default_factory=dict)
    fields: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=60)]] | None,
        Field(
            min_length=1,
            max_length=MAX_FIELDS,
            description="The columns in their order; without it the record's own and every custom one. By entity:"
            f" {_FIELDS}; and `custom.NAME`, but for documents and users. Names beside ids (`ownerName`) are empty"
            " where the caller may not see that record.",
        ),
    ] = None
    csv: CsvStyle = CsvStyle()

    def parameters(self) -> ExportParameters:
        """Return what is asked for."""
        return ExportParameters(
            entity=self.entity,
            format=self.format,
            filters=self.filters,
            fields=tuple(self.fields or ()),
            csv=self.csv,
        )


@routes.post(
    "/v1/exports",
    operation="createExport",
    permission=("job", "read"),
    body=ExportBody,
    response=JobBody,
    status=202,
    errors=(UnavailableError,),
    summary="Export records to a file",
    examples=(
        Example("everything", {"entity": "customer", "format": "xlsx"}),
        Example(
            "deals",
            {
                "entity": "opportunity",
                "format": "csv",
                "filters": {"stage": ["won"], "closeDate": {"from": "2017-01-01", "to": "2018-01-01"}},
                "fields": [
                    "opportunityId",
                    "title",
                    "value",
                    "currency",
                    "closeDate",
                    "customerName",
                    "ownerName",
                ],
                "csv": {"delimiter": ";", "bom": True},
            },
        ),
    ),
)
def create(request: Request[Container, NoQuery, ExportBody]) -> Response:
    """Everything that the caller may export, each record once and as it is when its turn comes; there is no limit to
    their number. The file is one of the job's, once that has succeeded. In CSV and XLSX a text that a spreadsheet would
    take for a formula has an apostrophe in front, which imports take away again.
    """
    workspace = request.services.workspace(request.context)
    job = start_export(workspace, request.body.parameters(), repeat=request.idempotency)
    return Response(JobBody.of(view_job(workspace, job.id)), status=202)
