"""What the operating system knows of a process: `/proc` where there is one, else `ps`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self/stat").exists()
_START_TIME = 19
"""In clock ticks: field 22 of /proc/{pid}/stat, of which the name and what precedes it are cut off."""


def beginning_of(pid: int) -> str:
    """When a live process began, comparable with itself only; empty for one that is gone or only waits to be buried."""
    if not _HAS_PROC:
        state, _, began = _ps(pid, "stat=,lstart=").partition(" ")
        return "" if state.startswith("Z") else began.strip()
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[_START_TIME]


def resident_bytes(pid: int) -> int:
    """How much memory a process has in use; 0 for one that is gone."""
    if not _HAS_PROC:
        return int(_ps(pid, "rss=") or 0) * 1024
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _ps(pid: int, columns: str) -> str:
    command = ["ps", "-o", columns, "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
