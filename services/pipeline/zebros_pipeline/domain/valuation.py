"""What an opportunity is worth: its lines with the products' names and prices, and their sum."""

from collections.abc import Callable
from decimal import Decimal

from zebros_core.errors import ValidationError
from zebros_pipeline.domain.money import fits
from zebros_pipeline.domain.opportunity import Line, Opportunity, OpportunityDraft, total_of
from zebros_pipeline.domain.product import Product


def priced_lines(
    draft: OpportunityDraft,
    currency: str,
    *,
    previous: Opportunity | None,
    product: Callable[[str], Product | None],
) -> tuple[Line, ...]:
    """Return the draft's lines with their products' names and prices where they have none of their own.

    A line that was there before keeps what it had, so that a product may change or go. Raises ValidationError for an
    unknown product or one that is not active, and for a price that neither line nor product has in this currency.
    """
    former = previous.lines if previous is not None else ()
    if draft.lines is None:
        return former
    before = {line.product_id: line for line in former}
    return tuple(
        _priced(line, place, currency, before.get(line.product_id), product)
        for place, line in enumerate(draft.lines)
    )


def _priced(
    line: Line, place: int, currency: str, before: Line | None, product: Callable[[str], Product | None]
) -> Line:
    if line.name is not None and line.unit_price is not None and before is not None:
        return line
    found = product(line.product_id)
    if found is None and before is None:
        raise ValidationError.for_field(f"/lines/{place}/productId", "unknown_reference", "no such product")
    if found is not None and before is None and not found.active:
        raise ValidationError.for_field(
            f"/lines/{place}/productId", "inactive", "this product is sold no more"
        )
    name = line.name or (before.name if before is not None else None) or (found.name if found else None)
    if line.unit_price is not None:
        return line.model_copy(update={"name": name})
    price = before.unit_price if before is not None else None
    if price is None and found is not None:
        if found.unit_price is None:
            raise ValidationError.for_field(
                f"/lines/{place}/unitPrice", "missing", "the product has no price; give one"
            )
        if found.currency != currency:
            raise ValidationError.for_field(
                f"/lines/{place}/unitPrice",
                "currency_differs",
                f"the product's price is in {found.currency}; give one in {currency}",
            )
        price = found.unit_price
    return line.model_copy(update={"name": name, "unit_price": price})


def value_of(
    draft: OpportunityDraft, lines: tuple[Line, ...], previous: Opportunity | None
) -> Decimal | None:
    """Return the value: the one given, or the sum of the lines.

    A value that was the sum of the former lines follows them. Raises ValidationError for a sum of more than 15 digits.
    """
    followed = (
        previous is not None
        and lines != previous.lines
        and draft.value == previous.value
        and previous.value == total_of(previous.lines)
    )
    if draft.value is not None and not followed:
        return draft.value
    total = total_of(lines)
    if total is not None and not fits(total):
        raise ValidationError.for_field(
            "/lines", "sum_too_long", "the sum of the lines has more than 15 significant digits"
        )
    return total
