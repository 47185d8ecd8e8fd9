"""One tenant's objects with every version of them: to be looked through and erased for good, one by one."""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from zebros_core.dynamodb.client import error_code
from zebros_core.errors import UnavailableError
from zebros_core.storage.client import s3_calls
from zebros_core.tenancy.context import is_tenant_id

__all__ = ["ObjectVersions", "StoredKey", "StoredKeys"]

_PAGE: Final = 1000
"""What S3 lists and deletes at once."""
_BETWEEN: Final = "\n"
"""Between key and version of where a page ended: no key of ours has one."""


class VersionedClient(Protocol):
    """The part of the S3 client that is used here."""

    def get_object(self, **request: Any) -> dict[str, Any]: ...
    def put_object(self, **request: Any) -> dict[str, Any]: ...
    def list_object_versions(self, **request: Any) -> dict[str, Any]: ...
    def list_multipart_uploads(self, **request: Any) -> dict[str, Any]: ...
    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def delete_objects(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key of which there are versions; one without a present version was deleted, and can still be looked at.

    `has_former`: there may be versions before the present one.
    """

    key: str
    is_present: bool
    has_former: bool = False


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """Some keys in their order, and where to go on; None at the end."""

    keys: list[StoredKey]
    after: str | None


class ObjectVersions:
    """The objects of a tenant in a bucket: those below `{within}{tenant}/`.

    Every method refuses a key that is not there with a ValueError: it is a defect of the caller. UnavailableError is
    trouble that passes.
    """

    def __init__(
        self, client: Callable[[], VersionedClient], bucket: str, tenant_id: str, *, within: str = ""
    ) -> None:
        if not is_tenant_id(tenant_id):
            raise ValueError("not a tenant id")
        self._client = client
        self._bucket = bucket
        self.prefix = f"{within}{tenant_id}/"

    def page(self, folder: str = "", *, after: str | None = None, limit: int = _PAGE) -> StoredKeys:
        """Return the keys of up to `limit` versions below a folder of the tenant's, such as `emails/`; `""` for all.

        `after` is that of the page before.
        """
        request: dict[str, Any] = {
            "Bucket": self._bucket,
            "Prefix": f"{self.prefix}{folder}",
            "MaxKeys": limit,
        }
        if after is not None:
            # Both: by the key alone stores go on at different places, and some never come to an end.
            request["KeyMarker"], _, request["VersionIdMarker"] = self._own(after).partition(_BETWEEN)
        with s3_calls():
            page = self._client().list_object_versions(**request)
        latest = {
            entry["Key"]: is_present
            for is_present, name in ((True, "Versions"), (False, "DeleteMarkers"))
            for entry in page.get(name, ())
            if entry["IsLatest"]
        }
        found = [entry["Key"] for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
        next_key: str | None = page["NextKeyMarker"] if page.get("IsTruncated") else None
        return StoredKeys(
            # A key of which the newest version is not here was told by the page before, which broke off within it.
            [
                StoredKey(key, latest[key], number > 1 or key == next_key)
                for key, number in sorted(Counter(found).items())
                if key in latest
            ],
            None if next_key is None else f"{next_key}{_BETWEEN}{page.get('NextVersionIdMarker', '')}",
        )

    def read(self, key: str, *, max_bytes: int) -> bytes | None:
        """Return an object's present content; None where there is none, or a larger one."""
        from botocore.exceptions import ClientError

        try:
            with s3_calls():
                answer = self._client().get_object(Bucket=self._bucket, Key=self._own(key))
                return bytes(answer["Body"].read()) if answer["ContentLength"] <= max_bytes else None
        except ClientError as error:
            if error_code(error) in ("404", "NoSuchKey", "NotFound"):
                return None
            raise

    def replace(self, key: str, body: bytes, *, content_type: str) -> int:
        """Store another content, and erase every version before it; return how many they were."""
        with s3_calls():
            stored = self._client().put_object(
                Bucket=self._bucket, Key=self._own(key), Body=body, ContentType=content_type
            )
        return self.erase(key, but=stored.get("VersionId"))

    def erase(self, key: str, *, but: str | None = None) -> int:
        """Delete all versions and deletion marks of one object for good, but one version; return how many they were.

        Uploads of it that are under way are given up. None there is no error.
        """
        erased = 0
        while True:
            found, whole = self._versions_of(key, but)
            erased += self._delete(key, found)
            if whole or not found:
                break
        if but is None:
            self._abort_uploads(key)
        return erased

    def erase_former(self, key: str) -> int:
        """Delete every version of an object but its present one; return how many they were."""
        with s3_calls():
            page = self._client().list_object_versions(
                Bucket=self._bucket, Prefix=self._own(key), MaxKeys=_PAGE
            )
        for entry in page.get("Versions", ()):
            if entry["Key"] == key and entry["IsLatest"]:
                return self.erase(key, but=entry["VersionId"])
        return 0

    def erase_folder(self, folder: str) -> int:
        """Delete everything below a folder of the tenant's for good; return how many versions that was."""
        if not folder.endswith("/"):
            raise ValueError("a folder ends with a slash")
        return sum(self.erase(found.key) for found in self._all(folder))

    def _all(self, folder: str) -> list[StoredKey]:
        found: list[StoredKey] = []
        after: str | None = None
        while True:
            page = self.page(folder, after=after)
            found += page.keys
            after = page.after
            if after is None:
                return found

    def _versions_of(self, key: str, but: str | None) -> tuple[list[str], bool]:
        """Return ids of versions and deletion marks of a key, and whether these are all."""
        with s3_calls():
            page = self._client().list_object_versions(
                Bucket=self._bucket, Prefix=self._own(key), MaxKeys=_PAGE
            )
        entries: list[Mapping[str, Any]] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        # Longer keys with the same beginning sort behind this one.
        found = [entry["VersionId"] for entry in entries if entry["Key"] == key and entry["VersionId"] != but]
        return found, not page.get("IsTruncated") or any(entry["Key"] != key for entry in entries)

    def _delete(self, key: str, versions: list[str]) -> int:
        if versions:
            objects = [{"Key": key, "VersionId": version} for version in versions]
            with s3_calls():
                answer = self._client().delete_objects(
                    Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
                )
            if answer.get("Errors"):
                raise UnavailableError(detail="The object store keeps some objects for now.")
        return len(versions)

    def _abort_uploads(self, key: str) -> None:
        with s3_calls():
            uploads = self._client().list_multipart_uploads(Bucket=self._bucket, Prefix=key)
            for upload in uploads.get("Uploads", ()):
                if upload["Key"] == key:
                    self._client().abort_multipart_upload(
                        Bucket=self._bucket, Key=key, UploadId=upload["UploadId"]
                    )

    def _own(self, key: str) -> str:
        if not key.startswith(self.prefix):
            raise ValueError("not a key of this tenant")
        return key
