"""The examples in the documentation of auth, http and observability run as they are printed."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[4] / "docs" / "api" / "zebros_core"


@pytest.mark.parametrize("page", ["auth", "http", "observability"])
def test_the_examples_of_a_page_run(page):
    root, ours = logging.getLogger(), logging.getLogger("zebros")
    before = root.handlers[:], root.level, ours.level
    blocks = re.findall(
        r"^```python\n(.*?)^```", (PAGES / f"{page}.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    scope: dict[str, object] = {"__name__": f"docs_{page}"}
    try:
        for block in blocks:
            exec(compile(block, f"{page}.md", "exec", dont_inherit=True), scope)  # noqa: S102 - our own pages
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        ours.setLevel(before[2])
    assert len(blocks) >= 2
