"""What a tenant has in the pipeline service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from port import Call

from things.making import deleted, external_ids, free, never_external_ids

if TYPE_CHECKING:
    from estate import Estate

STAGES_PATH = "/v1/pipeline/stages"
LONG_PAST = "2020-03-01"
"""An expected close date that makes an open opportunity overdue."""
_LEAD_EXTERNAL_IDS = ("lead_external_id", *free("free_lead_external_id", 5))
_PRODUCT_EXTERNAL_IDS = ("product_external_id", *free("free_product_external_id", 5))
_OPPORTUNITY_EXTERNAL_IDS = ("opportunity_external_id", *free("free_opportunity_external_id", 6))
_STANDARD = (
    ("prospecting", "open", 10, "pipeline"),
    ("proposal", "open", 50, "bestCase"),
    ("won", "won", 100, "closed"),
    ("lost", "lost", 0, "omitted"),
)


def lead(estate: Estate, **facts: Any) -> str:
    """Make a lead and return its id."""
    body = {"lastName": estate.text("lead"), "companyName": estate.text("prospect"), **_owned(estate)}
    return str(estate.send("POST", "/v1/leads", body | facts).body["leadId"])


def product(estate: Estate, **facts: Any) -> str:
    """Make a product and return its id."""
    body = {"name": estate.text("product"), "series": estate.mark, "unitPrice": 12.5, "currency": "EUR"}
    return str(estate.send("POST", "/v1/products", body | facts).body["productId"])


def opportunity(estate: Estate, **facts: Any) -> str:
    """Make an overdue opportunity and return its id."""
    body = {"title": estate.text("deal"), "value": 1000, "expectedCloseDate": LONG_PAST, **_owned(estate)}
    return str(estate.send("POST", "/v1/opportunities", body | facts).body["opportunityId"])


def closed_opportunity(estate: Estate) -> str:
    """Make an opportunity, win it, and return its id."""
    id = opportunity(estate)
    estate.send("POST", f"/v1/opportunities/{id}/move", {"stage": "won"})
    return id


def stages_with(*keys: str) -> dict[str, Any]:
    """Return the body that sets the stages which everybody here has, and open ones of these keys."""
    own = [(key, "open", 25, "pipeline") for key in dict.fromkeys(keys)]
    return {
        "stages": [
            {"key": key, "name": key, "kind": kind, "probability": probability, "forecastCategory": category}
            for key, kind, probability, category in (*own, *_STANDARD)
        ]
    }


def _owned(estate: Estate) -> dict[str, Any]:
    return {"ownerId": estate.owner.user, "teamId": estate.owner.team}


def _opportunity(estate: Estate) -> str:
    return opportunity(
        estate,
        customerId=estate["customer"],
        contactId=estate["contact"],
        lines=[{"productId": estate["product"], "quantity": 2}],
        tags=[estate.mark],
    )


def _stage(estate: Estate) -> str:
    """Make a stage of the tenant's own, in which nothing is: estates of one tenant take each other's place."""
    key = f"s{estate.mark}"
    estate.sent(Call("PUT", STAGES_PATH, stages_with(key), headers={"If-Match": "*"}))
    return key


MAKERS: dict[str, Callable[[Estate], str]] = {
    "lead_email": lambda e: f"{e.mark}@lead.example",
    "source": lambda e: f"{e.mark} fair",
    "product_name": lambda e: f"{e.mark} engine",
    "stage": _stage,
    "lead": lambda e: lead(e, email=e["lead_email"], source=e["source"], tags=[e.mark]),
    "single_lead": lambda e: lead(e),
    "fresh_lead": lambda e: lead(e),
    "deleted_lead": deleted("/v1/leads", lambda e: lead(e)),
    "product": lambda e: product(e, name=e["product_name"], tags=[e.mark]),
    "single_product": lambda e: product(e),
    "deleted_product": deleted("/v1/products", lambda e: product(e)),
    "opportunity": _opportunity,
    "single_opportunity": lambda e: opportunity(e),
    "closed_opportunity": closed_opportunity,
    "deleted_opportunity": deleted("/v1/opportunities", lambda e: opportunity(e)),
    **external_ids(lead, *_LEAD_EXTERNAL_IDS),
    **external_ids(product, *_PRODUCT_EXTERNAL_IDS),
    **external_ids(opportunity, *_OPPORTUNITY_EXTERNAL_IDS),
}
NEVER: dict[str, Callable[[str], str]] = {
    "lead_email": lambda mark: f"{mark}@lead.example",
    "source": lambda mark: f"{mark} fair",
    "product_name": lambda mark: f"{mark} engine",
    "stage": lambda mark: f"s{mark}",
    **never_external_ids(*_LEAD_EXTERNAL_IDS, *_PRODUCT_EXTERNAL_IDS, *_OPPORTUNITY_EXTERNAL_IDS),
}


def more(estate: Estate) -> None:
    """Make a second closed opportunity, convert a lead, and change what has a history."""
    closed_opportunity(estate)
    wish = {"customer": {"customerId": estate["customer"]}, "opportunity": {"title": estate.text("deal")}}
    estate.send("POST", f"/v1/leads/{lead(estate)}/convert", wish)
    for path in ("leads/" + estate["lead"], "products/" + estate["product"]):
        estate.send("PATCH", f"/v1/{path}", {"tags": [estate.mark, "changed"]})
    estate.send("POST", f"/v1/opportunities/{estate['opportunity']}/move", {"stage": "proposal"})
