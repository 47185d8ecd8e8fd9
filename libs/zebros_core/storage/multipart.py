"""Uploads in parts: for what is too large for one request, and may be interrupted.

The sizes of the parts follow from the size of the whole, so that a client, or another device, resumes with
nothing but the upload's id: `list_parts` says what has arrived. Completing checks every part, and the whole
once more afterwards.
"""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import NotFoundError, ValidationError
from zebros_core.storage.client import S3Client, s3_calls
from zebros_core.storage.errors import IncompleteUploadError, UploadMismatchError
from zebros_core.storage.keys import check_key
from zebros_core.storage.objects import ObjectInfo, ObjectStore, check_content_type, check_expires

MULTIPART_FROM_BYTES: Final = 100 * 1024 * 1024
"""Up to here one presigned POST is simpler and as good."""
MAX_OBJECT_BYTES: Final = 5 * 1024**4
_MAX_PARTS: Final = 10_000
_PART_BYTES: Final = 16 * 1024 * 1024
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartPlan:
    """How an object of `size_bytes` is cut: every part of `part_bytes`, the last of what is left."""

    size_bytes: int
    part_bytes: int

    @property
    def count(self) -> int:
        return -(-self.size_bytes // self.part_bytes)

    def bytes_of(self, number: int) -> int:
        """The size of a part (1-based)."""
        if not 1 <= number <= self.count:
            raise ValidationError.for_field(
                "partNumber", "out_of_range", f"A part number is 1 to {self.count}."
            )
        return min(self.part_bytes, self.size_bytes - (number - 1) * self.part_bytes)


def plan_parts(size_bytes: int, *, part_bytes: int = _PART_BYTES) -> PartPlan:
    """Parts of 16 MiB, or of as many whole MiB as keep their number within the store's 10,000."""
    if not 1 <= size_bytes <= MAX_OBJECT_BYTES:
        raise ValidationError.for_field(
            "/sizeBytes", "out_of_range", f"A size is 1 to {MAX_OBJECT_BYTES} bytes."
        )
    needed = -(-size_bytes // _MAX_PARTS)
    return PartPlan(size_bytes, max(part_bytes, -(-needed // _MIB) * _MIB))


@dataclass(frozen=True, slots=True)
class UploadedPart:
    number: int
    size_bytes: int
    etag: str


class MultipartUploads:
    """One tenant's uploads in parts to one bucket. Keys are checked as in `ObjectStore`."""

    def __init__(
        self,
        client: Callable[[], S3Client],
        bucket: str,
        tenant_id: str,
        *,
        part_bytes: int = _PART_BYTES,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._tenant_id = tenant_id
        self._part_bytes = part_bytes
        self._objects = ObjectStore(client, bucket, tenant_id)

    def plan(self, size_bytes: int) -> PartPlan:
        return plan_parts(size_bytes, part_bytes=self._part_bytes)

    def start(self, key: str, *, content_type: str) -> str:
        """Begin an upload: its id. Keep it with the announced size; both are needed to go on."""
        check_key(self._tenant_id, key)
        check_content_type(content_type)
        with s3_calls():
            answer = self._client().create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType=content_type
            )
        upload_id: str = answer["UploadId"]
        return upload_id

    def sign_part(
        self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_seconds: int = 3600
    ) -> str:
        """A URL to PUT part `number` of an object of `size_bytes` to; its length is signed, so no other is
        taken.
        """
        check_key(self._tenant_id, key)
        length = self.plan(size_bytes).bytes_of(number)
        return self._client().generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "UploadId": upload_id,
                "PartNumber": number,
                "ContentLength": length,
            },
            ExpiresIn=check_expires(expires_seconds),
        )

    def list_parts(self, key: str, upload_id: str) -> tuple[UploadedPart, ...]:
        """What has arrived, in order. NotFoundError when there is no such upload (any more)."""
        check_key(self._tenant_id, key)
        request: dict[str, Any] = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id}
        found: list[UploadedPart] = []
        while True:
            page = self._upload_call(self._client().list_parts, request)
            found.extend(
                UploadedPart(part["PartNumber"], part["Size"], part["ETag"]) for part in page.get("Parts", ())
            )
            if not page.get("IsTruncated"):
                return tuple(found)
            request["PartNumberMarker"] = page["NextPartNumberMarker"]

    def missing(self, key: str, upload_id: str, *, size_bytes: int) -> tuple[int, ...]:
        """The numbers of the parts that have yet to arrive, or arrived in another size."""
        return _missing(self.plan(size_bytes), self.list_parts(key, upload_id))

    def complete(self, key: str, upload_id: str, *, size_bytes: int) -> ObjectInfo:
        """Make the object of its parts.

        IncompleteUploadError names the parts that are missing. UploadMismatchError when the finished object
        is not of `size_bytes`; it is deleted then. May be said twice: an upload that is finished already is
        only checked.
        """
        plan = self.plan(size_bytes)
        try:
            parts = self.list_parts(key, upload_id)
        except NotFoundError:
            return self._checked(key, size_bytes, delete=False)
        missing = _missing(plan, parts)
        if missing:
            raise IncompleteUploadError(missing)
        self._upload_call(
            self._client().complete_multipart_upload,
            {
                "Bucket": self._bucket,
                "Key": key,
                "UploadId": upload_id,
                "MultipartUpload": {
                    "Parts": [
                        {"PartNumber": part.number, "ETag": part.etag}
                        for part in parts
                        if part.number <= plan.count
                    ]
                },
            },
        )
        return self._checked(key, size_bytes, delete=True)

    def abort(self, key: str, upload_id: str) -> None:
        """Give the upload up and free its parts; one that is gone already is as good."""
        check_key(self._tenant_id, key)
        try:
            self._upload_call(
                self._client().abort_multipart_upload,
                {"Bucket": self._bucket, "Key": key, "UploadId": upload_id},
            )
        except NotFoundError:
            return

    def _checked(self, key: str, size_bytes: int, *, delete: bool) -> ObjectInfo:
        info = self._objects.head(key)
        if info.size_bytes != size_bytes:
            if delete:
                self._objects.delete(key)
            raise UploadMismatchError(size_bytes, info.size_bytes)
        return info

    def _upload_call(
        self, operation: Callable[..., dict[str, Any]], request: dict[str, Any]
    ) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        try:
            with s3_calls():
                return operation(**request)
        except ClientError as error:
            if error_code(error) in ("NoSuchUpload", "404", "NoSuchKey"):
                raise NotFoundError("upload", request["UploadId"]) from None
            raise


def _missing(plan: PartPlan, parts: tuple[UploadedPart, ...]) -> tuple[int, ...]:
    sizes = {part.number: part.size_bytes for part in parts}
    return tuple(number for number in range(1, plan.count + 1) if sizes.get(number) != plan.bytes_of(number))
