"""The gateway's event as a request: payload format 2.0 of an HTTP API."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from zebros_core.errors import BadRequestError, NotFoundError, PayloadTooLargeError, UnsupportedMediaTypeError
from zebros_core.http.strict_json import malformed

MAX_BODY_BYTES = 1024 * 1024
JSON = "application/json"
MERGE_PATCH_JSON = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came. Header names are in lower case."""

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    request_id: str
    raw_body: str
    is_base64: bool
    source_ip: str = ""

    def body(self) -> bytes:
        """Return the body's bytes. Raises PayloadTooLargeError above 1 MiB."""
        if self.is_base64:
            if len(self.raw_body) > MAX_BODY_BYTES * 4 // 3 + 4:
                raise _too_large()
            try:
                body = base64.b64decode(self.raw_body, validate=True)
            except binascii.Error as error:
                raise malformed("", "invalid_base64", "the body is not base64") from error
        else:
            if len(self.raw_body) > MAX_BODY_BYTES:
                raise _too_large()
            # A lone surrogate cannot come over HTTP; if a test or a gateway makes one, the JSON parser
            # refuses it.
            body = self.raw_body.encode("utf-8", "surrogatepass")
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        return body


def read_event(event: Mapping[str, Any]) -> Incoming:
    """Return the event as a request."""
    context = event["requestContext"]
    http = context["http"]
    headers: Mapping[str, str] = event.get("headers") or {}
    return Incoming(
        method=http["method"],
        path=event["rawPath"],
        raw_query=event.get("rawQueryString") or "",
        headers={name.lower(): value for name, value in headers.items()},
        request_id=context.get("requestId") or "",
        raw_body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        source_ip=http.get("sourceIp") or "",
    )


PathParameters = tuple[tuple[str, re.Pattern[str]], ...]
"""Name and pattern of each path parameter."""


def check_path(parameters: PathParameters, values: Mapping[str, str], entity: str) -> dict[str, str]:
    """Return the decoded path parameters.

    Raises BadRequestError for ``#``, control characters and bad UTF-8, NotFoundError for what cannot be such
    a record.
    """
    checked: dict[str, str] = {}
    for name, pattern in parameters:
        value = values[name]
        if "%" in value:
            try:
                value = unquote_to_bytes(value).decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadRequestError.for_field(name, "invalid_utf8", "The path is not UTF-8.") from error
        if not pattern.fullmatch(value):
            if "#" in value or not value.isprintable():
                message = "An id has neither '#' nor control characters."
                raise BadRequestError.for_field(name, "invalid_id", message)
            raise NotFoundError(_called(name) or entity, value)
        checked[name] = value
    return checked


def _called(parameter: str) -> str:
    """Return what a parameter is the id of: ``holdId`` names a hold, whatever entity its permission is of."""
    name = parameter.removesuffix("Id")
    return re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", name) if name != parameter else ""


def check_media_type(header: str | None, *, merge_patch: bool) -> None:
    """Raise UnsupportedMediaTypeError unless the body is JSON (or a merge patch, where one is taken) in
    UTF-8.
    """
    media_type, _, parameters = (header or "").partition(";")
    accepted = (MERGE_PATCH_JSON, JSON) if merge_patch else (JSON,)
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() not in accepted or charset not in ("", "utf-8"):
        message = f"Send the body as {' or '.join(accepted)} in UTF-8."
        raise UnsupportedMediaTypeError.for_field("Content-Type", "unsupported", message)


def _too_large() -> PayloadTooLargeError:
    return PayloadTooLargeError.for_field("", "too_large", f"The body is above {MAX_BODY_BYTES} bytes.")
