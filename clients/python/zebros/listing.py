"""Lists that fetch their pages as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from zebros.calls.call import Call
from zebros.models import Page

__all__ = ["AsyncListing", "Listing"]

T = TypeVar("T")


class Listing(Generic[T]):
    """A list of records. Iterating fetches page after page; it can be iterated again from the start."""

    def __init__(
        self, call: Callable[[str | None], Call[Page[T]]], run: Callable[[Call[Page[T]]], Page[T]]
    ) -> None:
        self._call = call
        self._run = run

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self, cursor: str | None = None) -> Iterator[Page[T]]:
        """The pages, from `cursor` (a former page's `next_cursor`) or from the start."""
        while True:
            page = self._run(self._call(cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    def first(self, count: int) -> list[T]:
        """At most `count` records, fetching no more pages than they take."""
        return list(islice(self, count))


class AsyncListing(Generic[T]):
    """As `Listing`, for `async for`."""

    def __init__(
        self, call: Callable[[str | None], Call[Page[T]]], run: Callable[[Call[Page[T]]], Awaitable[Page[T]]]
    ) -> None:
        self._call = call
        self._run = run

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self, cursor: str | None = None) -> AsyncIterator[Page[T]]:
        """The pages, from `cursor` (a former page's `next_cursor`) or from the start."""
        while True:
            page = await self._run(self._call(cursor))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    async def first(self, count: int) -> list[T]:
        """At most `count` records, fetching no more pages than they take."""
        found: list[T] = []
        if count <= 0:
            return found
        async for item in self:
            found.append(item)
            if len(found) == count:
                break
        return found
