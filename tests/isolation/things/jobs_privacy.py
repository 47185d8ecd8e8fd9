"""What a tenant has of privacy requests and legal holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estate import Estate


def _request(estate: Estate, **facts: Any) -> str:
    body = {"kind": "access", "subject": {"email": f"{estate.mark}@nobody.example"}, "reason": estate.mark}
    return str(estate.asked("POST", "/v1/privacy-requests", body | facts).body["jobId"])


def _hold(estate: Estate, **facts: Any) -> str:
    body = {"reason": f"{estate.mark} is before court", "subject": {"email": f"{estate.mark}@held.example"}}
    return str(estate.send("POST", "/v1/legal-holds", body | facts).body["holdId"])


def _erasure(estate: Estate, address: str) -> str:
    return estate.finish(_request(estate, kind="erasure", subject={"email": address}, confirm=True))


MAKERS: dict[str, Callable[[Estate], str]] = {
    "privacy_request": lambda e: _request(e),
    "hold": lambda e: _hold(e),
    "erasure": lambda e: _erasure(e, f"{e.mark}@nobody.example"),
    "held_erasure": lambda e: (_hold(e), _erasure(e, f"{e.mark}@held.example"))[1],
}
