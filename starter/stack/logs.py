"""Log files of the children: written by them, kept small by us, followed by people."""

import shutil
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10_000_000
KEPT = 3


def open_log(path: Path) -> BinaryIO:
    """Open a log for a child to append to, after moving a full one aside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        _make_room(path)
        path.rename(_numbered(path, 1))
    return path.open("ab", buffering=0)


def shrink(path: Path) -> None:
    """Move a full log aside while its writer goes on: children append, so they go on at the new start."""
    if path.exists() and path.stat().st_size > MAX_BYTES:
        _make_room(path)
        shutil.copyfile(path, _numbered(path, 1))
        with path.open("r+b") as file:
            file.truncate(0)


def last_line(path: Path) -> str:
    """The last line that is not empty, for a message; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8_192))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:500]


def _make_room(path: Path) -> None:
    for number in range(KEPT, 0, -1):
        if _numbered(path, number).exists():
            _numbered(path, number).rename(_numbered(path, number + 1))
    _numbered(path, KEPT + 1).unlink(missing_ok=True)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
