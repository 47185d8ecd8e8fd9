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


@pytest.fixture(scope="module")
def client() -> Any:
    """Making one takes longer than most tests here."""
    return boto3.client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4"),
    )


@pytest.fixture
def s3(client: Any) -> Iterator[Any]:
    with mock_aws():
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
