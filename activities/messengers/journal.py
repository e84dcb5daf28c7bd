"""The journal messenger: each alert is one line of a file in the home folder, and a warning in the worker's log."""

import asyncio
import fcntl
import os
from pathlib import Path

import structlog

from schema.alert import Alert


class JournalMessenger:
    """Implements the `Messenger` port with `alerts.jsonl`; several workers may share it."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def tell(self, alert: Alert) -> None:
        """Append the alert unless its id is there already."""
        if await asyncio.to_thread(self._append, alert):
            structlog.get_logger().warning("alert", kind=alert.kind, line=alert.line, alert=alert.alert_id)

    def _append(self, alert: Alert) -> bool:
        self._outbox.mkdir(parents=True, exist_ok=True)
        with (self._outbox / "alerts.jsonl").open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            journal.seek(0)
            written = journal.read()
            whole = written[: written.rfind(b"\n") + 1]
            if any(Alert.model_validate_json(line).alert_id == alert.alert_id for line in whole.splitlines()):
                return False
            journal.truncate(len(whole))  # a line that was cut short by a crash was never delivered
            journal.write(alert.model_dump_json(exclude={"delivered_at"}).encode() + b"\n")
            journal.flush()
            os.fsync(journal.fileno())
        return True
