"""/v1/leads:batch, /v1/products:batch and /v1/opportunities:batch"""

from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.http.batch import BatchRequest, OutcomesBody, apply_batch
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.handlers.routes import leads, opportunities, products
from zebros_pipeline.use_cases.verbs import VERBS

routes = Routes("batch")


@routes.post(
    "/v1/leads:batch",
    operation="batchLeads",
    permission=("lead", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 leads",
    examples=(Example("create", {"operations": [{"operation": "create", "data": leads.EXAMPLE.body}]}),),
)
def batch_leads(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """An outcome for each operation, by its index: created, updated, unchanged, deleted, conflict or rejected; the last
    two with the problem that a single request would have got.
    """
    return apply_batch(request, "lead", VERBS)


@routes.post(
    "/v1/products:batch",
    operation="batchProducts",
    permission=("product", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 products",
    examples=(
        Example(
            "upsert",
            {
                "operations": [
                    {"operation": "upsert", "externalId": "sku-5482", "data": products.EXAMPLE.body}
                ]
            },
        ),
    ),
)
def batch_products(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """As for leads."""
    return apply_batch(request, "product", VERBS)


@routes.post(
    "/v1/opportunities:batch",
    operation="batchOpportunities",
    permission=("opportunity", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    summary="Write up to 100 opportunities",
    examples=(
        Example(
            "upsert",
            {
                "operations": [
                    {"operation": "upsert", "externalId": "deal-1", "data": opportunities.EXAMPLE.body}
                ]
            },
        ),
    ),
)
def batch_opportunities(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """As for leads. An update with another stage is a move, under the same rules."""
    return apply_batch(request, "opportunity", VERBS)
