"""Services that hold something on Jane, by their privacy verbs alone: to try what asks them, quickly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

JANE = "jane.roe@example.com"
CONTACT = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
SERVICES = ("auth", "customers", "pipeline", "activities", "sync")


@dataclass
class Owners:
    """All five services, each with three records of Jane and one that is kept, erased in three calls."""

    records: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])

    def __call__(self, service: str) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
        self.records[service] = {"1", "2", "3"}

        def handler(call: Mapping[str, Any], context: Any) -> dict[str, Any]:
            del context
            left = self.records[service]
            match call["verb"]:
                case "identify":
                    mine = {"contactIds": [CONTACT], "emails": [JANE], "names": ["Jane Roe", "Roe Jane"]}
                    return {"subject": {**call["subject"], **mine}}
                case "collect":
                    at = int(call.get("cursor") or "1")
                    items = [_item(service, str(at))] if str(at) in left else []
                    items += [_kept_item(service)] if at == 1 else []
                    return {"items": items, "nextCursor": str(at + 1) if at < 3 else None}
                case _:
                    return self._erase(left, call.get("resume"))

        return handler

    def _erase(self, left: set[str], resume: Any) -> dict[str, Any]:
        number = resume["number"] if resume else 1
        counted = dict(resume["counts"]) if resume else {}
        if str(number) in left:
            left.discard(str(number))
        counted["records"] = number
        kept = {
            "store": "records",
            "entity": "deal",
            "id": "kept",
            "why": "a contract",
            "until": "2033-01-01",
        }
        ends = {"store": "records", "entity": "answers", "id": None, "why": "they end", "until": "2026-01-03"}
        return {
            "done": number == 3,
            "resume": None if number == 3 else {"number": number + 1, "counts": counted},
            "waitSeconds": 2 if number == 2 else 0,
            "counts": counted,
            "kept": [kept] if number == 1 else [ends] if number == 3 else [],
        }


def _item(service: str, id: str) -> dict[str, Any]:
    data = {"id": id, "service": service, "notes": f"Call {JANE}"}
    return {
        "store": "records",
        "entity": "record",
        "id": id,
        "state": "live",
        "data": data,
        "classification": {},
        "files": [],
    }


def _kept_item(service: str) -> dict[str, Any]:
    return {**_item(service, "kept"), "entity": "deal"}
