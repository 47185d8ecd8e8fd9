"""Signed requests for one tenant's objects."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from zebros_core.errors import BadRequestError, NotFoundError, UnavailableError, ValidationError
from zebros_core.settings import CoreSettings
from zebros_core.storage import (
    LazyS3Client,
    MultipartUploads,
    ObjectStore,
    check_key,
    compose_key,
    create_s3_client,
)

SETTINGS = CoreSettings(
    stage="dev",
    table_prefix="zebros-dev",
    event_bus="zebros-dev",
    documents_bucket="documents",
    failures_bucket="failures",
    oidc_issuer="https://issuer.example",
    oidc_audience="zebros-api",
    service="widgets",
)


class TestUploads:
    def test_an_upload_is_bound_to_its_key_type_and_size(self, store: ObjectStore) -> None:
        key = store.key("documents", "D1", "content")
        post = store.presigned_post(key, content_type="application/pdf", max_bytes=1000, expires_seconds=60)
        assert "documents" in post.url
        assert post.fields["key"] == "aurora/documents/D1/content"
        assert post.fields["Content-Type"] == "application/pdf"
        assert post.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
        policy = json.loads(base64.b64decode(post.fields["policy"]))
        assert {"Content-Type": "application/pdf"} in policy["conditions"]
        assert ["content-length-range", 1, 1000] in policy["conditions"]
        assert {"key": key} in policy["conditions"]
        assert {"bucket": "documents"} in policy["conditions"]

    @pytest.mark.parametrize(
        "content_type",
        [
            "",
            "text",
            "text/",
            "/html",
            "text/html\r\nX-Evil: 1",
            "text/html; a=b; c=d",
            "text/html\n",
            "t" * 100 + "/x",
        ],
    )
    def test_what_is_no_media_type_is_refused(self, store: ObjectStore, content_type: str) -> None:
        with pytest.raises(ValidationError) as caught:
            store.presigned_post(store.key("d"), content_type=content_type, max_bytes=1)
        assert caught.value.fields[0].field == "/contentType"

    @pytest.mark.parametrize("expires", [0, -1, 7 * 24 * 3600 + 1])
    def test_an_impossible_expiry_is_refused(self, store: ObjectStore, expires: int) -> None:
        with pytest.raises(ValueError):
            store.presigned_post(
                store.key("d"), content_type="text/csv", max_bytes=1, expires_seconds=expires
            )


class TestDownloads:
    def test_a_download_has_a_name_and_is_never_shown_in_place(self, store: ObjectStore) -> None:
        url = store.presigned_get(store.key("documents", "D1"), filename="Größe.pdf", expires_seconds=60)
        query = parse_qs(urlsplit(url).query)
        assert query["response-content-disposition"] == [
            "attachment; filename=\"Groe.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"
        ]
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert query["X-Amz-Expires"] == ["60"]
        assert urlsplit(url).path.endswith("aurora/documents/D1")


class TestObjects:
    def test_what_is_there_can_be_looked_at_and_deleted(self, store: ObjectStore, s3: Any) -> None:
        key = store.key("documents", "D1")
        s3.put_object(Bucket="documents", Key=key, Body=b"12345", ContentType="text/plain")
        info = store.head(key)
        assert (info.key, info.size_bytes, info.content_type) == (key, 5, "text/plain")
        assert '"' not in info.etag and info.modified_at.tzinfo is not None
        store.delete(key)
        store.delete(key)
        with pytest.raises(NotFoundError):
            store.head(key)

    def test_trouble_that_passes_is_unavailable(self) -> None:
        class Down:
            def head_object(self, **request: Any) -> Any:
                raise EndpointConnectionError(endpoint_url="http://x")

            def delete_object(self, **request: Any) -> Any:
                raise ClientError({"Error": {"Code": "SlowDown"}}, "DeleteObject")

        down: Any = Down()
        store = ObjectStore(lambda: down, "documents", "aurora")
        for call in (store.head, store.delete):
            with pytest.raises(UnavailableError):
                call("aurora/d")


def every_use(store: ObjectStore, uploads: MultipartUploads) -> list[Callable[[str], Any]]:
    return [
        store.head,
        store.delete,
        lambda key: store.presigned_get(key, filename="x"),
        lambda key: store.presigned_post(key, content_type="text/csv", max_bytes=1),
        lambda key: uploads.start(key, content_type="text/csv"),
        lambda key: uploads.sign_part(key, "u", 1, size_bytes=1),
        lambda key: uploads.list_parts(key, "u"),
        lambda key: uploads.missing(key, "u", size_bytes=1),
        lambda key: uploads.complete(key, "u", size_bytes=1),
        lambda key: uploads.abort(key, "u"),
    ]


class TestKeys:
    def test_another_tenants_key_does_not_exist(
        self, store: ObjectStore, uploads: MultipartUploads, s3: Any
    ) -> None:
        s3.put_object(Bucket="documents", Key="borealis/documents/D1", Body=b"theirs")
        for use in every_use(store, uploads):
            with pytest.raises(NotFoundError):
                use("borealis/documents/D1")
        assert s3.get_object(Bucket="documents", Key="borealis/documents/D1")["Body"].read() == b"theirs"

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "aurora",
            "aurora/",
            "/aurora/x",
            "aurora//x",
            "aurora/../borealis/x",
            "aurora/./x",
            "aurora/...",
            "aurora/x/",
            "aurora/a\\b",
            "aurora/a\x00b",
            "aurora/a b",
            "aurora/ü",
            "aurora/" + "x" * 201,
            "aurora/" + "/".join(["x" * 100] * 11),
            "Aurora/x",
        ],
    )
    def test_what_is_no_key_is_refused(self, store: ObjectStore, uploads: MultipartUploads, key: str) -> None:
        for use in every_use(store, uploads):
            with pytest.raises(BadRequestError):
                use(key)

    @pytest.mark.parametrize("part", ["..", ".", "", "a/b", "a#b\n", "ä", "x" * 201])
    def test_a_part_that_could_lead_elsewhere_is_refused(self, store: ObjectStore, part: str) -> None:
        with pytest.raises(BadRequestError):
            store.key("documents", part)

    def test_a_key_needs_a_tenant_and_a_part(self) -> None:
        with pytest.raises(ValueError):
            compose_key("Not A Tenant", "x")
        with pytest.raises(ValueError):
            compose_key("aurora")
        assert check_key("aurora", compose_key("aurora", "a.b", "c~d")) == "aurora/a.b/c~d"


class TestClient:
    def test_it_is_made_once_and_signs_with_sigv4(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        client = LazyS3Client(SETTINGS)
        assert client() is client()
        store = ObjectStore(client, "documents", "aurora")
        url = urlsplit(store.presigned_get("aurora/x", filename="x"))
        assert url.hostname == "documents.s3.eu-central-1.amazonaws.com"
        assert "X-Amz-Signature" in url.query

    def test_an_endpoint_of_ones_own_is_addressed_by_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        import dataclasses

        local = dataclasses.replace(SETTINGS, aws_endpoint_url="http://127.0.0.1:4566")
        store = ObjectStore(lambda: create_s3_client(local), "documents", "aurora")
        post = store.presigned_post("aurora/x", content_type="text/csv", max_bytes=1)
        assert post.url == "http://127.0.0.1:4566/documents"

    def test_importing_the_package_imports_no_s3(self) -> None:
        code = (
            "import sys; import zebros_core.storage;"
            "sys.exit(any(m.startswith(('boto3', 's3transfer', 'botocore.session')) for m in sys.modules))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
