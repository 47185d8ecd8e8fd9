"""Redis as several nodes, each with its share of the slots, met one redirection at a time.

The first command goes to the address of the configuration; a node that does not own the key's slot answers MOVED
with the owner, which is remembered. So a server that is no cluster costs nothing, and a cluster one more round trip
for each slot (all of a tenant's keys share one) and container. What was learned is forgotten with the connections:
after any trouble the configured address, which the service keeps pointed at living nodes, is asked again.
"""

# redis-py is typed in part: it ends here, and callers see the protocol.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from zebros_core.cache.redis_connection import RedisTransport

_MOST_REDIRECTIONS = 3
"""More than one for a slot that moves on while it is asked for; an endless chain is an error."""


class RedirectedConnections:
    """A transport over the nodes of a cluster; `connect` opens one node's by its URL."""

    def __init__(self, url: str, connect: Callable[[str], RedisTransport]) -> None:
        self._url = url
        self._connect = connect
        self._nodes: dict[str, RedisTransport] = {}
        self._owners: dict[int, str] = {}

    def call(self, *command: str | bytes | int) -> Any:
        """Send one command to the owner of its key and read the answer.

        Raises what the node's transport raises; redis.MovedError after too many redirections.
        """
        from redis.exceptions import AskError, MovedError

        url = self._owners.get(_slot(command), self._url) if self._owners else self._url
        for _ in range(_MOST_REDIRECTIONS):
            try:
                return self._node(url).call(*command)
            except MovedError as moved:
                url = self._owners[moved.slot_id] = _at(url, moved.host, moved.port)
            except AskError as ask:  # For this command only: the slot is on its way.
                node = self._node(_at(url, ask.host, ask.port))
                node.call("ASKING")
                return node.call(*command)
        return self._node(url).call(*command)

    def close(self) -> None:
        """Close every connection and forget which node owns what."""
        nodes, self._nodes = self._nodes, {}
        self._owners = {}
        for node in nodes.values():
            node.close()

    def _node(self, url: str) -> RedisTransport:
        if url not in self._nodes:
            self._nodes[url] = self._connect(url)
        return self._nodes[url]


def _slot(command: tuple[str | bytes | int, ...]) -> int:
    """The slot of the command's first key."""
    from redis.crc import key_slot

    key = command[3] if str(command[0]).startswith("EVAL") else command[1]
    return key_slot(key if isinstance(key, bytes) else str(key).encode())


def _at(url: str, host: str, port: int) -> str:
    """The same URL at another node; a node that names no host means its own."""
    parts = urlsplit(url)
    credentials, separator, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{credentials}{separator}{host or parts.hostname}:{port}").geturl()
