"""Request headers of this API beyond the standard ones."""

from collections.abc import Mapping

from zebros_core.errors import BadRequestError

SKIP_DUPLICATE_CHECK = "X-Skip-Duplicate-Check"


def skips_duplicates(headers: Mapping[str, str]) -> bool:
    """Tell whether the caller wants the record although there is one like it. Raises BadRequestError."""
    value = headers.get(SKIP_DUPLICATE_CHECK.lower(), "false").strip().lower()
    if value not in {"true", "false"}:
        raise BadRequestError.for_field(SKIP_DUPLICATE_CHECK, "not_boolean", "either true or false")
    return value == "true"
