"""Objects in S3, by signed requests: uploads bound to key, type and size, downloads with a safe name.

`ObjectStore` and `MultipartUploads` belong to one tenant each; their client is made at the first use.
"""

from zebros_core.storage.announced import AnnouncedObject, AnnouncedUploads, UploadTicket
from zebros_core.storage.client import LazyS3Client, S3Client, create_s3_client
from zebros_core.storage.disposition import attachment, safe_file_name
from zebros_core.storage.errors import IncompleteUploadError, UploadMismatchError
from zebros_core.storage.keys import check_key, compose_key
from zebros_core.storage.multipart import (
    MULTIPART_FROM_BYTES,
    MultipartUploads,
    PartPlan,
    UploadedPart,
    plan_parts,
)
from zebros_core.storage.objects import ObjectInfo, ObjectStore, PresignedPost
from zebros_core.storage.streams import ObjectChangedError, ObjectReader, ObjectStreams, ObjectWriter

__all__ = [
    "MULTIPART_FROM_BYTES",
    "AnnouncedObject",
    "AnnouncedUploads",
    "IncompleteUploadError",
    "LazyS3Client",
    "MultipartUploads",
    "ObjectChangedError",
    "ObjectInfo",
    "ObjectReader",
    "ObjectStore",
    "ObjectStreams",
    "ObjectWriter",
    "PartPlan",
    "PresignedPost",
    "S3Client",
    "UploadMismatchError",
    "UploadTicket",
    "UploadedPart",
    "attachment",
    "check_key",
    "compose_key",
    "create_s3_client",
    "plan_parts",
    "safe_file_name",
]
