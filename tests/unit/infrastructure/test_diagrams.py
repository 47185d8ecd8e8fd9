"""The committed pictures show the committed sources."""

import hashlib
from pathlib import Path

import pytest

ARCHITECTURE = Path(__file__).resolve().parents[3] / "architecture"


@pytest.mark.parametrize("source", sorted(ARCHITECTURE.glob("*.mmd")), ids=lambda path: path.name)
def test_the_picture_was_drawn_from_this_source(source: Path) -> None:
    picture = source.with_suffix(".png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    marker = b"Source-SHA256\0" + hashlib.sha256(source.read_bytes()).hexdigest().encode()
    assert marker in picture, f"{source.name} was edited: run `make diagrams`"
