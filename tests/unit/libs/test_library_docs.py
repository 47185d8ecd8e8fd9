"""The examples in the library's API pages run as they stand, top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

PAGES = Path(__file__).parents[3] / "docs" / "api" / "zebros_core"


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "page", ["audit.md", "cache.md", "delivery.md", "messaging.md", "privacy.md", "records.md", "storage.md"]
)
def test_the_examples_of_a_page_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1")
        client.create_bucket(
            Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        names: dict[str, Any] = {"s3": lambda: client}
        assert blocks(page)
        for block in blocks(page):
            exec(compile(block, page, "exec"), names)  # noqa: S102 - our own page
