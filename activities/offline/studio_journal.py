"""The offline studio's journal: one line per effect, on disk before the answer is sent.

It is what a proof counts: how often a job was submitted and charged, told by the vendor and not by us.
"""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from schema.payload import Payload

Effect = Literal["submitted", "charged", "cancelled", "refunded", "finished", "failed"]


class Line(Payload):
    """One effect on one job."""

    effect: Effect
    request_id: str
    marker: str
    """The caller's own id for what it wants; the studio does not look at it."""
    model: str
    prompt_sha256: str
    price_microusd: int
    """What this line moves: a charge, a refund; for the other effects the price of the job."""
    at: datetime
    reason: str = ""
    """Why it failed; empty otherwise."""
    order: dict[str, Any] = Field(default_factory=dict[str, Any])
    """The order's own words, in the line `submitted`: a restarted studio paints from them."""

    @property
    def text(self) -> str:
        """The line as it is written, without its newline."""
        return json.dumps(self.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def now() -> datetime:
    """The time a line is written at."""
    return datetime.now(UTC)


def read_journal(path: Path) -> list[Line]:
    """Return all lines, oldest first; none where there is no journal yet.

    A last line without its newline was never answered for (the studio died while writing it), so it does not count.
    Raises `ValueError` for any other line that cannot be read: a book with a hole proves nothing.
    """
    if not path.exists():
        return []
    whole = path.read_text("utf-8", errors="replace").split("\n")[:-1]
    return [Line.model_validate_json(text) for text in whole]


class Journal:
    """Appends lines; many writers at once share one fsync."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._writing = asyncio.Lock()
        _drop_torn_end(path)
        self._file = path.open("ab", buffering=0)
        _sync_folder(path.parent)

    async def append(self, *lines: Line) -> None:
        """Write the lines, together and in order; they are on disk when this returns.

        Raises `OSError` where they could not be written, for instance because the disk is full.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(("".join(f"{line.text}\n" for line in lines), done))
        async with self._writing:
            batch, self._waiting = self._waiting, []
            if batch:
                await self._write(batch)
        await done

    async def _write(self, batch: list[tuple[str, asyncio.Future[None]]]) -> None:
        try:
            await asyncio.to_thread(self._to_disk, "".join(text for text, _ in batch).encode())
        except OSError as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    def _to_disk(self, data: bytes) -> None:
        before = self._file.tell()
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(before)  # no answer was sent for these lines
            self._file.seek(before)
            raise

    def close(self) -> None:
        """Close the file; lines that were appended stay."""
        self._file.close()


def _drop_torn_end(path: Path) -> None:
    if not path.exists():
        return
    with path.open("r+b") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
