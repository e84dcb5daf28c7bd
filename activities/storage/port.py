"""Where an item's files lie."""

from datetime import timedelta
from io import BufferedReader
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Files by key, e.g. `content/<item>/final.mp4`. Blocking: call it from a thread.

    A key is made by us from ids: parts of `[a-z0-9._-]`, joined by `/`, never `..`; anything else is a
    `ValueError`. `OSError` with `ENOSPC` means that the disk is full.
    """

    def scratch(self, item_id: str) -> Path:
        """Return an existing private folder for half-made files of the item, on the same disk."""
        ...

    def open(self, key: str) -> BufferedReader:
        """Open a file to be read as a stream; `FileNotFoundError` where there is none."""
        ...

    def local(self, key: str) -> Path:
        """Return the file as a path on this machine; `FileNotFoundError` where there is none."""
        ...

    def promote(self, made: Path, key: str) -> None:
        """Move a finished, checked file to its key, replacing what is there, in one step."""
        ...

    def copy(self, source_key: str, key: str) -> None:
        """Give a stored file a second key, replacing what is there, in one step; `FileNotFoundError` where none is."""
        ...

    def write_text(self, key: str, text: str) -> None:
        """Write a small file in one step."""
        ...

    def read_text(self, key: str) -> str:
        """Return a small file; `FileNotFoundError` where there is none."""
        ...

    def free_bytes(self) -> int:
        """Return how much more can be stored."""
        ...

    def location(self, key: str) -> str:
        """Return where the file lies, for people: a path, or a bucket and a key."""
        ...

    def address(self, key: str, lifetime: timedelta) -> str:
        """Return a signed address that lets its holder read the file until `lifetime` has passed.

        Raises `FileNotFoundError` where there is no file, and `ValueError` for a lifetime of over seven days.
        """
        ...

    def delete(self, key: str) -> None:
        """Delete one file; no error where there is none."""
        ...

    def delete_item(self, item_id: str) -> None:
        """Delete everything of an item, half-made files among that; no error where there is nothing."""
        ...
