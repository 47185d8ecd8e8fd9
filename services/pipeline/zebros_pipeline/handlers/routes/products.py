"""/v1/products"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zebros_core.errors import AlreadyExistsError, ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.http.records import EXTERNAL_ID_PATTERN, HistoryEntryBody, history_response
from zebros_core.records.verbs import find_live_by_external_id, get_live, upsert
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.product import Product, ProductDraft
from zebros_pipeline.handlers.bodies import ProductBody
from zebros_pipeline.use_cases.create_product import create_product
from zebros_pipeline.use_cases.delete_product import delete_product
from zebros_pipeline.use_cases.list_products import list_products
from zebros_pipeline.use_cases.restore_product import restore_product
from zebros_pipeline.use_cases.update_product import update_product

routes = Routes("products")

EXAMPLE = Example(
    "product",
    {"name": "GTX Plus Pro", "series": "GTX", "unitPrice": 5482, "currency": "USD", "externalId": "sku-5482"},
    "A product with its price",
)


class ProductSort(StrEnum):
    """Orders of a list of products."""

    NAME = "name"
    NEWEST = "-createdAt"


class ProductsQuery(PageQuery):
    """The order of a list of products."""

    sort: Annotated[ProductSort, Field(description="By `name`, or newest first.")] = ProductSort.NAME


def answer(product: Product, *, status: int | None = None, location: bool = False) -> Response:
    """Return the response that shows a product."""
    where = f"/v1/products/{product.product_id}" if location else None
    return Response(ProductBody.of(product), status=status, etag=product.version, location=where)


@routes.post(
    "/v1/products",
    operation="createProduct",
    permission=("product", "write"),
    body=ProductDraft,
    response=ProductBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create a product",
    examples=(EXAMPLE,),
)
def create(request: Request[Container, NoQuery, ProductDraft]) -> Response:
    """It belongs to the whole tenant. A live product of the same name (case, accents and punctuation aside) is a 409
    that names it; `X-Skip-Duplicate-Check: true` goes on all the same.
    """
    created = create_product(
        request.services.workspace(request.context),
        request.body,
        repeat=request.idempotency,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(created.entity, location=True)


@routes.get(
    "/v1/products",
    operation="listProducts",
    permission=("product", "read"),
    query=ProductsQuery,
    response=PageBody[ProductBody],
    summary="List products",
)
def list_(request: Request[Container, ProductsQuery]) -> Response:
    """All live products of the tenant."""
    query = request.query
    page = list_products(
        request.services.workspace(request.context),
        by_name=query.sort is ProductSort.NAME,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, ProductBody, ProductBody.of)


@routes.get(
    "/v1/products/{productId}",
    operation="getProduct",
    permission=("product", "read"),
    response=ProductBody,
    etag=True,
    summary="Read a product",
)
def get(request: Request[Container]) -> Response:
    """One product."""
    return answer(get_live(request.services.workspace(request.context), "product", request.path["productId"]))


@routes.put(
    "/v1/products/{productId}",
    operation="replaceProduct",
    permission=("product", "write"),
    body=ProductDraft,
    response=ProductBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Replace a product",
    examples=(EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, ProductDraft]) -> Response:
    """What the body leaves out is emptied. Opportunities keep name and price as they were."""
    draft = request.body
    saved = update_product(
        request.services.workspace(request.context),
        request.path["productId"],
        lambda _: draft,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.patch(
    "/v1/products/{productId}",
    operation="updateProduct",
    permission=("product", "write"),
    body=ProductDraft,
    merge_patch=True,
    response=ProductBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Change a product",
    examples=(Example("price", {"unitPrice": 5650}),),
)
def update(request: Request[Container, NoQuery, MergePatch[ProductDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays. Opportunities keep what they have."""
    saved = update_product(
        request.services.workspace(request.context),
        request.path["productId"],
        request.body.apply,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.delete(
    "/v1/products/{productId}",
    operation="deleteProduct",
    permission=("product", "delete"),
    if_match="optional",
    status=204,
    errors=(ConflictError,),
    summary="Move a product to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Its name and external id are free at once; opportunities keep their lines."""
    delete_product(
        request.services.workspace(request.context),
        request.path["productId"],
        expected_version=request.if_match,
    )
    return Response()


@routes.post(
    "/v1/products/{productId}/restore",
    operation="restoreProduct",
    permission=("product", "delete"),
    response=ProductBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Restore a product",
)
def restore(request: Request[Container]) -> Response:
    """Brings a product back from the trash as it was. A live one is returned as it stands."""
    restored = restore_product(
        request.services.workspace(request.context),
        request.path["productId"],
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(restored.record)


@routes.get(
    "/v1/products/{productId}/history",
    operation="getProductHistory",
    permission=("product", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to a product",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after. Kept from events, so the newest write may be
    missing for a moment.
    """
    return history_response(request, "product", request.path["productId"])


@routes.get(
    "/v1/products/by-external-id/{externalId}",
    operation="getProductByExternalId",
    permission=("product", "read"),
    response=ProductBody,
    etag=True,
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    summary="Read a product by its external id",
)
def get_by_external_id(request: Request[Container]) -> Response:
    """The external id is the caller's own, such as a key of another system."""
    found = find_live_by_external_id(
        request.services.workspace(request.context), "product", request.path["externalId"]
    )
    return answer(found)


@routes.put(
    "/v1/products/by-external-id/{externalId}",
    operation="upsertProduct",
    permission=("product", "write"),
    body=ProductDraft,
    response=ProductBody,
    etag=True,
    if_match="optional",
    path_patterns={"externalId": EXTERNAL_ID_PATTERN},
    statuses={201: "There was no product with this external id; it was created."},
    errors=(DuplicateError, AlreadyExistsError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create or replace a product by its external id",
    examples=(Example("product", {"name": "GTX Pro", "unitPrice": 4821, "currency": "USD"}),),
)
def upsert_by_external_id(request: Request[Container, NoQuery, ProductDraft]) -> Response:
    """Repeating it changes nothing. `externalId` in the body may be left out, or must be the one of the path."""
    upserted = upsert(
        request.services.workspace(request.context),
        "product",
        request.path["externalId"],
        request.body,
        create=create_product,
        update=update_product,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(
        upserted.record,
        status=201 if upserted.created else None,
        location=upserted.created,
    )
