"""Small objects of ours, written and read back below a tenant's prefix."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from zebros_core.errors import NotFoundError, PayloadTooLargeError, UnavailableError
from zebros_core.storage import ObjectStore


def test_what_was_written_is_read_back_as_it_was(store: ObjectStore, s3: Any) -> None:
    key = store.key("emails", "E1.json")
    store.write(key, b"one", content_type="application/json")
    store.write(key, b"two", content_type="application/json")
    assert store.read(key, max_bytes=3) == b"two"
    assert s3.get_object(Bucket="documents", Key=key)["ContentType"] == "application/json"


def test_a_larger_object_is_not_read(store: ObjectStore) -> None:
    key = store.key("emails", "E1.json")
    store.write(key, b"four", content_type="application/json")
    with pytest.raises(PayloadTooLargeError):
        store.read(key, max_bytes=3)


def test_another_tenants_object_looks_missing_and_cannot_be_overwritten(store: ObjectStore, s3: Any) -> None:
    theirs = ObjectStore(lambda: s3, "documents", "globex")
    key = theirs.key("emails", "E1.json")
    theirs.write(key, b"secret", content_type="application/json")
    for missing in (key, store.key("emails", "E2.json")):
        with pytest.raises(NotFoundError):
            store.read(missing, max_bytes=100)
    with pytest.raises(NotFoundError):
        store.write(key, b"mine", content_type="application/json")
    assert theirs.read(key, max_bytes=100) == b"secret"


def test_an_outage_is_told(s3: Any) -> None:
    class Down:
        def __getattr__(self, name: str) -> Any:
            def call(**request: Any) -> Any:
                raise EndpointConnectionError(endpoint_url="https://s3.test")

            return call

    store = ObjectStore(lambda: Down(), "documents", "aurora")
    with pytest.raises(UnavailableError):
        store.read(store.key("x"), max_bytes=1)
    with pytest.raises(UnavailableError):
        store.write(store.key("x"), b"", content_type="text/plain")
