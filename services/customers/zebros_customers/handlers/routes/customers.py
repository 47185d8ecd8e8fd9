"""/v1/customers"""

from typing import Annotated, Literal

from pydantic import Field

from zebros_core.dynamodb.paging import Page
from zebros_core.errors import AlreadyExistsError, ConflictError, DuplicateError
from zebros_core.http import (
    CacheRule,
    CacheWrite,
    Example,
    NoQuery,
    PageBody,
    PageQuery,
    QueryModel,
    Request,
    Response,
    Routes,
)
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.http.records import EXTERNAL_ID_PATTERN, HistoryEntryBody, history_response
from zebros_core.values import ExternalId
from zebros_customers.bootstrap import Container
from zebros_customers.domain.customer import Customer, CustomerDraft
from zebros_customers.domain.errors import CustomerMergedError
from zebros_customers.handlers.bodies import (
    CustomerBody,
    CustomerWithDocumentsBody,
    LinkedDocumentBody,
)
from zebros_customers.use_cases.create_customer import create_customer
from zebros_customers.use_cases.delete_customer import delete_customer
from zebros_customers.use_cases.get_customer import find_customer_by_external_id, get_customer
from zebros_customers.use_cases.get_document import documents_of_customer
from zebros_customers.use_cases.list_customers import CustomerFilter, CustomerSort, list_customers
from zebros_customers.use_cases.restore_customer import restore_customer
from zebros_customers.use_cases.search_customers import search_customers
from zebros_customers.use_cases.update_customer import update_customer
from zebros_customers.use_cases.upsert_customer import upsert_customer

routes = Routes("customers")

EXAMPLE = Example(
    "customer",
    {
        "companyName": "Tidewater Instruments",
        "industry": "medical",
        "tier": "gold",
        "contactInfo": {
            "email": "hello@tidewater.example",
            "address": {"city": "Utrecht", "country": "Netherlands"},
        },
        "externalId": "erp-1001",
        "tags": ["trade-fair"],
    },
    "A customer with an external id",
)


class CustomerQuery(QueryModel):
    """What to read beside the customer."""

    include: Annotated[
        Literal["documents"] | None,
        Field(
            description="`documents` adds the newest 20 documents with links; the answer then has no ETag."
        ),
    ] = None


class CustomersQuery(PageQuery):
    """Filters and order of a list of customers."""

    owner: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the owner.")] = (
        None
    )
    team: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the team.")] = None
    industry: Annotated[
        str | None, Field(min_length=1, max_length=60, description="The industry, exactly.")
    ] = None
    tier: Annotated[str | None, Field(min_length=1, max_length=60, description="The tier, exactly.")] = None
    sort: Annotated[
        CustomerSort,
        Field(description="`createdAt`, `-createdAt` (newest first), or `name`, which takes no filter."),
    ] = CustomerSort.NEWEST


