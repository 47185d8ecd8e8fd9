"""The index of decisions has every record under its own title."""

from __future__ import annotations

import re
from pathlib import Path

DECISIONS = Path(__file__).resolve().parents[3] / "docs/adr"


def test_the_index_has_every_decision_under_its_title() -> None:
    titles: dict[str, str] = {}
    for record in DECISIONS.glob("[0-9]*.md"):
        heading = re.match(r"# (\d+)\. (.+)\n", record.read_text(encoding="utf-8"))
        assert heading is not None, record.name
        assert int(heading.group(1)) == int(record.name[:4]), record.name
        titles[record.name] = heading.group(2).strip()
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    listed = {
        name: title for title, name in re.findall(r"^\| \d+ \| \[(.+)\]\((.+?)\) \|", index, re.MULTILINE)
    }
    assert listed == titles
