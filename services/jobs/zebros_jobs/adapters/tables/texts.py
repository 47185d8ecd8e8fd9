"""The cells of a table as text and as JSON, the same in every format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from zebros_jobs.domain.formulas import guarded
from zebros_jobs.domain.tables import Cell

__all__ = ["cell_text", "json_text", "list_text", "number_text"]


def number_text(value: float | Decimal) -> str:
    """Return a number in plain decimal notation, exactly: of a float, the shortest that is the same number.

    Raises ValueError for what is no number.
    """
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not number.is_finite():
        raise ValueError("a table holds finite numbers only")
    return format(number, "f")


def cell_text(value: Cell) -> str:
    """Return the text of a cell in a CSV file; text that looks like a formula is guarded."""
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return number_text(value)
    if isinstance(value, date):
        return instant_text(value) if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, Mapping):
        return guarded(json_text(value))
    return guarded(list_text(value))


def instant_text(value: datetime) -> str:
    """Return an instant in UTC, with milliseconds and `Z`. Raises ValueError for one without a zone."""
    if value.tzinfo is None:
        raise ValueError("an instant has a zone")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def list_text(values: Sequence[Any]) -> str:
    """Return a list of texts with `; ` between; as JSON where that would not be clear."""
    texts = [value for value in values if isinstance(value, str)]
    plain = len(texts) == len(values) and not any(
        not text or text != text.strip() or text.startswith("[") or {",", ";"} & set(text) for text in texts
    )
    return "; ".join(texts) if plain else json_text(values)


def json_text(value: Any) -> str:
    """Return a value as JSON on one line, its decimals written out exactly.

    Raises ValueError for numbers that are not finite, TypeError for what JSON has no form for.
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float | Decimal):
        return number_text(value)
    if isinstance(value, date):
        return f'"{instant_text(value) if isinstance(value, datetime) else value.isoformat()}"'
    if isinstance(value, Mapping):
        members = (
            f"{json.dumps(str(name), ensure_ascii=False)}:{json_text(each)}"
            for name, each in value.items()  # pyright: ignore[reportUnknownVariableType]
        )
        return f"{{{','.join(members)}}}"
    if isinstance(value, list | tuple | frozenset):
        return f"[{','.join(map(json_text, value))}]"  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"no cell is a {type(value).__name__}")
