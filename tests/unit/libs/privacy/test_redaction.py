"""What is personal goes, by the classification of the model and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from zebros_core.dynamodb.entity import (
    BUSINESS,
    PERSONAL,
    SYSTEM,
    PersonalEntity,
    StoredEntity,
    classified_fields,
    unclassified_fields,
)
from zebros_core.privacy.redaction import (
    ERASED,
    classification_of,
    data_of,
    erased,
    erased_change,
    is_named_in,
    redacted,
)
from zebros_core.privacy.texts import Sought
from zebros_core.values import Email, Value

SOUGHT = Sought(["jane@person.example"], ["Jane Doe"])


class Home(Value):
    street: Annotated[str | None, PERSONAL] = None
    email: Annotated[Email | None, PERSONAL] = None


class Work(Value):
    role: Annotated[str | None, BUSINESS] = None
    desk: Annotated[str, PERSONAL]


class Guest(PersonalEntity):
    guest_id: Annotated[str, SYSTEM]
    name: Annotated[str, PERSONAL]
    room: Annotated[str | None, BUSINESS] = None
    price: Annotated[Decimal | None, BUSINESS] = None
    home: Annotated[Home, PERSONAL] = Home()
    work: Annotated[Work | None, PERSONAL] = None
    notes: Annotated[tuple[Work, ...], BUSINESS] = ()


def guest(**facts: Any) -> Guest:
    given = {"guest_id": "G1", "name": "Jane Doe", "room": "12", "created_by": "Jane Doe", **facts}
    return Guest.model_validate(given)


def test_personal_values_are_emptied_and_others_stay() -> None:
    full = guest(
        price="12.50",
        home={"street": "Elm St"},
        work={"role": "cook", "desk": "D4"},
        custom={"birthday": "1980"},
        tags=["vip"],
        external_id="x-1",
    )
    gone = erased(full)
    assert (gone.name, gone.room, gone.price) == (ERASED, "12", Decimal("12.50"))
    assert gone.home == Home()
    assert gone.work == Work(role="cook", desk=ERASED), "what is not personal in a value stays"
    assert (gone.custom, gone.tags, gone.external_id) == ({}, frozenset(), None)
    assert gone.created_by == "Jane Doe", "who did what is the system's"
    assert erased(gone) == gone
    assert Guest.model_validate(gone.model_dump(by_alias=True)) == gone
    assert erased(full, keep=("home",)).home.street == "Elm St"


def test_a_model_that_cannot_be_erased_is_a_defect() -> None:
    class Counted(StoredEntity):
        number: Annotated[int, PERSONAL]

    with pytest.raises(ValueError, match="number"):
        erased(Counted(number=1))


def test_texts_that_name_somebody_lose_that_alone_and_stay_valid() -> None:
    named = guest(
        name="Joe",
        room="next to Jane  Doe",
        home={"street": "Jane Doe Alley", "email": "jane@person.example"},
        notes=[{"role": "of Jane Doe", "desk": "D1"}],
        tags=["Jane Doe", "vip"],
        custom={"friend": "Jane Doe", "age": 7},
        external_id="crm:jane@person.example",
    )
    assert is_named_in(named, SOUGHT)
    without = redacted(named, SOUGHT)
    assert without.room == "next to [erased]"
    assert without.home == Home(street="[erased] Alley"), "no text is an address"
    assert without.notes == (Work(role="of [erased]", desk="D1"),)
    assert without.tags == {"[erased]", "vip"}
    assert without.custom == {"friend": "[erased]", "age": 7}
    assert without.external_id is None, "which is guarded as one record's alone"
    assert without.created_by == "Jane Doe"
    assert not is_named_in(without, SOUGHT)
    assert redacted(without, SOUGHT) == without


def test_what_names_nobody_is_the_same_record() -> None:
    plain = guest(name="Joe")
    assert not is_named_in(plain, SOUGHT)
    assert redacted(plain, SOUGHT) is plain


def test_the_history_keeps_business_values_and_nothing_of_unknown_fields() -> None:
    assert erased_change(Guest, "name", "Jane") == ERASED
    assert erased_change(Guest, "home", {"street": "Elm St"}) == ERASED
    assert erased_change(Guest, "room", "12") == "12"
    assert erased_change(Guest, "name", None) is None
    assert erased_change(Guest, "nickname", "J.") == ERASED, "of a field that the model no longer has"


def test_a_record_is_told_with_the_class_of_each_field() -> None:
    data, classes = data_of(guest(work={"role": "cook", "desk": "D4"}, tags=["b", "a"]))
    assert data["tags"] == ["a", "b"] and data["guestId"] == "G1"
    assert classes["name"] == "personal" and classes["room"] == "business" and classes["guestId"] == "system"
    assert classes["home.street"] == "personal"
    assert classes == classification_of(Guest)
    assert set(data) <= set(classes)


@pytest.mark.parametrize("module", ["customers", "pipeline", "activities", "auth"])
def test_every_field_of_every_record_is_classified_and_can_be_erased(module: str) -> None:
    import importlib

    keys = importlib.import_module(f"zebros_{module}.repositories.keys")
    schemas = keys.SCHEMAS if hasattr(keys, "SCHEMAS") else (keys.USERS,)
    for schema in schemas:
        model: type[BaseModel] = schema.model
        assert unclassified_fields(model) == []
        required = {name: "x" for name, info in model.model_fields.items() if info.is_required()}
        personal = {name for name, mark in classified_fields(model).items() if mark is PERSONAL}
        gone = erased(model.model_construct(**required))
        assert all(getattr(gone, name) == (ERASED if name in personal else "x") for name in required)
