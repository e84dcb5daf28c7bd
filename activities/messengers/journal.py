"""The journal messenger: each alert is one line of a file in the home folder, and a warning in the worker's log."""

import asyncio
import fcntl
import json
import os
from pathlib import Path
from typing import BinaryIO

import structlog

from schema.alert import Alert


class JournalMessenger:
    """Implements the `Messenger` port with `alerts.jsonl`; several workers may share it."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox
        self._told: set[str] = set()
        """The ids in the file, as far as it was read."""
        self._read_bytes = 0
        self._inode: int = 0

    async def tell(self, alert: Alert) -> None:
        """Append the alert unless its id is there already."""
        if await asyncio.to_thread(self._append, alert):
            structlog.get_logger().warning("alert", kind=alert.kind, line=alert.line, alert=alert.alert_id)

    def _append(self, alert: Alert) -> bool:
        self._outbox.mkdir(parents=True, exist_ok=True)
        with (self._outbox / "alerts.jsonl").open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            self._catch_up(journal)
            if alert.alert_id in self._told:
                return False
            journal.truncate(self._read_bytes)  # a line that was cut short by a crash was never delivered
            journal.write(alert.model_dump_json(exclude={"delivered_at"}).encode() + b"\n")
            journal.flush()
            os.fsync(journal.fileno())
        return True

    def _catch_up(self, journal: BinaryIO) -> None:
        """Read the whole lines that were added since; a file that was put in its place is read from its beginning."""
        found = os.fstat(journal.fileno())
        if found.st_ino != self._inode or found.st_size < self._read_bytes:
            self._told.clear()
            self._read_bytes, self._inode = 0, found.st_ino
        journal.seek(self._read_bytes)
        written = journal.read()
        whole = written[: written.rfind(b"\n") + 1]
        self._told |= {alert_id for line in whole.split(b"\n") if (alert_id := _id_in(line))}
        self._read_bytes += len(whole)


def _id_in(line: bytes) -> str:
    """Return whose line this is; empty for one that cannot be read: it stays as it is, and silences no other."""
    try:
        return str(json.loads(line)["alert_id"])
    except (ValueError, TypeError, KeyError):
        return ""
