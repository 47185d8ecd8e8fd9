"""What e-mails say: an object of the activities service for each, by the id of its activity."""

from __future__ import annotations

import json
from typing import Any, Final

from zebros_core.errors import NotFoundError
from zebros_jobs.use_cases.run_job import JobRun

__all__ = ["MAX_MAIL_BYTES", "MailObjects"]

MAX_MAIL_BYTES: Final = 4 * 1024 * 1024
_FOLDER: Final = "emails"


class MailObjects:
    """The tenant's mails as they are kept."""

    def __init__(self, run: JobRun) -> None:
        self._objects = run.objects("documents")

    def find(self, activity_id: str) -> dict[str, Any] | None:
        """Return what a mail says; None when it is not kept (any more)."""
        try:
            text = self._objects.read(self._key(activity_id), max_bytes=MAX_MAIL_BYTES)
        except NotFoundError:
            return None
        mail: dict[str, Any] = json.loads(text)
        return mail

    def put(self, activity_id: str, mail: Any) -> None:
        """Keep what a mail says."""
        body = json.dumps(mail, separators=(",", ":"), ensure_ascii=False).encode()
        self._objects.write(self._key(activity_id), body, content_type="application/json")

    def _key(self, activity_id: str) -> str:
        return self._objects.key(_FOLDER, f"{activity_id}.json")
