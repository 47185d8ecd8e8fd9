"""Leads, products and opportunities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, Unpack

from zebros.calls import sales as calls
from zebros.calls.sales import LeadFields, Number, OpportunityFields, ProductFields, Reason
from zebros.listing import Listing
from zebros.models import Conversion, Lead, Opportunity, Product, StageSpan
from zebros.resources.collection import ExternalCollection
from zebros.resources.executor import Executor

__all__ = ["Leads", "Opportunities", "OpportunitySort", "Products"]

CreatedSort = Literal["createdAt", "-createdAt"]
ProductSort = Literal["name", "-createdAt"]
OpportunitySort = Literal["createdAt", "-createdAt", "expectedCloseDate", "-expectedCloseDate"]


class Leads(ExternalCollection[Lead]):
    """`client.leads`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.LEADS)

    def create(
        self,
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
        **fields: Unpack[LeadFields],
    ) -> Lead:
        """Create a lead. Raises DuplicateError when one with this e-mail exists."""
        call = self._routes.create(
            fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
        )
        return self._client.execute(call)

    def upsert(self, external_id: str, /, **fields: Unpack[LeadFields]) -> Lead:
        """Create the lead of this external id, or make it like these fields: those not given are emptied."""
        return self._client.execute(self._routes.upsert(external_id, fields))

    def list(
        self,
        *,
        owner: str | None = None,
        team: str | None = None,
        status: str | None = None,
        source: str | None = None,
        email: str | None = None,
        sort: CreatedSort | None = None,
        page_size: int | None = None,
    ) -> Listing[Lead]:
        """All leads that match, fetched page by page as they are read."""
        call = self._routes.list(
            owner=owner, team=team, status=status, source=source, email=email, sort=sort, limit=page_size
        )
        return Listing(call, self._client.execute)

    def convert(
        self,
        lead_id: str,
        *,
        customer: Mapping[str, Any] | None = None,
        contact: Mapping[str, Any] | None = None,
        opportunity: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Conversion:
        """Make a customer and a contact of the lead, and with `opportunity` that too: all of it or nothing.

        Each part is an id of what is there (`{"customer_id": ...}`) or fields of what is to be made; without
        it, customer and contact are made of the lead. Repeated, it answers with what the first one made.
        Raises DuplicateError when a customer of this name exists: then give its id.
        """
        call = calls.convert(
            lead_id,
            customer=customer,
            contact=contact,
            opportunity=opportunity,
            idempotency_key=idempotency_key,
        )
        return self._client.execute(call)


class Products(ExternalCollection[Product]):
    """`client.products`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.PRODUCTS)

    def create(
        self,
        *,
        skip_duplicate_check: bool = False,
        idempotency_key: str | None = None,
        **fields: Unpack[ProductFields],
    ) -> Product:
        """Create a product. Raises DuplicateError when one of this name exists."""
        call = self._routes.create(
            fields, skip_duplicate_check=skip_duplicate_check, idempotency_key=idempotency_key
        )
        return self._client.execute(call)

    def upsert(self, external_id: str, /, **fields: Unpack[ProductFields]) -> Product:
        """Create the product of this external id, or make it like these fields: those not given are emptied."""
        return self._client.execute(self._routes.upsert(external_id, fields))

    def list(self, *, sort: ProductSort | None = None, page_size: int | None = None) -> Listing[Product]:
        """The tenant's products."""
        return Listing(self._routes.list(sort=sort, limit=page_size), self._client.execute)


class Opportunities(ExternalCollection[Opportunity]):
    """`client.opportunities`"""

    def __init__(self, client: Executor) -> None:
        super().__init__(client, calls.OPPORTUNITIES)

    def create(
        self, *, idempotency_key: str | None = None, **fields: Unpack[OpportunityFields]
    ) -> Opportunity:
        """Create an opportunity."""
        return self._client.execute(self._routes.create(fields, idempotency_key=idempotency_key))

    def upsert(self, external_id: str, /, **fields: Unpack[OpportunityFields]) -> Opportunity:
        """Create the opportunity of this external id, or make it like these fields: others are emptied."""
        return self._client.execute(self._routes.upsert(external_id, fields))

    def list(
        self,
        *,
        owner: str | None = None,
        team: str | None = None,
        customer: str | None = None,
        stage: str | None = None,
        sort: OpportunitySort | None = None,
        page_size: int | None = None,
    ) -> Listing[Opportunity]:
        """All opportunities that match; `expectedCloseDate` is an order within a stage."""
        call = self._routes.list(
            owner=owner, team=team, customer=customer, stage=stage, sort=sort, limit=page_size
        )
        return Listing(call, self._client.execute)

    def move(
        self,
        opportunity_id: str,
        stage: str,
        *,
        loss_reason: str | None = None,
        close_date: date | str | None = None,
        value: Number | None = None,
        idempotency_key: str | None = None,
    ) -> Opportunity:
        """Move to a stage. Raises ConflictError for a closed one: `reopen` it first.

        A stage of the kind lost wants `loss_reason`; won or lost on `close_date`, today if not given.
        """
        call = calls.move(
            opportunity_id,
            stage,
            loss_reason=loss_reason,
            close_date=close_date,
            value=value,
            idempotency_key=idempotency_key,
        )
        return self._client.execute(call)

    def reopen(self, opportunity_id: str, stage: str, *, idempotency_key: str | None = None) -> Opportunity:
        """Open a won or lost one again, in this stage."""
        return self._client.execute(calls.reopen(opportunity_id, stage, idempotency_key=idempotency_key))

    def stages(self, opportunity_id: str) -> Sequence[StageSpan]:
        """Through which stages it went, and how long it was in each."""
        return self._client.execute(calls.stages_of(opportunity_id))

    def closed(
        self,
        *,
        outcome: Literal["won", "lost"] | None = None,
        from_: date | str | None = None,
        to: date | str | None = None,
        owner: str | None = None,
        team: str | None = None,
        page_size: int | None = None,
    ) -> Listing[Opportunity]:
        """Won and lost ones by their close date, newest first."""
        call = calls.closed(outcome=outcome, from_=from_, to=to, owner=owner, team=team, page_size=page_size)
        return Listing(call, self._client.execute)

    def at_risk(
        self,
        reason: Reason,
        *,
        idle_days: int | None = None,
        owner: str | None = None,
        team: str | None = None,
        page_size: int | None = None,
    ) -> Listing[Opportunity]:
        """Open ones past their expected close date (`overdue`), or unchanged for days (`idle`, 30)."""
        call = calls.at_risk(reason=reason, idle_days=idle_days, owner=owner, team=team, page_size=page_size)
        return Listing(call, self._client.execute)
