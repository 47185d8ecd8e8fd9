"""An identity provider for the tests of sign-ins."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from scripted_world import ISSUER, access_token

DISCOVERY = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "device_authorization_endpoint": f"{ISSUER}/device",
    "revocation_endpoint": f"{ISSUER}/revoke",
}


class IdentityProvider:
    """All grants, with rotation as Keycloak does it: a refresh token that was used is refused.

    `polls` are its answers before the person agrees to a device. `authorize` is what its sign-in page does.
    """

    def __init__(self, tenant: str = "aurora", *, polls: list[str] | None = None) -> None:
        self.tenant = tenant
        self.polls = polls or []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.lifetime = 300
        self.issued = 0
        self.device = True
        self.refuse_refresh = False
        self.accepted: set[str] = set()
        self.claims: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.alive: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.rsplit("/", 1)[-1]
        if request.url.host == "api.test":
            return self.api(request)
        if path == "openid-configuration":
            known = DISCOVERY if self.device else {**DISCOVERY, "device_authorization_endpoint": None}
            return httpx.Response(200, json={**known, **self.discovery})
        form = dict(parse_qsl(request.content.decode()))
        self.forms.append((path, form))
        if path == "device":
            self.codes["dc"] = form
            body = {
                "device_code": "dc",
                "user_code": "WXYZ-1234",
                "verification_uri": "https://id.test/device",
                "verification_uri_complete": "https://id.test/device?user_code=WXYZ-1234",
                "expires_in": 60,
                "interval": 5,
            }
            return httpx.Response(200, json=body)
        if path == "revoke":
            return httpx.Response(200)
        if form["grant_type"].endswith("device_code") and self.polls:
            return httpx.Response(400, json={"error": self.polls.pop(0)})
        if form["grant_type"] == "refresh_token":
            if self.refuse_refresh or form["refresh_token"] not in self.alive:
                return httpx.Response(400, json={"error": "invalid_grant"})
            self.alive.remove(form["refresh_token"])
        if form["grant_type"] == "authorization_code" and not self._good(form):
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "Code not valid"})
        if form["grant_type"].endswith("device_code") and not self._proven(form, self.codes["dc"]):
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "PKCE failed"})
        if form["grant_type"] == "client_credentials" and form["client_secret"] != "s3cret":
            return httpx.Response(401, json={"error": "invalid_client"})
        return self.tokens(form)

    def tokens(self, form: dict[str, str]) -> httpx.Response:
        self.issued += 1
        token = access_token(
            self.tenant,
            subject=f"u{self.issued}",
            email=f"ada@{self.tenant}.example",
            team="north",
            **self.claims,
        )
        self.accepted = {f"Bearer {token}"}
        body = {"access_token": token, "expires_in": self.lifetime}
        if form["grant_type"] != "client_credentials":
            body["refresh_token"] = f"r{self.issued}"
            self.alive.add(f"r{self.issued}")
        return httpx.Response(200, json=body)

    def api(self, request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] not in self.accepted:
            return httpx.Response(401, json={"message": "Unauthorized"})
        return httpx.Response(200, json={"items": [], "nextCursor": None})

    def authorize(self, url: str) -> dict[str, str]:
        """The sign-in page at `url`, and what it sends back when the person has signed in."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": ISSUER, "session_state": "s"}

    def _good(self, form: dict[str, str]) -> bool:
        asked = self.codes.pop(form["code"], None)
        return (
            asked is not None and self._proven(form, asked) and asked["redirect_uri"] == form["redirect_uri"]
        )

    def _proven(self, form: dict[str, str], asked: dict[str, str]) -> bool:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (asked["code_challenge"], asked["client_id"]) == (challenge, form["client_id"])