class SearchQuery(PageQuery):
    """What to search for."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=200, description="The beginnings of words of the name, in any order."),
    ]


def written(customer: Customer, body: CustomerBody | None = None) -> tuple[CacheWrite, ...]:
    """Return what the cache has to know of a customer that was written."""
    return (
        CacheWrite(
            "customer",
            customer.customer_id,
            customer.version,
            lists=("customers",),
            body=body,
            owner_id=customer.owner_id,
            team_id=customer.team_id,
            deleted=customer.is_deleted and customer.merged_into is None,
        ),
    )


def answer(
    customer: Customer, *, status: int | None = None, location: bool = False, wrote: bool = True
) -> Response:
    """Return the response that shows a customer."""
    return Response(
        CustomerBody.of(customer),
        status=status,
        etag=customer.version,
        location=f"/v1/customers/{customer.customer_id}" if location else None,
        owner_id=customer.owner_id,
        team_id=customer.team_id,
        writes=written(customer) if wrote else (),
    )


def page_of(page: Page[Customer]) -> Response:
    """Return the response that shows a page of customers."""
    return page_response(page, CustomerBody, CustomerBody.of)


@routes.post(
    "/v1/customers",
    operation="createCustomer",
    permission=("customer", "write"),
    body=CustomerDraft,
    response=CustomerBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create a customer",
    examples=(EXAMPLE,),
)
def create(request: Request[Container, NoQuery, CustomerDraft]) -> Response:
    """The caller owns it unless `ownerId` names somebody else. A live customer of the same name (case, accents and
    punctuation aside) or e-mail is a 409 that names it; `X-Skip-Duplicate-Check: true` goes on all the same.
    """
    created = create_customer(
        request.services.workspace(request.context),
        request.body,
        repeat=request.idempotency,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(created.entity, location=True, wrote=not created.replayed)


@routes.get(
    "/v1/customers",
    operation="listCustomers",
    personal=True,
    permission=("customer", "read"),
    query=CustomersQuery,
    response=PageBody[CustomerBody],
    cache=CacheRule(list_name="customers"),
    summary="List customers",
)
def list_(request: Request[Container, CustomersQuery]) -> Response:
    """Live customers that the caller may see. With several filters a page may be short before the last one."""
    query = request.query
    return page_of(
        list_customers(
            request.services.workspace(request.context),
            CustomerFilter(query.owner, query.team, query.industry, query.tier),
            sort=query.sort,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


@routes.get(
    "/v1/customers/search",
    operation="searchCustomers",
    personal=True,
    permission=("customer", "read"),
    query=SearchQuery,
    response=PageBody[CustomerBody],
    summary="Find customers by name",
)
def search(request: Request[Container, SearchQuery]) -> Response:
    """Customers whose name has, for each word asked for, a word that begins with it; case and accents do not count.
    A new name is found when its event has been handled, as a rule within two seconds.
    """
    query = request.query
    return page_of(
        search_customers(
            request.services.workspace(request.context), query.name, limit=query.limit, cursor=query.cursor
        )
    )


@routes.get(
    "/v1/customers/{customerId}",
    operation="getCustomer",
    permission=("customer", "read"),
    query=CustomerQuery,
    response=CustomerWithDocumentsBody,
    etag=True,
    cache=CacheRule(entity="customer", id_param="customerId"),
    statuses={308: "The customer was merged into another one, to which Location points."},
    summary="Read a customer",
)
def get(request: Request[Container, CustomerQuery]) -> Response:
    """With `include=documents` the newest documents come along, with links that are good for 15 minutes."""
    workspace = request.services.workspace(request.context)
    try:
        customer = get_customer(workspace, request.path["customerId"])
    except CustomerMergedError as error:
        return Response(status=308, location=f"/v1/customers/{error.winner_id}")
    if request.query.include is None:
        return answer(customer, wrote=False)
    documents = documents_of_customer(workspace, customer.customer_id)
    linked = [LinkedDocumentBody.linked(found.document, found.url, found.expires_at) for found in documents]
    return Response(CustomerWithDocumentsBody.with_documents(customer, linked))


@routes.put(
    "/v1/customers/{customerId}",
    operation="replaceCustomer",
    permission=("customer", "write"),
    body=CustomerDraft,
    response=CustomerBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Replace a customer",
    examples=(EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, CustomerDraft]) -> Response:
    """What the body leaves out is emptied; owner and team stay unless given."""
    draft = request.body
    saved = update_customer(
        request.services.workspace(request.context),
        request.path["customerId"],
        lambda _: draft,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record, wrote=saved.changed)


@routes.patch(
    "/v1/customers/{customerId}",
    operation="updateCustomer",
    permission=("customer", "write"),
    body=CustomerDraft,
    merge_patch=True,
    response=CustomerBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Change a customer",
    examples=(Example("tier", {"tier": "platinum", "contactInfo": {"phone": None}}),),
)
def update(request: Request[Container, NoQuery, MergePatch[CustomerDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays."""
    saved = update_customer(
        request.services.workspace(request.context),
        request.path["customerId"],
        request.body.apply,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record, wrote=saved.changed)


@routes.delete(
    "/v1/customers/{customerId}",
    operation="deleteCustomer",
    permission=("customer", "delete"),
    if_match="optional",
    status=204,
    errors=(ConflictError,),
    summary="Move a customer to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Its name, e-mail and external id are free at once."""
    tombstone = delete_customer(
        request.services.workspace(request.context),
        request.path["customerId"],
        expected_version=request.if_match,
    )
    return Response(writes=written(tombstone))


@routes.post(
    "/v1/customers/{customerId}/restore",
    operation="restoreCustomer",
    permission=("customer", "delete"),
    response=CustomerBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Restore a customer",
)
def restore(request: Request[Container]) -> Response:
    """Brings a customer back from the trash as it was. A live one is returned as it stands."""
    restored = restore_customer(
        request.services.workspace(request.context),
        request.path["customerId"],
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(restored.record, wrote=restored.changed)


@routes.get(
    "/v1/customers/{customerId}/history",
    operation="getCustomerHistory",
    permission=("customer", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to a customer",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after. Kept from events, so the newest write may be
    missing for a moment.
    """
    return history_response(request, "customer", request.path["customerId"])


@routes.get(
    "/v1/customers/by-external-id/{externalId}",
    operation="getCustomerByExternalId",
    permission=("customer", "read"),
    response=CustomerBody,
    etag=True,
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    summary="Read a customer by its external id",
)
def get_by_external_id(request: Request[Container]) -> Response:
    """The external id is the caller's own, such as a key of an ERP system."""
    customer = find_customer_by_external_id(
        request.services.workspace(request.context), request.path["externalId"]
    )
    return answer(customer, wrote=False)


@routes.put(
    "/v1/customers/by-external-id/{externalId}",
    operation="upsertCustomer",
    permission=("customer", "write"),
    body=CustomerDraft,
    response=CustomerBody,
    etag=True,
    if_match="optional",
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    statuses={201: "There was no customer with this external id; it was created."},
    errors=(DuplicateError, AlreadyExistsError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create or replace a customer by its external id",
    examples=(Example("customer", {"companyName": "Tidewater Instruments", "industry": "medical"}),),
)
def upsert(request: Request[Container, NoQuery, CustomerDraft]) -> Response:
    """Repeating it changes nothing. `externalId` in the body may be left out, or must be the one of the path."""
    external_id: ExternalId = request.path["externalId"]
    upserted = upsert_customer(
        request.services.workspace(request.context),
        external_id,
        request.body,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(
        upserted.record,
        status=201 if upserted.created else None,
        location=upserted.created,
        wrote=upserted.created or upserted.changed,
    )
