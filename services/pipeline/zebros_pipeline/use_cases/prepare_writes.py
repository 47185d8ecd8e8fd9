"""Read at once what the opportunities of a batch name: their customers, contacts and products."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zebros_core.errors import ForbiddenError
from zebros_pipeline.use_cases.workspace import Workspace


def prepare_opportunities(workspace: Workspace, values: Sequence[Mapping[str, Any]]) -> None:
    """Read what the values of opportunities name, unchecked as they came, so that each needs no call of its own."""
    for entity in ("customer", "contact"):
        try:
            workspace.references.prefetch(entity, _texts(given.get(f"{entity}Id") for given in values))
        except ForbiddenError:
            # Whoever may not read them at all is told so at each opportunity that names one.
            continue
    workspace.products_by_id.prefetch(
        _texts(line.get("productId") for given in values for line in _lines(given.get("lines")))
    )


def _texts(values: Iterator[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _lines(value: Any) -> Iterator[Mapping[str, Any]]:
    return (line for line in (value if isinstance(value, list) else []) if isinstance(line, dict))
