"""How to reach a customer or a contact."""

from typing import Annotated

from pydantic import StringConstraints

from zebros_core.dynamodb.entity import PERSONAL
from zebros_core.values import Email, Phone, ShortText, Value

Website = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^https?://[^\s\x00-\x1f#]+$")
]


class Address(Value):
    """A postal address; `country` as people write it, since imported data rarely has codes."""

    street: Annotated[ShortText | None, PERSONAL] = None
    city: Annotated[ShortText | None, PERSONAL] = None
    region: Annotated[ShortText | None, PERSONAL] = None
    postal_code: Annotated[ShortText | None, PERSONAL] = None
    country: Annotated[ShortText | None, PERSONAL] = None


class ContactInfo(Value):
    """How to reach a customer."""

    email: Annotated[Email | None, PERSONAL] = None
    phone: Annotated[Phone | None, PERSONAL] = None
    website: Annotated[Website | None, PERSONAL] = None
    address: Annotated[Address | None, PERSONAL] = None
