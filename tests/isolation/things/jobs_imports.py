"""What a tenant has of imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estate import Estate

_IN_PARTS_BYTES = 200 * 1024 * 1024


def _content(estate: Estate) -> bytes:
    return f"account,sector\n{estate.mark} imported,retail\n{estate.mark} too,retail\n".encode()


def _announced(estate: Estate, size_bytes: int, name: str = "accounts.csv") -> tuple[str, dict[str, object]]:
    body = {"entity": "customer", "fileName": f"{estate.mark} {name}", "sizeBytes": size_bytes}
    created = estate.asked("POST", "/v1/imports", body).body
    return str(created["job"]["jobId"]), created["upload"]


def uploaded(estate: Estate) -> str:
    """Announce a file and upload it; return the import, which waits for its start."""
    content = _content(estate)
    job_id, form = _announced(estate, len(content))
    estate.service.upload(form, content)
    return job_id


def finished(estate: Estate) -> str:
    """Import a file to its end."""
    job_id = uploaded(estate)
    estate.asked("POST", f"/v1/imports/{job_id}:start", {})
    return estate.finish(job_id)


MAKERS: dict[str, Callable[[Estate], str]] = {
    "import": uploaded,
    "import_to_start": uploaded,
    "import_in_parts": lambda e: _announced(e, _IN_PARTS_BYTES, "many.csv")[0],
    "finished_import": finished,
}
