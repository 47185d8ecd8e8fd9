"""Sign-ins on disk: a file for each profile, readable by its owner only. A profile belongs to one tenant."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from zebros.auth.tokens import Tokens
from zebros.errors import ConfigurationError

__all__ = ["Profile", "ProfileStore", "config_folder"]

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


@dataclass(frozen=True, slots=True)
class Profile:
    """Who is signed in where. `client_secret` is set for integrations, which have no refresh token."""

    name: str
    api_url: str
    issuer: str
    client_id: str
    tokens: Tokens
    client_secret: str | None = None


def config_folder(environ: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """`$XDG_CONFIG_HOME/zebros`, else `~/.config/zebros`; `%APPDATA%\\zebros` on Windows."""
    if platform == "win32" and environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "zebros"
    xdg = environ.get("XDG_CONFIG_HOME", "")
    # The specification: a relative path there is invalid and ignored.
    if Path(xdg).is_absolute():
        return Path(xdg) / "zebros"
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".config" / "zebros"


def _silent(text: str) -> None:
    """Nobody to tell."""


class ProfileStore:
    """The profiles in a folder. `warn` is told of files that were open to other users, and are no more."""

    def __init__(self, folder: Path, *, warn: Callable[[str], None] = _silent) -> None:
        self._folder = folder
        self._warn = warn

    def names(self) -> list[str]:
        """The profiles' names in order."""
        return sorted(path.stem for path in (self._folder / "profiles").glob("*.json"))

    def current(self) -> str | None:
        """The profile that was signed in to last, if it is still there."""
        name = self._settings().get("profile")
        return name if name in self.names() else None

    def settings(self) -> Mapping[str, str]:
        """`config.json`: `profile`, and optionally `api_url` and `issuer` for new sign-ins."""
        return self._settings()

    def check_name(self, name: str) -> None:
        """Raise ConfigurationError for a name that no profile can have."""
        self._path(name)

    def load(self, name: str) -> Profile | None:
        """The profile, or None. Raises ConfigurationError when its file is damaged or another user's."""
        path = self._path(name)
        try:
            self._close_to_others(path)
            raw = json.loads(path.read_text(encoding="utf-8"))
            tokens = Tokens(**raw["tokens"])
            return Profile(**{name: value for name, value in raw.items() if name != "tokens"}, tokens=tokens)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"{path} is damaged; sign in again with: zebros login --profile {name}"
            ) from error

    def save(self, profile: Profile, *, make_current: bool = False) -> None:
        """Write the profile, whole or not at all."""
        self._write_private(self._path(profile.name), json.dumps(asdict(profile), indent=2))
        if make_current:
            self._save_settings({**self._settings(), "profile": profile.name})

    def remove(self, name: str) -> bool:
        """Forget the profile; False when there was none."""
        existed = self._path(name).exists()
        self._path(name).unlink(missing_ok=True)
        settings = self._settings()
        if settings.get("profile") == name:
            left = self.names()
            kept = {key: value for key, value in settings.items() if key != "profile"}
            self._save_settings({**kept, "profile": left[0]} if left else kept)
        return existed

    @contextmanager
    def locked(self, name: str) -> Generator[None]:
        """Hold the profile against other processes: a refresh token is good for one renewal only."""
        path = self._path(name).with_suffix(".lock")
        with _told(path):
            self._make_folders()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)  # which lets the lock go

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ConfigurationError(
                f"{name!r} cannot name a profile: letters, digits, dots, dashes, underscores"
            )
        return self._folder / "profiles" / f"{name}.json"

    def _settings(self) -> dict[str, str]:
        path = self._folder / "config.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return {str(key): str(value) for key, value in raw.items()}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (ValueError, AttributeError) as error:
            raise ConfigurationError(f"{path} is damaged; correct it or remove it") from error

    def _save_settings(self, settings: Mapping[str, str]) -> None:
        self._write_private(self._folder / "config.json", json.dumps(settings, indent=2))

    def _make_folders(self) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, self._folder / "profiles"):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._close_to_others(folder)

    def _close_to_others(self, path: Path) -> None:
        """Take away what other users may do with it. Raises ConfigurationError when it is another user's."""
        if sys.platform == "win32":
            return  # there the user's own folder is what protects it
        known = path.stat()
        if os.geteuid() not in {0, known.st_uid}:
            raise ConfigurationError(f"{path} belongs to another user; remove it, then: zebros login")
        if stat.S_IMODE(known.st_mode) & 0o077:
            path.chmod(0o700 if path.is_dir() else 0o600)
            if path.is_file():
                self._warn(
                    f"{path} could be read by other users of this machine; now only by you. If somebody may"
                    " have: zebros logout, then zebros login"
                )

    def _write_private(self, path: Path, text: str) -> None:
        """Write beside and rename: never seen half written, nor readable by others for a moment."""
        with _told(path):
            self._make_folders()
            descriptor, draft = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".new", dir=path.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as out:
                    out.write(text + "\n")
                    out.flush()
                    os.fsync(out.fileno())
                Path(draft).replace(path)
            finally:
                Path(draft).unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Generator[None]:
    """Say which file the system does not let us write."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"cannot write {path} ({error.strerror or error})") from error


def _lock(descriptor: int) -> None:
    """Wait for the file, and keep it until it is closed."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    import errno
    import msvcrt

    while True:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            return
        except OSError as error:
            if error.errno != errno.EDEADLK:  # what it says after ten seconds of waiting
                raise
