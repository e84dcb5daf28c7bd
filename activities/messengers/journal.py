"""The journal messenger: each message is a line of a file, and a warning in the worker's log."""

import asyncio
import fcntl
import json
import os
from pathlib import Path

import structlog

from schema.reviews.message import Message

_NEWEST_BYTES = 1_000_000
"""Of the file: some 2,000 messages, among which is one whose delivery was not written down before a crash."""
_SHOWN = {"message_id", "kind", "recipient", "account_id", "line", "created_at"}


class JournalMessenger:
    """Implements the `Messenger` port with `alerts.jsonl`; several workers may share it."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def tell(self, message: Message) -> str:
        """Append the message unless its id is among the newest lines; return where in the file it begins."""
        begins, is_new = await asyncio.to_thread(self._append, message)
        if is_new:
            structlog.get_logger().warning(
                "alert", kind=message.kind, line=message.line, alert=message.message_id
            )
        return f"alerts.jsonl:{begins}"

    def _append(self, message: Message) -> tuple[int, bool]:
        self._outbox.mkdir(parents=True, exist_ok=True)
        line = message.model_dump_json(include=_SHOWN).encode() + b"\n"
        beginning = f'{{"message_id":{json.dumps(message.message_id, ensure_ascii=False)},'.encode()
        with (self._outbox / "alerts.jsonl").open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            size = journal.seek(0, os.SEEK_END)
            place = journal.seek(max(size - _NEWEST_BYTES, 0))
            *whole, _ = journal.read().split(b"\n")
            for told in whole:
                if told.startswith(beginning):
                    return place, False
                place += len(told) + 1
            journal.truncate(place)  # what follows was cut short by a crash, and never delivered
            journal.write(line)
            journal.flush()
            os.fsync(journal.fileno())
        return place, True
