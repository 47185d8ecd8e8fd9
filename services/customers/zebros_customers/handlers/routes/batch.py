"""/v1/customers:batch and /v1/contacts:batch"""

from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.http.batch import BatchRequest, OutcomesBody, apply_batch
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK
from zebros_customers.bootstrap import Container
from zebros_customers.handlers.routes.customers import EXAMPLE
from zebros_customers.use_cases.verbs import VERBS

routes = Routes("batch")


@routes.post(
    "/v1/customers:batch",
    operation="batchCustomers",
    permission=("customer", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 customers",
    examples=(
        Example(
            "upsert",
            {"operations": [{"operation": "upsert", "externalId": "erp-1001", "data": EXAMPLE.body}]},
        ),
    ),
)
def batch_customers(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """An outcome for each operation, by its index: created, updated, unchanged, deleted, conflict or rejected; the last
    two with the problem that a single request would have got.
    """
    return apply_batch(request, "customer", VERBS)


@routes.post(
    "/v1/contacts:batch",
    operation="batchContacts",
    permission=("contact", "write"),
    body=BatchRequest,
    response=OutcomesBody,
    idempotent="record",
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Write up to 100 contacts",
    examples=(
        Example("create", {"operations": [{"operation": "create", "data": {"lastName": "Vantongeren"}}]}),
    ),
)
def batch_contacts(request: Request[Container, NoQuery, BatchRequest]) -> Response:
    """As for customers."""
    return apply_batch(request, "contact", VERBS)
