"""What can be wrong with an upload.

::

    ZebrosError
    └── ConflictError
        └── IncompleteUploadError    parts are missing or of the wrong size; it can be resumed
    └── ValidationError
        └── UploadMismatchError      what arrived is not what was announced; it was removed
"""

from __future__ import annotations

from collections.abc import Sequence

from zebros_core.errors import ConflictError, ValidationError


class IncompleteUploadError(ConflictError):
    """`missing`: the numbers of the parts that have to be sent (again)."""

    code = "upload-incomplete"

    def __init__(self, missing: Sequence[int]) -> None:
        self.missing = tuple(missing)
        named = ", ".join(map(str, self.missing[:20])) + (", …" if len(self.missing) > 20 else "")
        super().__init__(f"Parts of the upload are missing: {named}.")


class UploadMismatchError(ValidationError):
    """The object is not of the size that was announced."""

    code = "upload-mismatch"

    def __init__(self, expected_bytes: int, actual_bytes: int) -> None:
        self.expected_bytes = expected_bytes
        self.actual_bytes = actual_bytes
        super().__init__(f"{expected_bytes} bytes were announced and {actual_bytes} arrived.")
