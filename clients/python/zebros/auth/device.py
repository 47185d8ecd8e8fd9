"""The device flow (RFC 8628): the person signs in with a browser anywhere, and types a code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import httpx

from zebros.auth.oidc import Endpoints, refusal, request_tokens, send
from zebros.auth.pkce import challenge_parameters, new_verifier
from zebros.auth.tokens import Tokens
from zebros.errors import SignInError, TransportError

__all__ = ["DeviceCode", "request_device_code", "wait_for_tokens"]

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SLOW_DOWN_SECONDS = 5.0
"""RFC 8628, 3.5: what `slow_down` adds to the interval."""


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the person opens and types, and for how long it is good."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    interval_seconds: float
    expires_in_seconds: float
    verifier: str = field(repr=False)
    """Keycloak wants PKCE here too of a client that must use it."""


def request_device_code(
    http: httpx.Client, endpoints: Endpoints, *, client_id: str, extra: Mapping[str, str] | None = None
) -> DeviceCode:
    """Start a sign-in. `extra` are further parameters, such as `resource` or `audience`."""
    if endpoints.device_authorization is None:
        raise SignInError(
            f"{endpoints.issuer} has no device flow; use --client-id with a client secret instead"
        )
    verifier = new_verifier()
    form = {
        "client_id": client_id,
        "scope": endpoints.scope,
        **challenge_parameters(verifier),
        **(extra or {}),
    }
    reply = send(http, "POST", endpoints.device_authorization, form)
    if reply.status_code != 200:
        raise refusal(reply)
    body = cast("dict[str, Any]", reply.json())
    return DeviceCode(
        device_code=str(body["device_code"]),
        user_code=str(body["user_code"]),
        verification_uri=str(body["verification_uri"]),
        verification_uri_complete=str(body.get("verification_uri_complete") or body["verification_uri"]),
        interval_seconds=float(body.get("interval") or 5),
        expires_in_seconds=float(body.get("expires_in") or 600),
        verifier=verifier,
    )


def wait_for_tokens(
    http: httpx.Client,
    endpoints: Endpoints,
    code: DeviceCode,
    *,
    client_id: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Tokens:
    """Poll until the person has agreed. Raises SignInError when they refuse or let the code expire."""
    form = {
        "grant_type": GRANT,
        "client_id": client_id,
        "device_code": code.device_code,
        "code_verifier": code.verifier,
    }
    interval, waited = code.interval_seconds, 0.0
    while waited < code.expires_in_seconds:
        sleep(interval)
        waited += interval
        try:
            return request_tokens(http, endpoints, form)
        except TransportError:
            # RFC 8628, 3.5: a lost poll is not the end; back off and ask again.
            interval *= 2
        except SignInError as error:
            if error.code == "slow_down":
                interval += SLOW_DOWN_SECONDS
            elif error.code == "access_denied":
                raise SignInError("the sign-in was refused in the browser", code=error.code) from error
            elif error.code != "authorization_pending":
                raise
    raise SignInError("the code expired before anybody signed in with it", code="expired_token")
