"""/v1/fields"""

from typing import Annotated

from pydantic import Field

from zebros_core.errors import AlreadyExistsError, ConflictError
from zebros_core.http import Example, NoQuery, QueryModel, Request, Response, Routes
from zebros_core.records.custom import FieldDefinition
from zebros_customers.bootstrap import Container
from zebros_customers.domain.custom_field import FieldDraft, FieldEntity, FieldRevision
from zebros_customers.handlers.bodies import FieldBody, FieldsBody
from zebros_customers.use_cases.manage_fields import (
    define_field,
    get_field,
    list_fields,
    remove_field,
    revise_field,
)

routes = Routes("fields")


class FieldsQuery(QueryModel):
    """Which definitions."""

    entity: Annotated[FieldEntity | None, Field(description="Only the fields of this entity.")] = None


def _answer(definition: FieldDefinition, *, location: bool = False) -> Response:
    where = f"/v1/fields/{definition.field_id}" if location else None
    return Response(FieldBody.of(definition), etag=definition.version, location=where)


@routes.get(
    "/v1/fields",
    operation="listFields",
    permission=("field", "read"),
    query=FieldsQuery,
    response=FieldsBody,
    summary="List custom fields",
)
def list_(request: Request[Container, FieldsQuery]) -> Response:
    """All at once: an entity has at most 50."""
    found = list_fields(request.services.workspace(request.context), request.query.entity)
    return Response(FieldsBody(items=[FieldBody.of(definition) for definition in found]))


@routes.post(
    "/v1/fields",
    operation="createField",
    permission=("field", "write"),
    body=FieldDraft,
    response=FieldBody,
    status=201,
    etag=True,
    idempotent="record",
    errors=(AlreadyExistsError, ConflictError),
    summary="Define a custom field",
    examples=(
        Example(
            "choice",
            {"entity": "customer", "name": "region", "type": "choice", "choices": ["north", "south"]},
        ),
    ),
)
def create(request: Request[Container, NoQuery, FieldDraft]) -> Response:
    """Values of it go into `custom` of the entity's records. Repeating the same definition changes nothing."""
    return _answer(define_field(request.services.workspace(request.context), request.body), location=True)


@routes.get(
    "/v1/fields/{fieldId}",
    operation="getField",
    permission=("field", "read"),
    response=FieldBody,
    etag=True,
    summary="Read a custom field",
)
def get(request: Request[Container]) -> Response:
    """One definition."""
    return _answer(get_field(request.services.workspace(request.context), request.path["fieldId"]))


@routes.put(
    "/v1/fields/{fieldId}",
    operation="reviseField",
    permission=("field", "write"),
    body=FieldRevision,
    response=FieldBody,
    etag=True,
    if_match="required",
    summary="Change a custom field's label or choices",
    examples=(Example("choices", {"label": "Region", "choices": ["north", "south", "west"]}),),
)
def revise(request: Request[Container, NoQuery, FieldRevision]) -> Response:
    """Its entity, name and type stay: values are kept under them."""
    workspace = request.services.workspace(request.context)
    return _answer(
        revise_field(workspace, request.path["fieldId"], request.body, expected_version=request.if_match)
    )


@routes.delete(
    "/v1/fields/{fieldId}",
    operation="deleteField",
    permission=("field", "delete"),
    if_match="optional",
    status=204,
    summary="Remove a custom field",
)
def delete(request: Request[Container]) -> Response:
    """Values stay on their records and can no longer be set."""
    workspace = request.services.workspace(request.context)
    remove_field(workspace, request.path["fieldId"], expected_version=request.if_match)
    return Response()
