"""Files in a folder on this machine."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path

from activities.storage import file_keys, signing

_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)
_SECRET = "cache/addresses.key"
"""Deleting it ends every address that was signed."""
_PART = re.compile(r"[a-z0-9_][a-z0-9._-]*")


class FolderStorage:
    """Implements the `Storage` port below one root folder; nothing outside it is ever opened."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def scratch(self, item_id: str) -> Path:
        """Return an existing private folder for half-made files of the item, on the same disk."""
        folder = self._path(f"{file_keys.SCRATCH}/{item_id}")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def open(self, key: str) -> BufferedReader:
        """Open a file to be read as a stream; `FileNotFoundError` where there is none."""
        return self.local(key).open("rb")

    def local(self, key: str) -> Path:
        """Return the file as a path on this machine; `FileNotFoundError` where there is none."""
        path = self._path(key)
        if path.is_symlink() or not path.is_file():
            raise FileNotFoundError(f"there is no file {key!r} in storage")
        return path

    def promote(self, made: Path, key: str) -> None:
        """Move a finished, checked file to its key, replacing what is there, in one step."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(made, target)
        _sync_folder(target.parent)

    def copy(self, source_key: str, key: str) -> None:
        """Give a stored file a second key in one step: a hard link, or else a copy."""
        source, target = self.local(source_key), self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            made = Path(folder) / target.name
            try:
                os.link(source, made)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                shutil.copyfile(source, made)
            self.promote(made, key)

    def write_text(self, key: str, text: str) -> None:
        """Write a small file in one step."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, target)
        except BaseException:  # no half file stays, whatever came between; it is raised again
            Path(name).unlink(missing_ok=True)
            raise

    def read_text(self, key: str) -> str:
        """Return a small file; `FileNotFoundError` where there is none."""
        return self.local(key).read_text(encoding="utf-8")

    def remove(self, key: str) -> None:
        """Remove a folder, if there is one, and the folders above it that are then empty."""
        folder = self._path(key)
        shutil.rmtree(folder, ignore_errors=True)
        for above in folder.parents:
            if above.parent == self._root or not _is_removed(above):
                return

    def free_bytes(self) -> int:
        """Return how much room the disk has left for us."""
        self._root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free

    def location(self, key: str) -> str:
        """Say where the file lies, or would lie: its path."""
        return str(self._path(key))

    def address(self, key: str, lifetime: timedelta) -> str:
        """Return a signed path and query, to be put behind the address of a door that serves files."""
        self.local(key)
        return signing.signed(self._secret(), key, datetime.now(UTC), lifetime)

    def key_at(self, address: str, now: datetime) -> str:
        """Return the key that a door may serve for this address. Raises `NotSigned` where it may serve nothing."""
        return signing.key_of(self._secret(), address, now)

    def delete(self, key: str) -> None:
        """Delete one file; no error where there is none."""
        self._path(key).unlink(missing_ok=True)

    def delete_item(self, item_id: str) -> None:
        """Delete everything of an item, half-made files among that; no error where there is nothing."""
        for folder in (file_keys.item_folder(item_id), f"{file_keys.SCRATCH}/{item_id}"):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(self._path(folder))

    def _secret(self) -> bytes:
        """Return what addresses are signed with; the first process to need it makes it."""
        path = self._path(_SECRET)
        if (kept := _read_if_there(path)) is not None:
            return kept
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # only we may read it
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            Path(name).unlink()
        return path.read_bytes()

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if not all(_PART.fullmatch(part) for part in parts):
            raise ValueError(f"{key!r} is no storage key")
        return self._root.joinpath(*parts)


def _read_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _is_removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
