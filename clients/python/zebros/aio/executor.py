"""What an asynchronous collection needs of its client, and what every such collection shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from zebros.calls.call import Call
from zebros.calls.records import Routes
from zebros.models import Versioned

__all__ = ["AsyncExecutor", "AsyncVersionedCollection", "drive"]

T = TypeVar("T")
R = TypeVar("R", bound=Versioned)


class AsyncExecutor(Protocol):
    """Executes calls; `AsyncClient` is one."""

    async def execute(self, call: Call[T]) -> T: ...


async def drive(
    steps: Generator[Call[Any] | float, Any, T],
    client: AsyncExecutor,
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """As `zebros.resources.driver.drive`."""
    wanted = next(steps)
    while True:
        found = None
        if isinstance(wanted, float | int):
            await sleep(wanted)
        else:
            found = await client.execute(wanted)
        try:
            wanted = steps.send(found)
        except StopIteration as end:
            return end.value


class AsyncVersionedCollection(Generic[R]):
    """As `zebros.resources.versioned.VersionedCollection`."""

    def __init__(self, client: AsyncExecutor, routes: Routes[R]) -> None:
        self._client = client
        self._routes = routes

    async def update(self, record: R, *, force: bool = False) -> R:
        """Write what was changed on `record` since it was loaded, under its version unless forced."""
        changes = record.changes()
        if not changes:
            return record
        return await self.patch(record.id, changes, version=None if force else record.version)

    async def patch(self, record_id: str, changes: Mapping[str, Any], *, version: int | None = None) -> R:
        """Apply a JSON merge patch, if given only onto `version`."""
        return await self._client.execute(self._routes.patch(record_id, changes, version))
