"""Custom fields: what a tenant may define for which entities."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from zebros_core.records.custom import Choices, FieldName, FieldType
from zebros_core.values import ShortText, Value

MAX_FIELDS_PER_ENTITY = 50


class FieldEntity(StrEnum):
    """The entities that take custom fields; those of other services read the definitions here, by the bulk door."""

    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"
    OPPORTUNITY = "opportunity"
    PRODUCT = "product"
    ACTIVITY = "activity"


class FieldDraft(Value):
    """What a caller says to define a field; `choices` goes with the type `choice` and only with it."""

    entity: FieldEntity
    name: FieldName
    type: FieldType
    label: ShortText | None = None
    choices: Choices = ()

    @model_validator(mode="after")
    def _choices_go_with_choice(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.choices):
            raise PydanticCustomError("choices", "a field of type choice has choices, and no other field has")
        return self


class FieldRevision(Value):
    """What may change on a definition. Its type may not: values of it are already kept."""

    label: ShortText | None = None
    choices: Choices | None = None
