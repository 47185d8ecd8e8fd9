"""The admin API of one realm, as the comparison sees it, and the real one over python-keycloak."""

from __future__ import annotations

import json
import time
from typing import Any, Protocol

import requests
from keycloak import KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakError

TIMEOUT_SECONDS = 20
_POLL_SECONDS = 2.0


class RealmAdminError(Exception):
    """Keycloak did not do what was asked; says what it answered."""


class RealmAdmin(Protocol):
    """Requests to ``/admin/realms/{realm}``. Paths begin with a slash, or are empty for the realm itself."""

    def get(self, path: str) -> Any:
        """Return the answer's JSON. Raises `RealmAdminError`."""
        ...

    def post(self, path: str, body: Any) -> None: ...

    def put(self, path: str, body: Any) -> None: ...

    def delete(self, path: str, body: Any = None) -> None: ...


class KeycloakRealmAdmin:
    """The admin API with the credentials of a service account, of the realm itself or of ``sign_in_realm``.

    The realm's own account cannot give itself roles that it lacks; one of realm ``master`` can.
    """

    def __init__(
        self, url: str, realm: str, client_id: str, secret: str, sign_in_realm: str | None = None
    ) -> None:
        self._url = url.rstrip("/")
        self._root = f"/admin/realms/{realm}"
        self._connection = KeycloakOpenIDConnection(
            server_url=f"{self._url}/",
            realm_name=sign_in_realm or realm,
            client_id=client_id,
            client_secret_key=secret,
            grant_type="client_credentials",
            timeout=TIMEOUT_SECONDS,
        )

    def wait_until_ready(self, seconds: float) -> None:
        """Return as soon as the realm can be discovered. Raises `RealmAdminError` after ``seconds``."""
        realm = self._root.removeprefix("/admin")
        address = f"{self._url}{realm}/.well-known/openid-configuration"
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = requests.get(address, timeout=TIMEOUT_SECONDS)
                reason = f"answered {answer.status_code}"
                if answer.ok:
                    return
            except requests.RequestException as error:
                reason = str(error)
            if time.monotonic() + _POLL_SECONDS > deadline:
                raise RealmAdminError(f"Keycloak was not ready within {seconds:.0f} s: {address} {reason}")
            time.sleep(_POLL_SECONDS)

    def get(self, path: str) -> Any:
        return self._send("get", path)

    def post(self, path: str, body: Any) -> None:
        self._send("post", path, body)

    def put(self, path: str, body: Any) -> None:
        self._send("put", path, body)

    def delete(self, path: str, body: Any = None) -> None:
        self._send("delete", path, body)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        send = getattr(self._connection, f"raw_{method}")
        data = {} if method == "get" else {"data": None if body is None else json.dumps(body)}
        try:
            answer: requests.Response = send(self._root + path, **data)
        except (KeycloakError, requests.RequestException) as error:
            raise RealmAdminError(f"{method.upper()} {self._root}{path}: {error}") from error
        if not answer.ok:
            told = f"{answer.status_code} {answer.text[:500]}"
            raise RealmAdminError(f"{method.upper()} {self._root}{path}: {told}")
        return answer.json() if answer.content else None
