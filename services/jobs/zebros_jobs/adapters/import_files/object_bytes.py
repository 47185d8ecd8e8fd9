"""The bytes of an uploaded file at any place, for readers that jump about in it: a few blocks are held at a time."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import Any, Final

from zebros_jobs.domain.imports.source import SourceFile

__all__ = ["ObjectBytes"]

_BLOCK_BYTES: Final = 1024 * 1024
_BLOCKS: Final = 8


class ObjectBytes(io.RawIOBase):
    """A seekable stream over an object."""

    def __init__(self, source: SourceFile) -> None:
        super().__init__()
        self._source = source
        self._position = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as the object goes: Python's reader of archives takes less for the end of it."""
        filled = 0
        while filled < len(buffer) and self._position < self._source.size_bytes:
            number, within = divmod(self._position, _BLOCK_BYTES)
            data = self._block(number)[within : within + len(buffer) - filled]
            if not data:
                break
            buffer[filled : filled + len(data)] = data
            filled += len(data)
            self._position += len(data)
        return filled

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        wanted = min(_BLOCK_BYTES, self._source.size_bytes - number * _BLOCK_BYTES)
        block = b""
        with self._source.open_at(number * _BLOCK_BYTES) as raw:
            while len(block) < wanted and (more := raw.read(wanted - len(block))):
                block += more
        self._blocks[number] = block
        if len(self._blocks) > _BLOCKS:
            self._blocks.popitem(last=False)
        return block
