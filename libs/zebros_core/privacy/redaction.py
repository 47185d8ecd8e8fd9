"""Records without what is personal in them. The classification in the models decides what that is, nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel
from pydantic import ValidationError as ModelError
from pydantic.alias_generators import to_camel

from zebros_core.dynamodb.entity import (
    PERSONAL,
    SYSTEM,
    Classification,
    StoredEntity,
    classified_fields,
    unclassified_fields,
)
from zebros_core.privacy.texts import Sought

__all__ = ["ERASED", "classification_of", "data_of", "erased", "erased_change", "is_named_in", "redacted"]

M = TypeVar("M", bound=BaseModel)

ERASED: Final = "erased"
"""What stands in a personal field that cannot be empty."""


def erased(record: M, *, keep: Collection[str] = ()) -> M:
    """Return the record without personal values: empty, or `erased` where there must be a text.

    A value with fields of its own keeps those of them that are not personal. `keep` names fields that stay as they
    are. Raises ValueError for a model that has a personal field which can be neither.
    """
    classes = classified_fields(type(record))
    changes: dict[str, Any] = {}
    for name, info in type(record).model_fields.items():
        value = getattr(record, name)
        if name in keep:
            continue
        if isinstance(value, BaseModel) and _is_mixed(type(value)):
            changes[name] = erased(value)
        elif classes.get(name) is PERSONAL:
            changes[name] = _emptied(type(record), name, info.annotation)
    return record.model_copy(update=changes)


def _is_mixed(model: type[BaseModel]) -> bool:
    """Tell whether every field of a value is classified, and some are not personal."""
    return not unclassified_fields(model) and set(classified_fields(model).values()) != {PERSONAL}


def _emptied(model: type[BaseModel], name: str, annotation: Any) -> Any:
    info = model.model_fields[name]
    if not info.is_required():
        return info.get_default(call_default_factory=True, validated_data={})
    if annotation is not str:
        raise ValueError(f"{model.__name__}.{name} is personal and can be neither empty nor a word")
    return ERASED


def is_named_in(record: BaseModel, sought: Sought) -> bool:
    """Tell whether a record names the person, in any field that is not the system's."""
    return any(_named(getattr(record, name), sought) for name in _texts_of(type(record)))


def _named(value: Any, sought: Sought) -> bool:
    if isinstance(value, BaseModel):
        return is_named_in(value, sought)
    if isinstance(value, tuple | list):
        return any(_named(member, sought) for member in cast("list[Any]", value))
    return sought.found_in(value)


def redacted(record: M, sought: Sought) -> M:
    """Return the record with `[erased]` where its texts name the person.

    What may not hold that text, such as an address, is emptied; so is an external id, which is a record's alone.
    """
    changes: dict[str, Any] = {}
    for name in _texts_of(type(record)):
        value = getattr(record, name)
        if _named(value, sought):
            changes[name] = _without(value, sought)
    if "external_id" in changes and isinstance(record, StoredEntity):
        changes["external_id"] = None
    return _accepted(record, changes) if changes else record


def _without(value: Any, sought: Sought) -> Any:
    if isinstance(value, BaseModel):
        return redacted(value, sought)
    if isinstance(value, tuple | list):
        members = cast("list[Any]", value)
        return type(members)(_without(member, sought) for member in members)
    return sought.without(value)


def _accepted(record: M, changes: dict[str, Any]) -> M:
    """Return the record with these changes, and emptied what its model does not accept in their place."""
    model = type(record)
    changed = record.model_copy(update=changes)
    try:
        return model.model_validate(changed.model_dump(by_alias=True, warnings=False))
    except ModelError as error:
        refused = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    for name, info in model.model_fields.items():
        if name in changes and refused & {name, info.alias or name}:
            changes[name] = _emptied(model, name, info.annotation)
    return record.model_copy(update=changes)


def _texts_of(model: type[BaseModel]) -> list[str]:
    """Return the names of fields that somebody may have written a name into."""
    classes = classified_fields(model)
    return [name for name in model.model_fields if classes.get(name) is not SYSTEM]


def erased_change(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return what the history keeps of a value that a record of an erased person had, by the field's stored name.

    Of a field that the model no longer has nobody knows what it was: it counts as personal.
    """
    fields = {info.alias or field: field for field, info in model.model_fields.items()}
    is_personal = name not in fields or classified_fields(model).get(fields[name]) in {PERSONAL, None}
    return ERASED if is_personal and value is not None else value


def classification_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the class of each field by its wire name; a field of a nested value is named ``outer.inner``."""
    return {
        ".".join(map(to_camel, name.split("."))): mark.value
        for name, mark in classified_fields(model).items()
        if isinstance(mark, Classification)  # pyright: ignore[reportUnnecessaryIsInstance]
    }


def data_of(record: StoredEntity) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Return a record as it is told to the person: its values by wire name, and the class of each."""
    data = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    return data | {"tags": sorted(record.tags)}, classification_of(type(record))
