"""Lists that a request writes down part by part: JSON lines, read back one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zebros_jobs.use_cases.parts import Parts

__all__ = ["lines_of", "written_lines"]


def lines_of(items: Iterable[Mapping[str, Any]]) -> bytes:
    """Return items as the lines of a part."""
    return b"".join(json.dumps(item, ensure_ascii=False).encode() + b"\n" for item in items)


def written_lines(parts: Parts) -> Iterator[dict[str, Any]]:
    """Give the items of all parts in their order."""
    for reader in parts.readers():
        for line in io.BufferedReader(reader):
            yield json.loads(line)
