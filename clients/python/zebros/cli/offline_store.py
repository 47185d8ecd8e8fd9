"""Where a person's offline copy is on this machine, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zebros.cli.runtime import runtime_of

if TYPE_CHECKING:
    from zebros.offline import OfflineStore

__all__ = ["FolderOption", "data_folder", "open_store"]

FolderOption = Annotated[
    Path | None,
    typer.Option("--folder", help="Where the copy is; a folder of the profile's own if not given."),
]


def data_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_DATA_HOME/zebros`, else `~/.local/share/zebros`; `%LOCALAPPDATA%\\zebros` on Windows."""
    if environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"]) / "zebros"
    xdg = environ.get("XDG_DATA_HOME", "")
    # The specification: a relative path there is invalid and ignored.
    if Path(xdg).is_absolute():
        return Path(xdg) / "zebros"
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".local" / "share" / "zebros"


def open_store(ctx: typer.Context, folder: Path | None, profile: str | None) -> OfflineStore:
    """Open the copy of whoever is signed in; no network is needed for that.

    Raises SignInError when nobody is, StoreError for a copy that is somebody else's.
    """
    from zebros.auth.tokens import claims_of
    from zebros.offline import OfflineStore

    runtime = runtime_of(ctx)
    static = runtime.token_given(profile)
    if static:
        token, name = static, "token"
    else:
        signed_in = runtime.signed_in(profile)
        token, name = signed_in.tokens.access_token, signed_in.name
    claims = claims_of(token)
    owner = f"{claims.get('tenant_id', '')}/{claims.get('sub', '')}"
    where = folder or data_folder(runtime.environ) / "offline" / name
    return OfflineStore.open(where, owner=owner)
