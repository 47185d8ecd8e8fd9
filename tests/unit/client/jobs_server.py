"""A scripted service of jobs, with a store of files beside it, for the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
from scripted_world import problem

JOB = "01JC8Z4T5V6W7X8Y9ZABCDEFGH"
STORE = "https://files.test"
COUNTS = {"rows": 2, "created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "rejected": 0}
SUGGESTED = [{"column": "account", "field": "companyName"}, {"column": "sector", "field": "industry"}]


class JobsServer:
    """One job: made by any POST, running for two looks, then ended as was asked of this.

    Files are what it made, by name. `answers` are of requests that are not about the job, by method and path.
    """

    def __init__(self, kind: str = "import") -> None:
        self.kind = kind
        self.state = "succeeded"
        self.result: dict[str, Any] | None = dict(COUNTS, writes={"customer": 2}, problems=[])
        self.problem: dict[str, Any] | None = None
        self.files: dict[str, bytes] = {}
        self.answers: dict[tuple[str, str], Any] = {}
        self.uploaded: list[bytes] = []
        self.calls: list[tuple[str, str, Any]] = []
        self._looks = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(STORE):
            return self._stored(request)
        path = request.url.path
        body = json.loads(request.content) if request.content else None
        self.calls.append((request.method, path, body))
        if (request.method, path) in self.answers:
            answer = self.answers[request.method, path]
            return httpx.Response(204) if answer is None else httpx.Response(200, json=answer)
        match request.method, path.rpartition("/")[2].partition(":"):
            case "POST", ("imports", _, _):
                upload = {"method": "POST", "url": f"{STORE}/up", "fields": {"Content-Type": "text/csv"}}
                return httpx.Response(201, json={"job": self.job("awaitingFile"), "upload": upload})
            case "POST", (_, _, "preview"):
                return httpx.Response(200, json=_preview(body or {}))
            case "POST", (_, _, "cancel"):
                return httpx.Response(200, json=self.job("cancelled"))
            case "POST", _:
                return httpx.Response(202, json=self.job("queued"))
            case "GET", ("files", _, _):
                return httpx.Response(200, json={"items": [self._link(name) for name in self.files]})
            case "GET", (job_id, _, _) if job_id == JOB:
                self._looks += 1
                return httpx.Response(200, json=self.job("running" if self._looks < 3 else self.state))
            case _:
                return problem(404, "not-found", detail=f"{request.method} {path}")

    def job(self, state: str, **members: Any) -> dict[str, Any]:
        ended = state in ("succeeded", "failed", "cancelled")
        return {
            "jobId": JOB,
            "kind": self.kind,
            "state": state,
            "title": "customer",
            "parameters": {},
            "progress": {"done": 2 if ended else 1, "total": 2, "unit": "rows", "counters": {"created": 1}},
            "result": self.result if ended else None,
            "files": [
                {"name": name, "contentType": "text/csv", "sizeBytes": len(held)}
                for name, held in self._made(ended)
            ],
            "problem": self.problem if ended else None,
            "createdAt": "2026-11-28T08:00:00Z",
            "version": 1,
            **members,
        }

    def body(self, path: str) -> Any:
        """The body of the one request to that path."""
        (found,) = [body for _, asked, body in self.calls if asked == path]
        return found

    def paths(self, method: str = "POST") -> list[str]:
        return [path for asked, path, _ in self.calls if asked == method]

    def _made(self, ended: bool) -> list[tuple[str, bytes]]:
        return list(self.files.items()) if ended else []

    def _link(self, name: str) -> Mapping[str, Any]:
        held = self.files[name]
        return {"name": name, "contentType": "", "sizeBytes": len(held), "url": f"{STORE}/down/{name}"}

    def _stored(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.uploaded.append(request.read())
            return httpx.Response(204)
        return httpx.Response(200, content=self.files[request.url.path.rpartition("/")[2]])


def _preview(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dialect": {},
        "sheets": [],
        "columns": [{"name": "account", "suggestion": None}, {"name": "sector", "suggestion": None}],
        "mapping": body.get("mapping") or SUGGESTED,
        "rows": [{"line": 2, "cells": ["Acme"], "record": {"companyName": "Acme"}, "problem": None}],
        "problem": None,
    }
