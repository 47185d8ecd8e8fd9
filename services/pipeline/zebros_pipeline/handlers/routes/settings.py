"""/v1/pipeline/stages and /v1/pipeline/currencies"""

from zebros_core.errors import ConflictError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.currencies import CurrenciesDraft
from zebros_pipeline.domain.errors import StageInUseError
from zebros_pipeline.domain.stages import StagesDraft, default_stages
from zebros_pipeline.handlers.bodies import CurrenciesBody, StagesBody
from zebros_pipeline.use_cases.manage_currencies import get_currencies, set_currencies
from zebros_pipeline.use_cases.manage_stages import get_stages, set_stages

routes = Routes("pipeline")

_STAGES = {
    "stages": [
        {
            "key": stage.key,
            "name": stage.name,
            "kind": stage.kind.value,
            "probability": stage.probability,
            "forecastCategory": stage.forecast_category.value,
        }
        for stage in default_stages().stages
    ]
}


@routes.get(
    "/v1/pipeline/stages",
    operation="getStages",
    permission=("pipeline", "read"),
    response=StagesBody,
    etag=True,
    summary="Read the stages",
)
def stages(request: Request[Container]) -> Response:
    """In their order. Version 1 are those that everybody begins with."""
    found = get_stages(request.services.workspace(request.context))
    return Response(StagesBody.of(found), etag=found.version)


@routes.put(
    "/v1/pipeline/stages",
    operation="setStages",
    permission=("pipeline", "write"),
    body=StagesDraft,
    response=StagesBody,
    etag=True,
    if_match="required",
    errors=(StageInUseError, ConflictError),
    summary="Set the stages",
    examples=(Example("stages", _STAGES),),
)
def replace_stages(request: Request[Container, NoQuery, StagesDraft]) -> Response:
    """3 to 30 in their order, at least one open, one won and one lost. Name, place, probability and category may change
    at any time; a stage that opportunities are in can neither go nor change its kind: 409.
    """
    stored = set_stages(
        request.services.workspace(request.context), request.body, expected_version=request.if_match
    )
    return Response(StagesBody.of(stored), etag=stored.version)


@routes.get(
    "/v1/pipeline/currencies",
    operation="getCurrencies",
    permission=("pipeline", "read"),
    response=CurrenciesBody,
    etag=True,
    summary="Read base currency and rates",
)
def currencies(request: Request[Container]) -> Response:
    """Version 1 is the currency that the tenant was registered with, and no rates."""
    found = get_currencies(request.services.workspace(request.context))
    return Response(CurrenciesBody.of(found), etag=found.version)


@routes.put(
    "/v1/pipeline/currencies",
    operation="setCurrencies",
    permission=("pipeline", "write"),
    body=CurrenciesDraft,
    response=CurrenciesBody,
    etag=True,
    if_match="required",
    errors=(ConflictError,),
    summary="Set base currency and rates",
    examples=(Example("rates", {"baseCurrency": "EUR", "rates": {"USD": 0.9223, "CHF": 1.0581}}),),
)
def replace_currencies(request: Request[Container, NoQuery, CurrenciesDraft]) -> Response:
    """What one unit of a currency is worth in the base currency. Sums are kept by currency and converted when they are
    read; a currency without a rate is told apart, never added raw.
    """
    stored = set_currencies(
        request.services.workspace(request.context), request.body, expected_version=request.if_match
    )
    return Response(CurrenciesBody.of(stored), etag=stored.version)
