"""The product: what is sold."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from zebros_core.dynamodb.entity import BUSINESS, SYSTEM, StoredEntity
from zebros_core.names import name_key, normalised_name
from zebros_core.values import Custom, ExternalId, Label, Name, Tags, Value
from zebros_pipeline.domain.money import Amount, CurrencyCode


class ProductDraft(Value):
    """What a caller may set on a product. A price without a currency is in the tenant's."""

    name: Name
    series: Label | None = None
    unit_price: Amount | None = None
    currency: CurrencyCode | None = None
    active: bool = True
    external_id: ExternalId | None = None
    tags: Tags = frozenset()
    custom: Custom = Field(default_factory=dict)


class Product(StoredEntity):
    """A product as it is kept. Nobody owns it: it is the whole tenant's."""

    product_id: Annotated[str, SYSTEM]
    name: Annotated[str, BUSINESS]
    series: Annotated[str | None, BUSINESS] = None
    unit_price: Annotated[Amount | None, BUSINESS] = None
    currency: Annotated[str | None, BUSINESS] = None
    active: Annotated[bool, BUSINESS] = True

    @property
    def owner_id(self) -> str | None:
        """Nobody."""
        return None

    @property
    def team_id(self) -> str | None:
        """No team."""
        return None

    def draft(self) -> ProductDraft:
        """Return the part that a caller may set, as it stands."""
        return ProductDraft.model_construct(
            **{name: getattr(self, name) for name in ProductDraft.model_fields}
        )

    def revised(self, draft: ProductDraft) -> "Product":
        """Return this product with the draft's values."""
        return self.model_copy(update={name: getattr(draft, name) for name in ProductDraft.model_fields})

    def unique_values(self) -> dict[str, str]:
        """Return what two live products of a tenant may not share."""
        return {"name": normalised_name(self.name)}

    def index_attributes(self) -> Mapping[str, str]:
        """Return the attributes that only indexes need."""
        return {"nameKey": name_key(self.name)}
