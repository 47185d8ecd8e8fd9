"""What a stack remembers, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from zebros_local.errors import LocalStackError
from zebros_local.settings import CHECKOUT, LocalSettings
from zebros_local.state import StackState

STATE = StackState(emulator_port=4566, cache_port=6390, identity_port=8180)


def test_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = STATE.with_deployed("customers", "abc")
    saved.save(tmp_path / "state.json")
    assert StackState.load(tmp_path / "state.json") == saved


def test_a_stack_that_was_never_started_has_no_state(tmp_path: Path) -> None:
    assert StackState.load(tmp_path / "state.json") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"emulator_port": "x"}', '{"emulator_port": 4566'])
def test_a_damaged_state_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(LocalStackError, match=r"state\.json is damaged"):
        StackState.load(path)


def test_recording_a_deployment_leaves_the_others() -> None:
    state = STATE.with_deployed("auth", "1").with_deployed("customers", "2").with_deployed("auth", "3")
    assert state.deployed == {"auth": "3", "customers": "2"}


def test_the_checkouts_own_stack_asks_for_the_well_known_ports() -> None:
    settings = LocalSettings.from_environ({})
    assert settings.directory == CHECKOUT / ".local"
    assert (settings.emulator_port, settings.cache_port, settings.identity_port) == (4566, 6390, 8180)


def test_a_stack_elsewhere_asks_for_none_so_that_it_never_disturbs_the_first(tmp_path: Path) -> None:
    settings = LocalSettings.from_environ({"ZEBROS_LOCAL_DIR": str(tmp_path)})
    assert settings.directory == tmp_path
    assert (settings.emulator_port, settings.cache_port, settings.identity_port) == (0, 0, 0)


def test_a_control_socket_fits_the_systems_limit_however_deep_the_folder_is(tmp_path: Path) -> None:
    deep = LocalSettings.from_environ({}, tmp_path / ("a" * 60) / ("b" * 60))
    deeper = LocalSettings.from_environ({}, tmp_path / ("a" * 60) / ("c" * 60))
    assert len(str(deep.socket)) <= 100
    assert deep.socket != deeper.socket
