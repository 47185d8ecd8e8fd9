"""/v1/leads/{leadId}/convert"""

from zebros_core.errors import DuplicateError
from zebros_core.http import Example, NoQuery, Request, Response, Routes
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_pipeline.bootstrap import Container
from zebros_pipeline.domain.conversion import ConversionWish
from zebros_pipeline.domain.errors import ConversionRunningError, LeadConvertedError
from zebros_pipeline.handlers.bodies import ConversionBody
from zebros_pipeline.handlers.routes.opportunities import written
from zebros_pipeline.use_cases.convert_lead import convert_lead

routes = Routes("leads")


@routes.post(
    "/v1/leads/{leadId}/convert",
    operation="convertLead",
    permission=("lead", "convert"),
    body=ConversionWish,
    response=ConversionBody,
    if_match="optional",
    idempotent="record",
    errors=(DuplicateError, LeadConvertedError, ConversionRunningError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Convert a lead",
    examples=(
        Example("plain", {}, "To a new customer and contact, made of what the lead says"),
        Example(
            "deal",
            {
                "customer": {"customerId": "01JC8Z4T5V6W7X8Y9ZABCDEFGH"},
                "opportunity": {"title": "Tidewater: instruments", "expectedCloseDate": "2026-12-15"},
            },
            "To a new contact and deal of a customer that there is",
        ),
    ),
)
def convert(request: Request[Container, NoQuery, ConversionWish]) -> Response:
    """To a customer, a contact and, if `opportunity` is given, an opportunity: each a new one, or by its id one that
    there is. All of them are made or none, and the same wish again, in another click as well, gives the same answer;
    another wish is a 409. New records are the lead's owner's. Without `customer` it is the opportunity's, else the
    contact's, else a new one; one of that name already is a 409 that names it.
    """
    converted = convert_lead(
        request.services.workspace(request.context),
        request.path["leadId"],
        request.body,
        skip_duplicates=skips_duplicates(request.headers),
        expected_version=request.if_match,
    )
    return Response(
        ConversionBody.of(converted.conversion_id, converted.lead),
        writes=() if converted.opportunity is None else written(converted.opportunity),
    )
