"""A bucket in moto, and two tenants' stores in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from zebros_core.storage import MultipartUploads, ObjectStore

MIB = 1024 * 1024


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1", config=Config(signature_version="s3v4"))
        client.create_bucket(
            Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield client


@pytest.fixture
def store(s3: Any) -> ObjectStore:
    return ObjectStore(lambda: s3, "documents", "aurora")


@pytest.fixture
def uploads(s3: Any) -> MultipartUploads:
    return MultipartUploads(lambda: s3, "documents", "aurora", part_bytes=5 * MIB)
