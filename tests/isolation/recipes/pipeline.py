"""How the operations of the pipeline service are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from estate import Things
from things.pipeline import stages_with

from recipes.recipe import (
    ALL_THE_SAME,
    WHATEVER_IT_IS,
    Recipe,
    Reference,
    batch,
    filters,
    naming,
    taking,
    update_of,
)

THINGS = {"leadId": "lead", "productId": "product", "opportunityId": "opportunity"}
_LEAD: dict[str, Any] = {"lastName": "Vantongeren"}
_PRODUCT: dict[str, Any] = {"name": "Any product"}
_DEAL: dict[str, Any] = {"title": "Any deal"}


def _line(product_id: str) -> list[dict[str, Any]]:
    return [{"productId": product_id, "quantity": 1, "unitPrice": 1}]


def _deal(data: dict[str, Any]) -> tuple[Reference, ...]:
    """Return references that put another tenant's things into a deal."""
    return (
        *naming(data, customerId="customer", contactId="contact", stage="stage"),
        Reference(body=lambda theirs, _: {**data, "lines": _line(theirs["product"])}),
    )


def _converted(wish: Callable[[Things], dict[str, Any]]) -> Reference:
    return Reference(body=lambda theirs, _: wish(theirs))


def _taking_all(theirs: Things, _: Things) -> Any:
    """Return the wish to convert a lead to new records that take another tenant's external ids."""
    return {
        "customer": {"companyName": "Tidewater", "externalId": theirs["free_external_id_6"]},
        "contact": {"externalId": theirs["free_contact_external_id_5"]},
        "opportunity": {"title": "New", "externalId": theirs["free_opportunity_external_id_6"]},
    }


def _in_batch(reference: Reference) -> Reference:
    def body(theirs: Things, mine: Things) -> Any:
        assert reference.body is not None
        data = reference.body(theirs, mine)
        return {"operations": [{"operation": "update", "id": mine["opportunity"], "data": data}]}

    return Reference(body=body)


