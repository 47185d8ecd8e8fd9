"""All of one tenant's objects in a bucket, to be copied or erased with every version of them."""

# botocore ships no types: they end here, and callers see the protocols.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from zebros_core.errors import UnavailableError
from zebros_core.storage.client import s3_calls
from zebros_core.tenancy.context import is_tenant_id

__all__ = ["CopiedPage", "WholeTenantObjects"]

_PAGE: Final = 1000
"""What S3 lists and deletes at once."""


class VersionedObjects(Protocol):
    """The part of the S3 client that is used here."""

    def list_objects_v2(self, **request: Any) -> dict[str, Any]: ...
    def list_object_versions(self, **request: Any) -> dict[str, Any]: ...
    def list_multipart_uploads(self, **request: Any) -> dict[str, Any]: ...
    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]: ...
    def delete_objects(self, **request: Any) -> dict[str, Any]: ...
    def copy_object(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class CopiedPage:
    """How many objects were copied, and the key after which to go on; None at the end."""

    copied: int
    after: str | None


class WholeTenantObjects:
    """A tenant's objects in one bucket: those under `{tenant}/`, and under further prefixes that hold the tenant's
    id as their last part (`failures/stream/{tenant}/`).
    """

    def __init__(self, client: Callable[[], VersionedObjects], bucket: str, tenant_id: str) -> None:
        if not is_tenant_id(tenant_id):
            raise ValueError("not a tenant id")
        self._client = client
        self._bucket = bucket
        self._tenant_id = tenant_id

    def prefix(self, within: str = "") -> str:
        """`{within}{tenant}/`: the slash keeps a longer id out."""
        return f"{within}{self._tenant_id}/"

    def copy(
        self,
        to_bucket: str,
        to_prefix: str,
        *,
        after: str | None = None,
        limit: int = _PAGE,
        within: str = "",
    ) -> CopiedPage:
        """Copies the present version of up to `limit` objects within S3, each as `{to_prefix}{key without the
        tenant's prefix}`. An object may have up to 5 GiB.
        """
        prefix = self.prefix(within)
        request: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": limit}
        if after is not None:
            request["StartAfter"] = after
        with s3_calls():
            page = self._client().list_objects_v2(**request)
            keys: list[str] = [entry["Key"] for entry in page.get("Contents", ())]
            for key in keys:
                self._client().copy_object(
                    CopySource={"Bucket": self._bucket, "Key": key},
                    Bucket=to_bucket,
                    Key=f"{to_prefix}{key.removeprefix(prefix)}",
                )
        return CopiedPage(len(keys), keys[-1] if page.get("IsTruncated") else None)

    def erase(self, *, within: str = "") -> tuple[int, bool]:
        """Deletes up to a thousand versions and deletion marks for good; how many, and whether that was all.

        At the end uploads under way are aborted. UnavailableError when S3 keeps some of them for now.
        """
        prefix = self.prefix(within)
        with s3_calls():
            client = self._client()
            page = client.list_object_versions(Bucket=self._bucket, Prefix=prefix, MaxKeys=_PAGE)
            found: list[Mapping[str, Any]] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            versions = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]
            if versions:
                answer = client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise UnavailableError(detail="The object store keeps some objects for now.")
            if page.get("IsTruncated"):
                return len(versions), False
            self._abort_uploads(prefix)
        return len(versions), True

    def _abort_uploads(self, prefix: str) -> None:
        uploads = self._client().list_multipart_uploads(Bucket=self._bucket, Prefix=prefix)
        for upload in uploads.get("Uploads", ()):
            self._client().abort_multipart_upload(
                Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        if uploads.get("IsTruncated"):
            self._abort_uploads(prefix)
