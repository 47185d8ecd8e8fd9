"""The container image of Keycloak: the version that the tests run, the realm in it, no start without its secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from zebros_local import keycloak

FOLDER = Path(__file__).parents[3] / "services" / "auth" / "keycloak"


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (FOLDER / "Dockerfile").read_text()


def test_the_image_is_of_the_version_that_the_suite_runs(dockerfile: str) -> None:
    assert re.findall(r"keycloak/keycloak:(\S+)", dockerfile) == [keycloak.VERSION]


def test_the_image_holds_the_realm_and_runs_as_nobody_special(dockerfile: str) -> None:
    assert re.search(r"^COPY .*realm\.json /opt/keycloak/data/import/", dockerfile, re.MULTILINE)
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE)[-1] == "1000"


@pytest.mark.parametrize("secret", [None, ""])
def test_without_its_secret_nothing_is_started(tmp_path: Path, secret: str | None) -> None:
    environ = {"PATH": "/usr/bin:/bin", "KEYCLOAK_HOME": str(_recorder(tmp_path))}
    if secret is not None:
        environ["ZEBROS_ADMIN_SECRET"] = secret
    done = subprocess.run([FOLDER / "entrypoint.sh", "start"], env=environ, capture_output=True, text=True)
    assert done.returncode != 0
    assert "ZEBROS_ADMIN_SECRET" in done.stderr
    assert not (tmp_path / "started").exists()


def test_with_it_keycloak_gets_the_command(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "KEYCLOAK_HOME": str(_recorder(tmp_path)), "ZEBROS_ADMIN_SECRET": "x"}
    subprocess.run([FOLDER / "entrypoint.sh", "start", "--optimized"], env=environ, check=True)
    assert (tmp_path / "started").read_text() == "start --optimized\n"


def _recorder(folder: Path) -> Path:
    """A home whose kc.sh only writes down how it was started."""
    script = folder / "home" / "bin" / "kc.sh"
    script.parent.mkdir(parents=True)
    script.write_text(f'#!/bin/sh\necho "$@" > {folder / "started"}\n')
    script.chmod(0o755)
    return folder / "home"
