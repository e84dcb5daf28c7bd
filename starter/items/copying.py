"""Copies a person's files into storage: all of them or nothing, and only where there is room."""

import contextlib
import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from threading import Event
from typing import IO

from activities.film_scene import FEWEST_FREE_BYTES
from activities.media.probe import readable
from activities.storage import file_keys
from activities.storage.folder import FolderStorage
from schema.failure import Fault, Trouble
from schema.items.plan import StoredClip

_CHUNK_BYTES = 4 * 1024 * 1024
_SAID_EVERY_S = 2.0
_SCRATCH = "bringing"
_UNDER_WAY = f"{file_keys.SCRATCH}/{_SCRATCH}"
"""Where each item has a folder while its files are copied: what is left there was broken off."""


class Stopped(Exception):
    """The person does not want it any more."""


class Copying:
    """One item's files on their way into storage."""

    def __init__(
        self,
        storage: FolderStorage,
        item_id: str,
        files: Mapping[str, Path],
        tell: Callable[[str], None],
        stop: Event,
    ) -> None:
        """`files` by the names that they get in storage."""
        self._storage = storage
        self._item_id = item_id
        self._files = files
        self._tell = tell
        self._stop = stop
        self._states = {name: _state(path) for name, path in files.items()}
        self._total = sum(size for size, _ in self._states.values())

    def require_disk_space(self) -> None:
        """Raise `Trouble` (`disk_full`) where the copies would leave too little for everything else."""
        sweep(self._storage)
        free = self._storage.free_bytes()
        if free < self._total + FEWEST_FREE_BYTES:
            raise Trouble(
                Fault.DISK_FULL,
                f"your files take {self._total / 1e6:,.0f} MB, {FEWEST_FREE_BYTES / 1e6:,.0f} MB must stay free for "
                f"the work, and only {free / 1e6:,.0f} MB are free on the disk: make some room and try again",
            )

    def copy(self) -> dict[str, StoredClip]:
        """Copy all of them, and return what lies where; nothing stays where that is broken off."""
        self.require_disk_space()
        copied: dict[str, StoredClip] = {}
        with _under_way(self._storage, self._item_id) as folder:
            try:
                for name in self._files:
                    copied[name] = self._copy(name, folder / name)
                for name, footage in copied.items():
                    self._storage.promote(folder / name, footage.key)
            except BaseException as error:  # whatever ends it, nothing stays; it is raised again
                discard(self._storage, self._item_id)
                if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise Trouble(
                        Fault.DISK_FULL, "no room left on the disk for your files: make some and try again"
                    ) from error
                raise
        return copied

    def _copy(self, name: str, to: Path) -> StoredClip:
        source = self._files[name]
        shown = readable(source.name)
        digest = hashlib.sha256()
        done, told_at = 0, time.monotonic()
        with _opened(source, shown) as file, to.open("wb") as copy:
            while chunk := _read(file, shown):
                if self._stop.is_set():
                    raise Stopped
                copy.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if time.monotonic() - told_at > _SAID_EVERY_S:
                    told_at = time.monotonic()
                    self._tell(f"copying {shown}: {done / max(1, self._states[name][0]):.0%}")
        if _state(source) != self._states[name]:
            raise Trouble(
                Fault.BAD_FOOTAGE, f"{shown!r} changed while it was read: wait until it is written, try again"
            )
        return StoredClip(
            key=file_keys.brought(self._item_id, name),
            sha256=digest.hexdigest(),
            size_bytes=done,
            original_name=shown,
        )


def discard(storage: FolderStorage, item_id: str) -> None:
    """Remove the copies of an item that has not begun."""
    storage.remove(file_keys.raw_folder(item_id))


def sweep(storage: FolderStorage) -> None:
    """Remove what copyings have left that were killed: their process is gone, and their item never began."""
    with _locked(storage) as home:
        for folder in home.iterdir():
            if (lock := _lock(folder, at_once=True)) is not None:
                discard(storage, folder.name)
                storage.remove(f"{_UNDER_WAY}/{folder.name}")
                os.close(lock)


@contextlib.contextmanager
def _under_way(storage: FolderStorage, item_id: str) -> Generator[Path]:
    """Give a folder for half copies, locked for as long as this process lives."""
    with _locked(storage) as home:
        folder = home / item_id
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = _lock(folder, at_once=False)
    try:
        yield folder
    finally:
        storage.remove(f"{_UNDER_WAY}/{item_id}")
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def _locked(storage: FolderStorage) -> Generator[Path]:
    """Lock the folder of all that is under way; it may have been removed and made anew while we waited."""
    while (lock := _lock(home := storage.scratch(_SCRATCH), at_once=False)) is None:
        pass
    try:
        yield home
    finally:
        with contextlib.suppress(OSError):
            home.rmdir()  # only where nothing is under way
        os.close(lock)


def _lock(folder: Path, *, at_once: bool) -> int | None:
    """Return a lock on a folder; None where it is gone or, with `at_once`, where another process has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if at_once else 0))
        if os.fstat(descriptor).st_ino == folder.stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


@contextlib.contextmanager
def _opened(source: Path, shown: str) -> Generator[IO[bytes]]:
    try:
        file = source.open("rb")
    except OSError as error:
        raise _unreadable(shown, error) from error
    with file:
        yield file


def _read(file: IO[bytes], shown: str) -> bytes:
    try:
        return file.read(_CHUNK_BYTES)
    except OSError as error:
        raise _unreadable(shown, error) from error


def _unreadable(shown: str, error: OSError) -> Trouble:
    return Trouble(
        Fault.BAD_FOOTAGE, f"{shown!r} cannot be read ({error.strerror}): copy it elsewhere and bring that"
    )


def _state(path: Path) -> tuple[int, int]:
    """Return what changes when a file is written to."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns
