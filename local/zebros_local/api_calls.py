"""Calls of the deployed API with nothing but the standard library, as the bring-up makes them."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from zebros_local.errors import DeployFailedError
from zebros_local.state import StackState

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back: status 0 with the reason as text where nothing did."""

    status: int
    text: str

    @property
    def is_success(self) -> bool:
        return http.client.OK <= self.status < http.client.MULTIPLE_CHOICES

    @property
    def body(self) -> Any:
        return json.loads(self.text)


def send(
    state: StackState, token: str, method: str, path: str, body: Any = None, *, key: str | None = None
) -> Answer:
    """Send a request, under an idempotency key if one is given, and return the answer, whatever it is."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(  # noqa: S310 - our own
        f"{state.api_url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers=headers,
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own
            return Answer(int(answer.status), answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace")[:2000])
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, str(error))


def require(
    state: StackState, token: str, method: str, path: str, body: Any = None, *, key: str | None = None
) -> Any:
    """Send as `send` does and return the answer's body. Raises `DeployFailedError` with an answer that is a refusal."""
    answer = send(state, token, method, path, body, key=key)
    if not answer.is_success:
        raise DeployFailedError(f"{method} {path} failed: {answer.status} {answer.text}")
    return answer.body if answer.text else None
