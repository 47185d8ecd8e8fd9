"""The asynchronous client."""

from zebros.aio.client import AsyncClient

__all__ = ["AsyncClient"]
