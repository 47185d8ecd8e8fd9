"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from zebros_core.errors import FieldError, ValidationError
from zebros_core.http.strict_json import pointer
from zebros_core.http.validation import MAX_REPORTED, validate_document
from zebros_core.http.wire import wire_document

M = TypeVar("M", bound=BaseModel)


def merge_patch(target: Any, patch: Any) -> Any:
    """Return ``target`` with ``patch`` applied; neither is changed.

    The algorithm of RFC 7396, section 2: members of an object are merged one by one, null removes, everything
    else (arrays too) replaces.
    """
    if not isinstance(patch, Mapping):
        return patch
    result: dict[str, Any] = dict(cast("Mapping[str, Any]", target)) if isinstance(target, Mapping) else {}
    for name, value in cast("Mapping[str, Any]", patch).items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


class MergePatch(Generic[M]):
    """A merge patch for a resource whose writable part is ``model``.

    ``document`` is the patch as sent. Members that ``model`` does not know are refused when the patch is
    made, the first 50 by name; the values are checked by :meth:`apply`, on the merged whole, since rules between
    fields hold there.
    """

    __slots__ = ("document", "model")

    def __init__(self, model: type[M], document: Any) -> None:
        if not isinstance(document, dict):
            message = "a merge patch is a JSON object"
            raise ValidationError(message, fields=(FieldError("", "object_type", message),))
        self.model = model
        self.document = cast("dict[str, Any]", document)
        known = {field.alias or name for name, field in model.model_fields.items()}
        unknown = [name for name in self.document if name not in known]
        if unknown:
            raise ValidationError(
                "the patch has members that the resource does not have",
                fields=tuple(
                    FieldError(pointer((name,)), "extra_forbidden", "unknown field")
                    for name in unknown[:MAX_REPORTED]
                ),
            )

    @property
    def fields_set(self) -> frozenset[str]:
        """Python names of the top-level fields that the patch touches."""
        return frozenset(
            name for name, field in self.model.model_fields.items() if (field.alias or name) in self.document
        )

    def apply(self, current: M) -> M:
        """Return ``current`` with the patch applied, validated strictly. Raises ValidationError naming the
        fields.
        """
        return validate_document(self.model, merge_patch(wire_document(current), self.document))
