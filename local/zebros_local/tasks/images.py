"""What is in a task's image: its entry point and its code.

An image of ours is a Python with the service's artefact in it (``services/{name}/Dockerfile``). None is built here, and
no engine is there to run it: the entry point is read in the Dockerfile, and the code is the artefact itself, as it is
deployed: fetched from one of the service's functions and unpacked. So a task runs what the functions run.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from zebros_local.settings import STAGE

_TIMEOUT_SECONDS = 60.0
_KEPT = 2
_ENTRY_POINT = re.compile(r"^ENTRYPOINT (\[.*\])$", re.MULTILINE)
_REPOSITORY = re.compile(rf"(?:.*/)?zebros-{STAGE}-([a-z]+)(?:[:@].*)?\Z")


class ImageError(Exception):
    """An image that cannot be had here, and why."""


@dataclass(frozen=True)
class Image:
    """An image that can be run: its entry point, and the folder in which its code is."""

    entry_point: tuple[str, ...]
    folder: Path


class Images:
    """The images of the stack, unpacked below a folder, each artefact once."""

    def __init__(self, checkout: Path, folder: Path, endpoint: str, lambda_: Any) -> None:
        """`endpoint` is the emulator's address, `lambda_` a boto3 client."""
        self._checkout = checkout
        self._folder = folder
        self._endpoint = endpoint
        self._lambda = lambda_

    def find(self, name: str) -> Image:
        """Return the image. Raises ImageError for one that is none of ours, or whose service is not deployed."""
        service = self._service(name)
        return Image(self._entry_point(service), self._code(service))

    def _service(self, name: str) -> str:
        found = _REPOSITORY.match(name)
        if found is None or not self._dockerfile(found[1]).exists():
            raise ImageError(f"{name} is not an image of a service of this checkout")
        return found[1]

    def _dockerfile(self, service: str) -> Path:
        return self._checkout / "services" / service / "Dockerfile"

    def _entry_point(self, service: str) -> tuple[str, ...]:
        found = _ENTRY_POINT.search(self._dockerfile(service).read_text(encoding="utf-8"))
        if found is None:
            raise ImageError(f"the Dockerfile of {service} has no ENTRYPOINT in JSON")
        return tuple(json.loads(found[1]))

    def _code(self, service: str) -> Path:
        try:
            pages = self._lambda.get_paginator("list_functions").paginate()
            prefix = f"zebros-{service}-{STAGE}-"
            functions = [
                function
                for page in pages
                for function in page["Functions"]
                if function["FunctionName"].startswith(prefix)
            ]
            if not functions:
                raise ImageError(f"the service {service} is not deployed")
            digest = base64.b64decode(functions[0]["CodeSha256"]).hex()[:20]
            unpacked = self._folder / service / digest
            if not unpacked.exists():
                location = self._lambda.get_function(FunctionName=functions[0]["FunctionName"])["Code"][
                    "Location"
                ]
                self._unpack(location, unpacked)
        except (BotoCoreError, ClientError, OSError, zipfile.BadZipFile) as error:
            raise ImageError(f"the code of {service} cannot be fetched: {error}") from error
        return unpacked

    def _unpack(self, location: str, folder: Path) -> None:
        """Only a whole one gets its name. A few former ones stay, in which tasks may be running still."""
        # The emulator names itself by a host name that need not be the address at which it listens.
        path = urllib.parse.urlsplit(location)._replace(scheme="", netloc="").geturl()
        with urllib.request.urlopen(self._endpoint + path, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own
            archive = io.BytesIO(answer.read())
        former = sorted(folder.parent.glob("*"), key=lambda path: path.stat().st_mtime)
        for old in former[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        draft = folder.with_suffix(".new")
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(draft)
        draft.rename(folder)
