"""The S3 client, made at its first use: it costs a cold start a quarter of a second that most requests need
not pay.
"""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import UnavailableError
from zebros_core.settings import CoreSettings

_TRANSIENT: Final = frozenset(
    {
        "SlowDown",
        "InternalError",
        "ServiceUnavailable",
        "RequestTimeout",
        "Throttling",
        "ThrottlingException",
        "503",
    }
)


class S3Client(Protocol):
    """The part of the S3 client that is used here."""

    def generate_presigned_post(self, **request: Any) -> dict[str, Any]: ...
    def generate_presigned_url(self, *args: Any, **request: Any) -> str: ...
    def create_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def list_parts(self, **request: Any) -> dict[str, Any]: ...
    def complete_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def head_object(self, **request: Any) -> dict[str, Any]: ...
    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def delete_object(self, **request: Any) -> dict[str, Any]: ...
    def list_objects_v2(self, **request: Any) -> dict[str, Any]: ...
    def list_object_versions(self, **request: Any) -> dict[str, Any]: ...
    def list_multipart_uploads(self, **request: Any) -> dict[str, Any]: ...
    def delete_objects(self, **request: Any) -> dict[str, Any]: ...
    def copy_object(self, **request: Any) -> dict[str, Any]: ...


class LazyS3Client:
    """Call it for the client: made once, when first called; safe for threads."""

    def __init__(self, settings: CoreSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: S3Client | None = None

    def __call__(self) -> S3Client:
        with self._lock:
            if self._client is None:
                self._client = create_s3_client(self._settings)
            return self._client


def create_s3_client(settings: CoreSettings) -> S3Client:
    """A client that signs with SigV4 (URLs too, whatever the endpoint) and gives up after seconds, not
    minutes.
    """
    import botocore.session
    from botocore.config import Config

    session: Any = botocore.session.get_session()
    client: S3Client = session.create_client(
        "s3",
        region_name=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url or None,
        config=Config(
            signature_version="s3v4",
            # Regional addresses: the global one redirects uploads to a young bucket, which breaks their
            # signature.
            s3={"addressing_style": "path" if settings.aws_endpoint_url else "virtual"},
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 3, "mode": "standard"},
        ),
    )
    return client


@contextmanager
def s3_calls() -> Generator[None]:
    """Turns trouble that passes into UnavailableError; other errors of the service come through."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        if error_code(error) in _TRANSIENT:
            raise UnavailableError(detail="The object store is out of reach.") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise UnavailableError(detail="The object store is out of reach.") from error
