"""The journal messenger: each alert is one line of a file in the home folder, and a warning in the worker's log."""

import asyncio
import fcntl
import json
import os
from pathlib import Path

import structlog

from schema.reviews.alert import Alert

_NEWEST_BYTES = 1_000_000
"""Of the file: some 2,000 alerts, among which is one whose delivery was not written down before a crash."""


class JournalMessenger:
    """Implements the `Messenger` port with `alerts.jsonl`; several workers may share it."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def tell(self, alert: Alert) -> None:
        """Append the alert unless its id is among the newest lines."""
        if await asyncio.to_thread(self._append, alert):
            structlog.get_logger().warning("alert", kind=alert.kind, line=alert.line, alert=alert.alert_id)

    def _append(self, alert: Alert) -> bool:
        self._outbox.mkdir(parents=True, exist_ok=True)
        line = alert.model_dump_json(exclude={"delivered_at"}).encode() + b"\n"
        beginning = f'{{"alert_id":{json.dumps(alert.alert_id, ensure_ascii=False)},'.encode()
        with (self._outbox / "alerts.jsonl").open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            size = journal.seek(0, os.SEEK_END)
            journal.seek(max(size - _NEWEST_BYTES, 0))
            *whole, cut_short = journal.read().split(b"\n")
            if any(told.startswith(beginning) for told in whole):
                return False
            journal.truncate(size - len(cut_short))  # it was cut short by a crash, and never delivered
            journal.write(line)
            journal.flush()
            os.fsync(journal.fileno())
        return True
