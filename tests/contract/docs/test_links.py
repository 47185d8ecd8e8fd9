"""Every relative link in the checkout's Markdown leads to a file, and every anchor to a heading."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[3]
NOT_OURS = {"node_modules", ".venv", ".build", ".cache", ".local", ".git", ".serverless", ".pytest_cache"}

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def _documents(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in NOT_OURS:
                yield from _documents(path)
        elif path.suffix == ".md":
            yield path


@cache
def _text(document: Path) -> str:
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


@cache
def _anchors(document: Path) -> frozenset[str]:
    return frozenset(_slug(heading) for heading in _HEADING.findall(_text(document)))


def _slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading: letters, digits, `-` and `_`, in lower case."""
    plain = unicodedata.normalize("NFC", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)).lower()
    return "".join("-" if char == " " else char for char in plain if char.isalnum() or char in " -_")


def _broken(document: Path, target: str) -> bool:
    address, _, anchor = target.partition("#")
    file = document if not address else (document.parent / unquote(address)).resolve()
    if not file.exists() or not file.is_relative_to(ROOT):
        return True
    return bool(anchor) and file.suffix == ".md" and anchor not in _anchors(file)


@pytest.mark.parametrize("document", list(_documents()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_resolve(document: Path) -> None:
    targets = _LINK.findall(_CODE.sub("", _text(document)))
    relative = [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]
    assert [target for target in relative if _broken(document, target)] == []


def test_a_missing_file_and_a_missing_heading_are_found() -> None:
    here = Path(__file__)
    assert _broken(here, "no-such-file.md")
    assert _broken(here, "../../../CONTRIBUTING.md#no-such-heading")
    assert not _broken(here, "../../../CONTRIBUTING.md#the-gates")