RECIPES: dict[str, Recipe] = {
    # -- leads
    "createLead": Recipe(
        body=lambda t: {"lastName": f"{t['name']} too"},
        references=(
            Reference(
                body=lambda theirs, _: {
                    **_LEAD,
                    "email": theirs["lead_email"],
                    "externalId": theirs["free_lead_external_id_1"],
                },
                harmless=True,
            ),
        ),
        headers=ALL_THE_SAME,
    ),
    "listLeads": Recipe(references=filters(owner="owner", team="team", source="source", email="lead_email")),
    "getLead": Recipe(),
    "replaceLead": Recipe(
        body=lambda _: _LEAD,
        headers=WHATEVER_IT_IS,
        references=(taking("free_lead_external_id_2", _LEAD, leadId="single_lead"),),
    ),
    "updateLead": Recipe(
        body=lambda _: {"score": 50},
        references=(taking("free_lead_external_id_3", {}, leadId="single_lead"),),
    ),
    "deleteLead": Recipe(),
    "restoreLead": Recipe(path={"leadId": "deleted_lead"}),
    "getLeadHistory": Recipe(),
    "getLeadByExternalId": Recipe(path={"externalId": "lead_external_id"}),
    "upsertLead": Recipe(
        path={"externalId": "free_lead_external_id_4"},
        body=lambda t: {**_LEAD, "externalId": t["free_lead_external_id_4"]},
        harmless=True,
    ),
    "batchLeads": Recipe(
        body=update_of("lead", {"score": 50}),
        references=batch("lead", "lead_external_id", "free_lead_external_id_5", _LEAD),
    ),
    "convertLead": Recipe(
        body=lambda t: {
            "customer": {"customerId": t["customer"]},
            "opportunity": {"title": "New", "lines": _line(t["product"])},
        },
        headers=ALL_THE_SAME,
        references=(
            _converted(lambda t: {"customer": {"customerId": t["customer"]}}),
            _converted(lambda t: {"contact": {"contactId": t["contact"]}}),
            _converted(lambda t: {"opportunity": {"opportunityId": t["opportunity"]}}),
            _converted(lambda t: {"opportunity": {"title": "New", "lines": _line(t["product"])}}),
            _converted(lambda t: {"opportunity": {"title": "New", "stage": t["stage"]}}),
            Reference(path={"leadId": "fresh_lead"}, body=_taking_all, harmless=True),
        ),
    ),
    # -- products
    "createProduct": Recipe(
        body=lambda t: {"name": f"{t['product_name']} too"},
        references=(
            Reference(
                body=lambda theirs, _: {
                    "name": theirs["product_name"],
                    "externalId": theirs["free_product_external_id_1"],
                },
                harmless=True,
            ),
        ),
        headers=ALL_THE_SAME,
    ),
    "listProducts": Recipe(),
    "getProduct": Recipe(),
    "replaceProduct": Recipe(
        body=lambda t: {"name": f"{t['product_name']} anew"},
        headers={**WHATEVER_IT_IS, **ALL_THE_SAME},
        references=(taking("free_product_external_id_2", _PRODUCT, productId="single_product"),),
    ),
    "updateProduct": Recipe(
        body=lambda _: {"unitPrice": 3},
        references=(taking("free_product_external_id_3", {}, productId="single_product"),),
    ),
    "deleteProduct": Recipe(),
    "restoreProduct": Recipe(path={"productId": "deleted_product"}),
    "getProductHistory": Recipe(),
    "getProductByExternalId": Recipe(path={"externalId": "product_external_id"}),
    "upsertProduct": Recipe(
        path={"externalId": "free_product_external_id_4"},
        body=lambda t: {**_PRODUCT, "externalId": t["free_product_external_id_4"]},
        headers=ALL_THE_SAME,
        harmless=True,
    ),
    "batchProducts": Recipe(
        body=update_of("product", {"unitPrice": 3}),
        headers=ALL_THE_SAME,
        references=batch("product", "product_external_id", "free_product_external_id_5", _PRODUCT),
    ),
    # -- opportunities
    "createOpportunity": Recipe(
        body=lambda t: {**_DEAL, "customerId": t["customer"], "lines": _line(t["product"])},
        references=(*_deal(_DEAL), taking("free_opportunity_external_id_1", _DEAL)),
    ),
    "listOpportunities": Recipe(
        references=filters(owner="owner", team="team", customer="customer", stage="stage")
    ),
    "getOpportunity": Recipe(),
    "replaceOpportunity": Recipe(
        body=lambda t: {**_DEAL, "customerId": t["customer"]},
        headers=WHATEVER_IT_IS,
        references=(
            *_deal(_DEAL),
            taking("free_opportunity_external_id_2", _DEAL, opportunityId="single_opportunity"),
        ),
    ),
    "updateOpportunity": Recipe(
        body=lambda _: {"value": 5},
        references=(
            *_deal({}),
            taking("free_opportunity_external_id_3", {}, opportunityId="single_opportunity"),
        ),
    ),
    "deleteOpportunity": Recipe(),
    "restoreOpportunity": Recipe(path={"opportunityId": "deleted_opportunity"}),
    "getOpportunityHistory": Recipe(),
    "getOpportunityByExternalId": Recipe(path={"externalId": "opportunity_external_id"}),
    "upsertOpportunity": Recipe(
        path={"externalId": "free_opportunity_external_id_4"},
        body=lambda t: {**_DEAL, "externalId": t["free_opportunity_external_id_4"]},
        harmless=True,
        references=tuple(
            Reference(path={"externalId": "opportunity_external_id"}, body=reference.body)
            for reference in _deal(_DEAL)
        ),
    ),
    "batchOpportunities": Recipe(
        body=update_of("opportunity", {"value": 5}),
        references=(
            *batch("opportunity", "opportunity_external_id", "free_opportunity_external_id_5", _DEAL),
            *(_in_batch(reference) for reference in _deal({})),
        ),
    ),
    "moveOpportunity": Recipe(body=lambda _: {"stage": "proposal"}, references=naming({}, stage="stage")),
    "reopenOpportunity": Recipe(
        path={"opportunityId": "closed_opportunity"},
        body=lambda _: {"stage": "proposal"},
        references=naming({}, stage="stage"),
    ),
    "getOpportunityStages": Recipe(),
    "listClosedOpportunities": Recipe(
        query={"from": "2020-01-01", "to": "2999-12-31"}, references=filters(owner="owner", team="team")
    ),
    "listOpportunitiesAtRisk": Recipe(references=filters(owner="owner", team="team")),
    # -- settings
    "getStages": Recipe(),
    "setStages": Recipe(
        body=lambda t: stages_with(t["stage"]),
        headers=WHATEVER_IT_IS,
        references=(
            Reference(body=lambda theirs, mine: stages_with(mine["stage"], theirs["stage"]), harmless=True),
        ),
    ),
    "getCurrencies": Recipe(),
    "setCurrencies": Recipe(
        body=lambda _: {"baseCurrency": "EUR", "rates": {"USD": 0.92}}, headers=WHATEVER_IT_IS
    ),
    # -- totals
    "getPipelineValue": Recipe(query={"groupBy": "owner"}),
    "getForecast": Recipe(query={"from": "2020-03", "to": "2020-05"}),
    "getDashboard": Recipe(),
    "verifyTotals": Recipe(body=lambda _: {}),
    "rebuildTotals": Recipe(body=lambda _: {}),
}
