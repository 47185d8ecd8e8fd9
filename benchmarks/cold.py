"""The cold start of the HTTP function: import and build in a fresh interpreter, byte code compiled beforehand."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.engines import CHECKOUT
from benchmarks.measuring import Timed, medians
from benchmarks.rows import Row

ROUNDS = 31
_LIMIT = 1.7
OURS = "import zebros_customers.handlers.http"
BASELINE = 'import boto3; boto3.client("dynamodb")'

FUNCTION_ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_PREFIX": "zebros-dev",
    "EVENT_BUS": "zebros-dev",
    "DOCUMENTS_BUCKET": "zebros-dev-documents",
    "FAILURES_BUCKET": "zebros-dev-failures",
    "OIDC_ISSUER": "https://identity.bench.example/realms/zebros",
    "OIDC_AUDIENCE": "zebros-api",
    "CURSOR_SECRET": "a secret of the benchmarks only",
    "LOG_LEVEL": "INFO",
    "SERVICE": "customers",
    "PERMISSIONS_FILE": str(CHECKOUT / "infrastructure" / "permissions.json"),
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}
"""What the function finds at its start: nothing of it is connected to before a request."""


def rows() -> list[Row]:
    """Return the row of the HTTP function."""
    with tempfile.TemporaryDirectory(prefix="zebros-bench-") as compiled:
        # A deployed function's byte code is compiled once; so it is here, in the runs that warm up.
        environment = {**os.environ, **FUNCTION_ENVIRONMENT, "PYTHONPYCACHEPREFIX": compiled}
        for name in ("PYTHONDONTWRITEBYTECODE", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
            environment.pop(name, None)

        def start(statement: str) -> Timed:
            command = [sys.executable, "-c", statement]
            return Timed(lambda: subprocess.run(command, env=environment, check=True, cwd=compiled))

        seconds = medians({"ours": start(OURS), "baseline": start(BASELINE)}, rounds=ROUNDS, warm_up=2)
    return [
        Row(
            "cold start of the HTTP function",
            seconds["ours"] * 1000,
            seconds["baseline"] * 1000,
            "ms",
            _LIMIT,
            "importing boto3 and making a DynamoDB client",
        )
    ]
