"""What a function of the HTTP API must not load before its first request."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "jwt",
    "cryptography.x509",
    "redis",
    "boto3",
    "zebros_core.http.openapi",
    "zebros_core.auth.internal",
)


def test_the_http_app_loads_nothing_that_a_cold_start_need_not_wait_for():
    code = (
        f"import sys, zebros_core.http, zebros_core.auth; print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
