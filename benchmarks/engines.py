"""The servers of a run: a DynamoDB and a Valkey on free ports, with folders of their own, stopped at the end.

The default is ministack, which `make up` uses too. ``BENCH_ENGINE=dynamodb-local`` takes AWS's DynamoDB Local
instead (Java 17 and Maven; fetched once into ``.cache``), a truer engine whose queries do not slow with the
partition.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from zebros_local.parts import valkey_binary
from zebros_local.ports import LOOPBACK, choose

CHECKOUT = Path(__file__).parents[1]
_POM = Path(__file__).parent / "dynamodb-local.pom.xml"
_START_SECONDS = 30.0


class EngineError(Exception):
    """A server of the run cannot be had."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the servers listen."""

    title: str
    dynamodb_url: str
    redis_url: str
    s3_url: str = ""
    """Empty where the engine knows tables only; see `objects`."""


@contextmanager
def engines(name: str) -> Generator[Engines]:
    """Start the servers for the block. `name` is ``ministack`` or ``dynamodb-local``. Raises EngineError."""
    if name not in ("ministack", "dynamodb-local"):
        raise EngineError(f"BENCH_ENGINE is ministack or dynamodb-local, not {name!r}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zebros-bench-")))
        start = _ministack if name == "ministack" else _dynamodb_local
        title, url = start(stack, folder)
        yield Engines(title, url, _valkey(stack, folder), url if start is _ministack else "")


@contextmanager
def objects(running: Engines) -> Generator[str]:
    """Give the URL of an S3: the engine's own, or one of a ministack beside it. Raises EngineError."""
    if running.s3_url:
        yield running.s3_url
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zebros-bench-")))
        yield _ministack(stack, folder)[1]


def _ministack(stack: ExitStack, folder: Path) -> tuple[str, str]:
    port = choose(0)
    environment = {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_REGION": "eu-central-1",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
        "LOG_LEVEL": "ERROR",
    }
    url = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "ministack"]
    _run(stack, folder, "ministack", command, lambda: _answers(f"{url}/_localstack/health"), environment)
    return f"ministack {version('ministack')}", url


def _dynamodb_local(stack: ExitStack, folder: Path) -> tuple[str, str]:
    jars = _fetched()
    port = choose(0)
    url = f"http://{LOOPBACK}:{port}"
    main = "software.amazon.dynamodb.services.local.main.ServerRunner"
    command = ["java", f"-Djava.library.path={jars}", "-cp", f"{jars}/*", main, "-inMemory", "-sharedDb"]
    _run(stack, folder, "dynamodb-local", [*command, "-port", str(port)], lambda: _answers(url), {})
    jar = next(jars.glob("DynamoDBLocal-*.jar"))
    return f"DynamoDB Local {jar.stem.removeprefix('DynamoDBLocal-')}", url


def _fetched() -> Path:
    """Return the folder of DynamoDB Local's jars, filled from Maven Central at the first run."""
    folder = CHECKOUT / ".cache" / "dynamodb-local"
    if not any(folder.glob("DynamoDBLocal-*.jar")):
        maven = shutil.which("mvn")
        if maven is None or shutil.which("java") is None:
            raise EngineError("dynamodb-local needs java (17 or newer) and mvn on the PATH")
        print("fetching DynamoDB Local from Maven Central", file=sys.stderr)
        goal = "dependency:copy-dependencies"
        command = [maven, "-q", "-B", "-f", str(_POM), goal, f"-DoutputDirectory={folder}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EngineError(f"mvn could not fetch DynamoDB Local:\n{done.stdout[-1000:]}")
    return folder


def _valkey(stack: ExitStack, folder: Path) -> str:
    port = choose(0)
    command = [
        str(valkey_binary()),
        "--port",
        str(port),
        "--bind",
        LOOPBACK,
        "--save",
        "",
        "--dir",
        str(folder),
    ]

    def pongs() -> bool:
        import redis

        try:
            with redis.Redis(host=LOOPBACK, port=port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    _run(stack, folder, "valkey", command, pongs, {})
    return f"redis://{LOOPBACK}:{port}/0"


def _run(
    stack: ExitStack,
    folder: Path,
    name: str,
    command: Sequence[str],
    healthy: Callable[[], bool],
    environment: Mapping[str, str],
) -> None:
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        # In the run's own folder: DynamoDB Local leaves a file where it is started.
        server = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env={**os.environ, **environment}
        )
    stack.callback(_stop, server)
    deadline = time.monotonic() + _START_SECONDS
    while not healthy():
        if server.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    """Whether something speaks HTTP there; DynamoDB refuses an unsigned request, which is an answer."""
    try:
        with urlopen(url, timeout=2):  # noqa: S310 - a server of ours on the loopback
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
