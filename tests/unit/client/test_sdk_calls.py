"""Every call of the SDK: the one request that it makes, and that the asynchronous client makes the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import account_calls
import activity_calls
import anyio
import httpx
import pytest
import sales_calls
from scripted_world import API, ScriptedApi

from zebros import AsyncClient, Client

CALLS = account_calls.CALLS + sales_calls.CALLS + activity_calls.CALLS
NAMES = account_calls.NAMES + sales_calls.NAMES + activity_calls.NAMES

ANYTHING = {
    "id": "x",
    "name": "N",
    **dict.fromkeys(("userId", "teamId", "deviceId", "platform", "integrationId", "clientId"), "x"),
    **dict.fromkeys(("leadId", "productId", "opportunityId", "conversionId", "lastName", "title"), "x"),
    **dict.fromkeys(("activityId", "type", "subject", "commentId", "text", "authorId", "seriesId"), "x"),
    **dict.fromkeys(("templateId", "stage", "baseCurrency", "clientSecret"), "x"),
    "isolation": "silo",
    "status": "new",
    "items": [],
    "outcomes": [],
    "stages": [],
    "done": True,
}
"""An answer that every model can read."""


def anything(request: httpx.Request) -> httpx.Response:
    if request.method == "DELETE" and "tenants" not in request.url.path:
        return httpx.Response(204)
    return httpx.Response(200, json=ANYTHING)


def sent(api: ScriptedApi) -> tuple[str, str, Any]:
    (request,) = api.requests
    target = request.url.raw_path.decode()
    return request.method, target, json.loads(request.content) if request.content else None


@pytest.mark.parametrize(("call", "method", "target", "body"), CALLS, ids=NAMES)
def test_each_call_is_one_request(
    client: Client, api: ScriptedApi, call: Callable[[Client], object], method: str, target: str, body: Any
) -> None:
    api.answers = [anything]
    call(client)
    assert sent(api) == (method, target, body)
    assert ("idempotency-key" in api.requests[-1].headers) == (method == "POST")
    if method == "PUT" and "by-external-id" not in target and "identity-provider" not in target:
        assert "if-match" in api.requests[-1].headers


@pytest.mark.parametrize(("call", "method", "target", "body"), CALLS, ids=NAMES)
def test_the_asynchronous_client_sends_the_same(
    api: ScriptedApi, call: Callable[[Any], Any], method: str, target: str, body: Any
) -> None:
    api.answers = [anything]

    async def scenario() -> None:
        async with AsyncClient(API, token="t", transport=httpx.MockTransport(api)) as client:
            made = call(Unlisted(client))
            if asyncio.iscoroutine(made):
                await made
            else:
                async for _ in made[0]:
                    pass

    anyio.run(scenario)
    assert sent(api) == (method, target, body)


class Unlisted:
    """The asynchronous client for calls that are written for the other one: what they put into `list()` is put into a
    list, to be read later.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or hasattr(found, "_client"):
            return Unlisted(found)

        def call(*arguments: Any, **named: Any) -> Any:
            made = found(*arguments, **named)
            return [made] if hasattr(made, "__aiter__") else made

        return call
