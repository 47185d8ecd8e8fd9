"""Operations on the definitions of custom fields."""

from __future__ import annotations

from collections.abc import Sequence

from zebros.calls.call import Call, path, post_headers, read_nothing
from zebros.models import FieldDefinition


def create(
    *,
    entity: str,
    name: str,
    type: str,
    label: str | None,
    choices: Sequence[str] | None,
    idempotency_key: str | None,
) -> Call[FieldDefinition]:
    body: dict[str, object] = {"entity": entity, "name": name, "type": type}
    if label is not None:
        body["label"] = label
    if choices:
        body["choices"] = list(choices)
    return Call(
        "POST",
        "/v1/fields",
        lambda reply: FieldDefinition.model_validate(reply.json_object()),
        json=body,
        headers=post_headers(idempotency_key),
    )


def delete(field_id: str) -> Call[None]:
    return Call("DELETE", path("/v1/fields/{}", field_id), read_nothing)
