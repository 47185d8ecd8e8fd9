"""Read the certificate of an erasure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from zebros_core.errors import NotFoundError
from zebros_jobs.domain.certificates import KEY_FILE, SIGNED_FILE, STATEMENT_FILE
from zebros_jobs.domain.privacy import FOLDER
from zebros_jobs.use_cases.privacy.request_privacy import view_request
from zebros_jobs.use_cases.workspace import Workspace

__all__ = ["IssuedCertificate", "get_certificate"]

_MOST_BYTES: Final = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate: the signed form, what it says, and the public key as PEM."""

    signed: str
    statement: dict[str, Any]
    public_key: str


def get_certificate(workspace: Workspace, job_id: str) -> IssuedCertificate:
    """Return the certificate of a request. Raises NotFoundError while, or where, there is none."""
    request = view_request(workspace, job_id)
    if not any(file.name == SIGNED_FILE for file in request.view.job.files):
        raise NotFoundError("certificate", job_id)
    objects = workspace.objects("transfers")

    def read(name: str) -> str:
        return objects.read(objects.key(FOLDER, job_id, name), max_bytes=_MOST_BYTES).decode()

    return IssuedCertificate(read(SIGNED_FILE), json.loads(read(STATEMENT_FILE)), read(KEY_FILE))
