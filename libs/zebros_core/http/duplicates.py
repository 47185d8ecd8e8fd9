"""The header by which a caller writes a record although there is one like it."""

from collections.abc import Mapping

from zebros_core.errors import BadRequestError
from zebros_core.http.routing import HeaderParameter

SKIP_DUPLICATE_CHECK = HeaderParameter(
    "X-Skip-Duplicate-Check",
    "`true` writes the record although a live one has its name or e-mail. An external id is never shared.",
    {"type": "string", "enum": ["true", "false"], "default": "false"},
)


def skips_duplicates(headers: Mapping[str, str]) -> bool:
    """Tell whether the caller wants the record although there is one like it. Raises BadRequestError."""
    value = headers.get(SKIP_DUPLICATE_CHECK.name.lower(), "false").strip().lower()
    if value not in {"true", "false"}:
        raise BadRequestError.for_field(SKIP_DUPLICATE_CHECK.name, "not_boolean", "either true or false")
    return value == "true"
