"""What mails say and whom they are for, from the request until the activity is deleted: an object for each.

They lie under the tenant's prefix of the documents bucket, so that they leave with the tenant.
"""

from __future__ import annotations

from typing import Final

from zebros_activities.domain.email import AttachmentRef, KeptEmail
from zebros_activities.domain.ports_mail import Attachment
from zebros_core.errors import NotFoundError
from zebros_core.storage import ObjectStore

FOLDER: Final = "emails"
_MAX_OBJECT_BYTES: Final = 4 * 1024 * 1024


class EmailContents:
    """One tenant's mails, by the id of their activity."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def put(self, activity_id: str, email: KeptEmail) -> None:
        """Keep a mail."""
        body = email.model_dump_json(by_alias=True).encode()
        self._objects.write(self._key(activity_id), body, content_type="application/json")

    def find(self, activity_id: str) -> KeptEmail | None:
        """Return a mail, or None when it is not kept (any more)."""
        try:
            body = self._objects.read(self._key(activity_id), max_bytes=_MAX_OBJECT_BYTES)
        except NotFoundError:
            return None
        return KeptEmail.model_validate_json(body)

    def attachment(self, ref: AttachmentRef) -> Attachment:
        """Return a file that goes with a mail. Raises NotFoundError when it is gone."""
        content = self._objects.read(ref.object_key, max_bytes=ref.size_bytes)
        return Attachment(ref.file_name, ref.content_type, content)

    def delete(self, activity_id: str) -> None:
        """Forget a mail; one that is not kept is no error."""
        self._objects.delete(self._key(activity_id))

    def _key(self, activity_id: str) -> str:
        return self._objects.key(FOLDER, f"{activity_id}.json")
