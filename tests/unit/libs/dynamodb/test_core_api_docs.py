"""The examples of the API documentation, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from widget_world import World

DOCS = Path(__file__).parents[4] / "docs" / "api" / "zebros_core"


@pytest.mark.parametrize("page", ["dynamodb.md", "tenancy.md"])
def test_the_examples_of_a_page_hold(page: str, world: World) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    assert blocks
    names: dict[str, Any] = {"__name__": "example", "client": world.client, "clock": world.clock}
    for block in blocks:
        exec(compile(block, page, "exec", dont_inherit=True), names)  # noqa: S102  our own documentation
