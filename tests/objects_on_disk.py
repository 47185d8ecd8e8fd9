"""An S3 client whose objects are files, for tests of memory: moto keeps what it stores in memory."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class _Body:
    def __init__(self, path: Path, start: int) -> None:
        self._file = path.open("rb")
        self._file.seek(start)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class ObjectsOnDisk:
    """As much of S3 as `ObjectStore` and `ObjectStreams` use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, request: dict[str, Any]) -> Path:
        return self._folder / request["Bucket"] / request["Key"].replace("/", "#")

    def put_object(self, **request: Any) -> dict[str, Any]:
        path = self._path(request)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(request["Body"])
        return {}

    def get_object(self, **request: Any) -> dict[str, Any]:
        path = self._path(request)
        if not path.exists():
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        start = int(request.get("Range", "bytes=0-")[6:-1])
        return {"Body": _Body(path, start), "ContentLength": path.stat().st_size - start, "ETag": '"x"'}

    def create_multipart_upload(self, **request: Any) -> dict[str, Any]:
        self._path(request).parent.mkdir(parents=True, exist_ok=True)
        self._path(request).write_bytes(b"")
        return {"UploadId": "1"}

    def upload_part(self, **request: Any) -> dict[str, Any]:
        with self._path(request).open("ab") as file:
            file.write(BytesIO(request["Body"]).read())
        return {"ETag": hashlib.sha256(request["Body"]).hexdigest()}

    def complete_multipart_upload(self, **request: Any) -> dict[str, Any]:
        return {}

    def abort_multipart_upload(self, **request: Any) -> dict[str, Any]:
        self._path(request).unlink()
        return {}

    def delete_object(self, **request: Any) -> dict[str, Any]:
        self._path(request).unlink(missing_ok=True)
        return {}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        prefix = request["Prefix"].replace("/", "#")
        found = sorted((self._folder / request["Bucket"]).glob("*"))
        return {
            "Contents": [
                {"Key": path.name.replace("#", "/"), "Size": path.stat().st_size}
                for path in found
                if path.name.startswith(prefix)
            ]
        }
