"""File names in a header: any name, and no way out of it."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zebros_core.storage import attachment, safe_file_name


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("my report (1).pdf", 'attachment; filename="my report (1).pdf"'),
        ("Zürich.pdf", "attachment; filename=\"Zurich.pdf\"; filename*=UTF-8''Z%C3%BCrich.pdf"),
        ("報告.pdf", "attachment; filename=\".pdf\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A.pdf"),
        ("報告", "attachment; filename=\"download\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A"),
        ("50% off's.txt", "attachment; filename=\"50_ off_s.txt\"; filename*=UTF-8''50%25%20off%27s.txt"),
        ('a"; filename="evil.exe', 'attachment; filename="a__ filename=_evil.exe"'),
        ("", 'attachment; filename="download"'),
        ("..", 'attachment; filename="download"'),
    ],
)
def test_a_name_is_given_for_every_client(name: str, header: str) -> None:
    made = attachment(name)
    assert made.split("; filename*")[0] == header.split("; filename*")[0]
    if "filename*" in header:
        assert made == header


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Users\\x.txt", "C__Users_x.txt"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("x" * 300 + ".tar", "x" * 176 + ".tar"),
        ("x" * 300, "x" * 180),
        (" . hidden . ", "hidden"),
    ],
)
def test_what_is_unsafe_in_a_name_is_replaced(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


@given(st.text(max_size=400))
def test_no_name_leaves_its_place_in_the_header(name: str) -> None:
    header = attachment(name)
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._()+=@~-]+\"(; filename\*=UTF-8''[!#$&+.^_`|~%A-Za-z0-9-]+)?",
        header,
    )
    if "filename*" in header:
        assert unquote(header.rpartition("''")[2], errors="strict") == safe_file_name(name)
