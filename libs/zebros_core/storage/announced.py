"""Objects that a client announces and then uploads itself: in one signed form when small, in parts when large.

What was announced is kept by whoever asks for it: key, type, size, and the upload's id when it goes in parts. With that
an upload is resumed, by any device, and checked at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zebros_core.errors import ConflictError, NotFoundError
from zebros_core.storage.errors import UploadMismatchError
from zebros_core.storage.multipart import MULTIPART_FROM_BYTES, MultipartUploads, UploadedPart
from zebros_core.storage.objects import ObjectInfo, ObjectStore, PresignedPost

__all__ = ["AnnouncedObject", "AnnouncedUploads", "UploadTicket"]

FORM_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class AnnouncedObject:
    """What is to be uploaded where. `upload_id` is that of an upload in parts, None for one by a form."""

    key: str
    content_type: str
    size_bytes: int
    upload_id: str | None = None


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """What an upload needs: a form that takes exactly the announced type and size, or the size of the parts."""

    form: PresignedPost | None
    part_size_bytes: int | None


class AnnouncedUploads:
    """Uploads to one bucket of one tenant."""

    def __init__(self, objects: ObjectStore, uploads: MultipartUploads) -> None:
        self._objects = objects
        self._uploads = uploads

    def begin(self, key: str, *, content_type: str, size_bytes: int) -> AnnouncedObject:
        """Announce an object: one of more than 100 MiB goes in parts."""
        in_parts = size_bytes > MULTIPART_FROM_BYTES
        upload_id = self._uploads.start(key, content_type=content_type) if in_parts else None
        return AnnouncedObject(key, content_type, size_bytes, upload_id)

    def give_up(self, announced: AnnouncedObject) -> None:
        """Free what has arrived of an upload in parts."""
        if announced.upload_id is not None:
            self._uploads.abort(announced.key, announced.upload_id)

    def ticket(self, announced: AnnouncedObject) -> UploadTicket:
        """Return what the upload needs; a form is good for a quarter of an hour."""
        if announced.upload_id is not None:
            return UploadTicket(None, self._uploads.plan(announced.size_bytes).part_bytes)
        form = self._objects.presigned_post(
            announced.key,
            content_type=announced.content_type,
            min_bytes=announced.size_bytes,
            max_bytes=announced.size_bytes,
            expires_seconds=FORM_SECONDS,
        )
        return UploadTicket(form, None)

    def sign_parts(self, announced: AnnouncedObject, numbers: Sequence[int]) -> list[tuple[int, str]]:
        """Return a URL for each of these parts, good for an hour. Raises ValidationError for a part that is none,
        ConflictError for an upload by a form.
        """
        upload_id = _in_parts(announced)
        return [
            (
                number,
                self._uploads.sign_part(announced.key, upload_id, number, size_bytes=announced.size_bytes),
            )
            for number in numbers
        ]

    def list_parts(self, announced: AnnouncedObject) -> Sequence[UploadedPart]:
        """Return the parts that have arrived, so that an interrupted upload goes on with the others."""
        return self._uploads.list_parts(announced.key, _in_parts(announced))

    def complete(self, announced: AnnouncedObject) -> ObjectInfo:
        """Check that what was announced has arrived, and return what the store knows of it. May be repeated.

        Raises ConflictError when nothing or not everything has arrived, UploadMismatchError for another size.
        """
        if announced.upload_id is not None:
            return self._uploads.complete(announced.key, announced.upload_id, size_bytes=announced.size_bytes)
        try:
            info = self._objects.head(announced.key)
        except NotFoundError as error:
            raise ConflictError(
                "nothing was uploaded yet; send the file to the upload's URL first"
            ) from error
        if info.size_bytes != announced.size_bytes:
            raise UploadMismatchError(announced.size_bytes, info.size_bytes)
        return info


def _in_parts(announced: AnnouncedObject) -> str:
    if announced.upload_id is None:
        raise ConflictError("this file is not being uploaded in parts")
    return announced.upload_id
