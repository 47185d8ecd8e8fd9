"""One tenant's objects in one bucket. Files of callers never pass through us: they get signed requests to send them by.
What we write ourselves and read back is small.
"""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import ConflictError, NotFoundError, PayloadTooLargeError, ValidationError
from zebros_core.storage.client import S3Client, s3_calls
from zebros_core.storage.disposition import attachment
from zebros_core.storage.keys import check_key, compose_key

_MEDIA_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}(; ?charset=[A-Za-z0-9_-]{1,40})?",
    re.ASCII,
)
MAX_EXPIRES_SECONDS: Final = 7 * 24 * 3600
"""What SigV4 allows; the signer's own credentials may end earlier."""


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form to send as multipart/form-data: `fields` first, the file last, as `file`."""

    url: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store knows of an object. `etag` without its quotes."""

    key: str
    size_bytes: int
    content_type: str
    etag: str
    modified_at: datetime


class ObjectStore:
    """The objects under `{tenant}/` of a bucket; cheap to make, one for each request.

    `client` makes or gives the S3 client when it is needed (`LazyS3Client`). Every method checks its key: one
    of another tenant is a NotFoundError, whether it exists or not. Trouble that passes is an
    UnavailableError.
    """

    def __init__(self, client: Callable[[], S3Client], bucket: str, tenant_id: str) -> None:
        self._client = client
        self._bucket = bucket
        self._tenant_id = tenant_id

    def key(self, *parts: str) -> str:
        """The key of these parts: `{tenant}/{part}/…`. BadRequestError for what is not allowed in one."""
        return compose_key(self._tenant_id, *parts)

    def presigned_post(
        self, key: str, *, content_type: str, max_bytes: int, expires_seconds: int = 900, min_bytes: int = 1
    ) -> PresignedPost:
        """An upload of exactly this key and type, of min_bytes to max_bytes; the store refuses any other."""
        check_key(self._tenant_id, key)
        check_content_type(content_type)
        if not 0 <= min_bytes <= max_bytes:
            raise ValueError("min_bytes must be between 0 and max_bytes")
        signed = self._client().generate_presigned_post(
            Bucket=self._bucket,
            Key=key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", min_bytes, max_bytes]],
            ExpiresIn=check_expires(expires_seconds),
        )
        return PresignedPost(signed["url"], signed["fields"])

    def presigned_get(self, key: str, *, filename: str, expires_seconds: int = 900) -> str:
        """A URL that downloads the object as a file of this name; a browser never shows it in place."""
        check_key(self._tenant_id, key)
        return self._client().generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": attachment(filename),
            },
            ExpiresIn=check_expires(expires_seconds),
        )

    def head(self, key: str) -> ObjectInfo:
        """What is known of the object. NotFoundError when there is none."""
        from botocore.exceptions import ClientError

        check_key(self._tenant_id, key)
        try:
            with s3_calls():
                answer = self._client().head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchKey", "NotFound"):
                raise NotFoundError("object", key) from None
            raise
        return ObjectInfo(
            key=key,
            size_bytes=answer["ContentLength"],
            content_type=answer.get("ContentType", ""),
            etag=answer["ETag"].strip('"'),
            modified_at=answer["LastModified"],
        )

    def write(self, key: str, body: bytes, *, content_type: str) -> None:
        """Store an object of ours, over one that is there."""
        check_key(self._tenant_id, key)
        with s3_calls():
            self._client().put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=check_content_type(content_type)
            )

    def read(self, key: str, *, max_bytes: int) -> bytes:
        """Return an object's content. NotFoundError when there is none, PayloadTooLargeError for a larger one,
        ConflictError for one in the archive.
        """
        from botocore.exceptions import ClientError

        check_key(self._tenant_id, key)
        try:
            with s3_calls():
                answer = self._client().get_object(Bucket=self._bucket, Key=key)
                if answer["ContentLength"] > max_bytes:
                    raise PayloadTooLargeError(f"the object is larger than {max_bytes} bytes")
                return bytes(answer["Body"].read())
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchKey", "NotFound"):
                raise NotFoundError("object", key) from None
            if error_code(error) == "InvalidObjectState":
                raise ConflictError(
                    "This file is in the archive; whoever runs the platform can bring it back."
                ) from None
            raise

    def delete(self, key: str) -> None:
        """Delete the object; none there is as good. (In a versioned bucket an older version stays for its
        retention.)
        """
        check_key(self._tenant_id, key)
        with s3_calls():
            self._client().delete_object(Bucket=self._bucket, Key=key)


def check_content_type(content_type: str) -> str:
    """The media type, in lower case as types are; ValidationError when it is none."""
    if not _MEDIA_TYPE.fullmatch(content_type):
        raise ValidationError.for_field("/contentType", "invalid_content_type", "This is not a media type.")
    return content_type


def check_expires(seconds: int) -> int:
    if not 1 <= seconds <= MAX_EXPIRES_SECONDS:
        raise ValueError(f"expires_seconds must be 1 to {MAX_EXPIRES_SECONDS}")
    return seconds
