"""What a tenant has of privacy requests and legal holds. Jobs are carried out by `estate.finish`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estate import Estate


def _request(estate: Estate, **facts: Any) -> str:
    body = {"kind": "access", "subject": {"email": f"{estate.mark}@nobody.example"}, "reason": estate.mark}
    return str(estate.send("POST", "/v1/privacy-requests", body | facts).body["jobId"])


def _hold(estate: Estate, **facts: Any) -> str:
    body = {"reason": f"{estate.mark} is before court", "subject": {"email": f"{estate.mark}@held.example"}}
    return str(estate.send("POST", "/v1/legal-holds", body | facts).body["holdId"])


def _erasure(estate: Estate, address: str) -> str:
    job_id = _request(estate, kind="erasure", subject={"email": address}, confirm=True)
    estate.finish(job_id)  # type: ignore[attr-defined]
    return job_id


MAKERS: dict[str, Callable[[Estate], str]] = {
    "privacy_request": lambda e: _request(e),
    "hold": lambda e: _hold(e),
    "erasure": lambda e: _erasure(e, f"{e.mark}@nobody.example"),
    "held_erasure": lambda e: (_hold(e), _erasure(e, f"{e.mark}@held.example"))[1],
}
