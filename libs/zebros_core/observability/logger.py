"""Structured logs: one JSON object a line, with the request's identity on every line of that request.

Bodies, headers and tokens are never handed to a logger; what slips into a message that looks like a token is
masked, and so is the input that validation errors quote.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

ROOT_NAME = "zebros"
_MAX_TEXT = 2000
_MAX_FRAMES = 20
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?|(?i:bearer\s+)[\w.~+/-]{16,}=*")
_SECRET_NAMES = frozenset(
    {"authorization", "token", "password", "secret", "cookie", "body", "headers", "event"}
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_bound: ContextVar[Mapping[str, Any]] = ContextVar("zebros_log_fields")
_NOTHING: Mapping[str, Any] = {}


@contextmanager
def log_context(**fields: Any) -> Generator[None]:
    """Put ``fields`` on every line that is logged inside, on top of what an outer context has put there."""
    token = _bound.set({**_bound.get(_NOTHING), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def bind(**fields: Any) -> None:
    """Add ``fields`` to the present log context, until the innermost ``log_context`` ends."""
    _bound.set({**_bound.get(_NOTHING), **fields})


def bound_fields() -> Mapping[str, Any]:
    """Return the fields of the present log context."""
    return _bound.get(_NOTHING)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object; ``extra`` members become members of it."""

    def __init__(self, service: str, stage: str) -> None:
        super().__init__()
        self._fixed = {"service": service, "stage": stage}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._fixed,
            **bound_fields(),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                line[name] = "[redacted]" if name.lower() in _SECRET_NAMES else value
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe_exception(record.exc_info[1], record.exc_info[2])
        # The whole line is masked, so that it does not matter where a token got in.
        return _TOKEN.sub("[token]", json.dumps(_bounded(line), default=_text, separators=(",", ":")))


def describe_exception(error: BaseException, trace: TracebackType | None) -> dict[str, Any]:
    """Return type, message and innermost frames of ``error``; the message of a pydantic error without its
    input.
    """
    errors = getattr(error, "errors", None)
    if type(error).__module__.startswith("pydantic") and callable(errors):
        found: Any = errors(include_input=False, include_url=False, include_context=False)
        message = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in found)
    else:
        message = str(error)
    frames = traceback.extract_tb(trace)[-_MAX_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": message[:_MAX_TEXT],
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if error.__cause__ is not None:
        described["cause"] = describe_exception(error.__cause__, error.__cause__.__traceback__)
    return described


def configure_logging(
    service: str, stage: str, level: str = "INFO", stream: TextIO | None = None
) -> logging.Logger:
    """Send all logging, also other libraries', to ``stream`` (standard output) as JSON; return the product's
    logger.

    Called once by a composition root. ``level`` holds for the product; other libraries log warnings and
    above.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter(service, stage))
    root = logging.getLogger()
    # Lambda's runtime has installed a plain-text handler, which would write every line a second time.
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger = logging.getLogger(ROOT_NAME)
    logger.setLevel(level)
    return logger


def _bounded(line: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value[:_MAX_TEXT] if isinstance(value, str) and len(value) > _MAX_TEXT else value
        for name, value in line.items()
    }


def _text(value: object) -> str:
    return str(value)[:_MAX_TEXT]
