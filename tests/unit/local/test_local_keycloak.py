"""Having the real Keycloak on a machine: what is missing is said, and nothing that we do not know is unpacked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from zebros_local import keycloak
from zebros_local.errors import KeycloakUnavailableError, LocalStackError
from zebros_local.keycloak import Distribution
from zebros_local.progress import Progress
from zebros_local.settings import LocalSettings
from zebros_local.stack import Stack
from zebros_local.suites import run_suites

JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"
JAVA_11 = "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2"
# As Maven does: the file lands in the folder that -DoutputDirectory names.
FETCH_SOMETHING_ELSE = """
for argument; do case $argument in -DoutputDirectory=*) folder=${argument#*=};; esac; done
echo "not Keycloak" > "$folder/keycloak-quarkus-dist-VERSION.zip"
""".replace("VERSION", keycloak.VERSION)
NO_NETWORK = "echo '[ERROR] Could not transfer artifact'; exit 1"


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Distribution]:
    """A machine on which only these programs are installed."""

    def having(**programs: str) -> Distribution:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, script in programs.items():
            program = folder / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        return Distribution(tmp_path / "cache", {"PATH": str(folder)})

    return having


def test_without_java_or_with_an_old_one_it_says_what_to_do(
    machine: Callable[..., Distribution], progress: Progress
) -> None:
    with pytest.raises(
        KeycloakUnavailableError, match="no Java was found here: install a JDK or set JAVA_HOME"
    ):
        machine().prepare(progress)
    with pytest.raises(KeycloakUnavailableError, match="needs Java 17 or newer, this is 11"):
        machine(java=JAVA_11).prepare(progress)


def test_without_maven_it_says_so(machine: Callable[..., Distribution], progress: Progress) -> None:
    with pytest.raises(KeycloakUnavailableError, match="no mvn was found here: install Maven"):
        machine(java=JAVA_17).prepare(progress)


def test_what_maven_complains_of_is_shown(machine: Callable[..., Distribution], progress: Progress) -> None:
    with pytest.raises(KeycloakUnavailableError, match="Could not transfer artifact"):
        machine(java=JAVA_17, mvn=NO_NETWORK).prepare(progress)


def test_another_file_than_the_known_one_is_not_unpacked(
    machine: Callable[..., Distribution], progress: Progress
) -> None:
    distribution = machine(java=JAVA_17, mvn=FETCH_SOMETHING_ELSE)
    with pytest.raises(KeycloakUnavailableError, match="not the file we know"):
        distribution.prepare(progress)
    assert not distribution.ready
    assert [path.name for path in distribution.cache.iterdir()] == ["lock"]


def test_what_is_there_is_used_without_asking_maven(
    machine: Callable[..., Distribution], progress: Progress
) -> None:
    distribution = machine(java=JAVA_17)
    distribution.home.mkdir(parents=True)
    assert distribution.prepare(progress) == distribution.home


def test_a_running_stack_keeps_its_provider(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    stack.up()
    stack.settings = replace(stack.settings, identity="keycloak")
    with pytest.raises(LocalStackError, match=r"runs with stand-in. `make down` first"):
        stack.up()
    stack.settings = replace(stack.settings, identity="stand-in")
    assert stack.up().identity == "stand-in"


def test_an_unknown_provider_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match=r"No identity provider is called 'keycloack'"):
        LocalSettings.from_environ({"ZEBROS_IDENTITY": "keycloack"}, tmp_path)


@pytest.mark.parametrize(
    ("ci", "central", "good"), [("", True, True), ("true", True, False), ("true", False, True)]
)
def test_the_suite_is_left_out_with_the_reason_and_in_ci_only_while_central_is_silent(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    progress: Progress,
    ci: str,
    central: bool,
    good: bool,
) -> None:
    monkeypatch.setattr(keycloak, "central_answers", lambda: central)
    settings = LocalSettings.from_environ({"PATH": str(tmp_path), "CI": ci, "COLUMNS": "200"}, tmp_path)
    assert run_suites(settings, ["keycloak"], prove=False, progress=progress) is good
    told = capsys.readouterr().err
    assert "skipped" in told
    assert "Java" in told
