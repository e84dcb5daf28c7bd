"""Log files of the children: written by them, kept small by us, followed by people."""

import os
import re
import shutil
import time
from collections.abc import Generator, Sequence
from io import FileIO
from pathlib import Path

from schema.failure import Fault, Trouble

MAX_BYTES = 10_000_000
KEPT = 3


def open_log(path: Path) -> FileIO:
    """Open a log for a child to append to, after moving a full one aside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MAX_BYTES:
        _rotate(path)
        path.rename(_numbered(path, 1))
    return path.open("ab", buffering=0)


def shrink(path: Path) -> None:
    """Move a full log aside while its writer goes on: children append, so they go on at the new start."""
    if path.exists() and path.stat().st_size > MAX_BYTES:
        _rotate(path)
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


def reason(path: Path, since_bytes: int) -> str:
    """The line that says why a process ended, of those it wrote after `since_bytes`; empty where it wrote none.

    That is the first one of PostgreSQL that calls itself fatal, since it goes on talking, and else the last one.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(since_bytes, path.stat().st_size - 65_536))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    except OSError:
        return ""
    fatal = [line for line in lines if re.search(r"\b(FATAL|PANIC):", line)]
    return (fatal or [line for line in lines[::-1] if line] or [""])[0][:500]


def _rotate(path: Path) -> None:
    for number in range(KEPT, 0, -1):
        if _numbered(path, number).exists():
            _numbered(path, number).rename(_numbered(path, number + 1))
    _numbered(path, KEPT + 1).unlink(missing_ok=True)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def tail(logs: Path, names: Sequence[str] = (), *, lines: int = 20, follow: bool = False) -> Generator[str]:
    """The last `lines` lines of each log, each with its name in front; with `follow`, new ones for ever.

    `logs` is the home's folder of logs; no `names` means all of them, those that appear later included.
    Raises `Trouble` for a name that has no log.
    """
    for name in names:
        if not (logs / f"{name}.log").exists():
            known = ", ".join(sorted(path.stem for path in logs.glob("*.log"))) or "none yet"
            raise Trouble(Fault.BAD_INPUT, f"there is no log of {name!r}; there are: {known}")
    readers: dict[str, _Reader] = {}
    first = True
    while first or follow:
        for path in sorted(logs.glob("*.log")):
            if path.stem not in readers and (not names or path.stem in names):
                readers[path.stem] = _Reader(path, lines if first else None)
        width = max((len(name) for name in readers), default=0)
        quiet = True
        for name, reader in readers.items():
            for line in reader.new_lines():
                quiet = False
                yield f"{name:<{width}} | {line}"
        first = False
        if follow and quiet:
            time.sleep(0.2)


class _Reader:
    """Reads what is appended to one log, also after it was moved aside or shrunk."""

    def __init__(self, path: Path, lines: int | None) -> None:
        self._path = path
        self._position = 0 if lines is None else _start_of_last(path, lines)
        self._inode = path.stat().st_ino
        self._rest = b""

    def new_lines(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._position:
                    self._inode, self._position, self._rest = status.st_ino, 0, b""
                file.seek(self._position)
                block = file.read(1_000_000)
        except OSError:
            return []
        self._position += len(block)
        *whole, self._rest = (self._rest + block).split(b"\n")
        return [line.decode(errors="replace") for line in whole]


def _start_of_last(path: Path, lines: int) -> int:
    """Where the last `lines` lines begin, looking at the last million bytes at most."""
    size = path.stat().st_size
    start = max(0, size - 1_000_000)
    with path.open("rb") as file:
        file.seek(start)
        block = file.read(size - start)
    position = len(block)
    for _ in range(lines + 1):
        position = block.rfind(b"\n", 0, position)
        if position < 0:
            return start
    return start + position + 1
