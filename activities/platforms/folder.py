"""The folder platform: each post is a folder, ready to be uploaded by hand. It works without keys or network.

The item's folder appears in the outbox in one exclusive step, so a second post of the same item cannot exist. Each
post is also one line of `journal.jsonl`, which is the platform's own count.
"""

import asyncio
import fcntl
import json
import os
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.platforms.port import Live, Post
from schema.failure import NoEffect

_NEWEST_BYTES = 1_000_000
"""Of the journal: some 4,000 posts, among which a look-up may have written this one while its maker stood still."""


class FolderPlatform:
    """Implements the `Platform` port with an outbox folder."""

    name = "folder"

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def post(self, post: Post) -> Live:
        """Publish, once. Raises `NoEffect` where the item's folder is already there, posted by somebody else."""
        return await asyncio.to_thread(self._post, post)

    async def find(self, item_id: str, operation_id: str) -> Live | None:
        """Return the post behind the marker; None proves that there is none."""
        return await asyncio.to_thread(self._find, item_id, operation_id)

    async def has_post_of(self, item_id: str) -> bool:
        """Return whether the item's folder is in the outbox."""
        return await asyncio.to_thread((self._outbox / item_id / "post.json").exists)

    def _post(self, post: Post) -> Live:
        self._outbox.mkdir(parents=True, exist_ok=True)
        prepared = self._outbox / f".{post.item_id}.{uuid.uuid4().hex[:8]}.part"
        prepared.mkdir()
        try:
            try:
                self._prepare(post, prepared)
            except OSError as error:
                raise NoEffect(f"the post could not be prepared: {error}", repeatable=True) from error
            self._reveal(prepared, post)
        finally:
            shutil.rmtree(prepared, ignore_errors=True)
        self._journal(post.item_id, post.operation_id, post.sha256, looking_back=_NEWEST_BYTES)
        return self._live(post.item_id, post.operation_id)

    def _prepare(self, post: Post, folder: Path) -> None:
        shutil.copyfile(post.video, folder / "video.mp4")
        shutil.copyfile(post.thumbnail, folder / "thumbnail.jpg")
        (folder / "caption.txt").write_text(post.caption + "\n", encoding="utf-8")
        record: dict[str, Any] = {
            "operation_id": post.operation_id,
            "item_id": post.item_id,
            "account_id": post.account_id,
            "title": post.title,
            "caption": post.caption,
            "video_sha256": post.sha256,
            "stand_in": post.stand_in,
            "posted_at": datetime.now(UTC).isoformat(),
        } | post.metadata
        (folder / "post.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        for file in folder.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())

    def _reveal(self, prepared: Path, post: Post) -> None:
        """Rename onto the item's name, which fails where a folder with content is already there."""
        try:
            os.rename(prepared, self._outbox / post.item_id)
        except OSError as error:
            if (self._outbox / post.item_id).exists():
                raise NoEffect(f"outbox/{post.item_id} is already there", repeatable=False) from error
            raise

    def _find(self, item_id: str, operation_id: str) -> Live | None:
        try:
            record = json.loads((self._outbox / item_id / "post.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if record["operation_id"] != operation_id:
            return None
        self._journal(item_id, operation_id, record["video_sha256"], looking_back=None)
        return self._live(item_id, operation_id)

    def _journal(self, item_id: str, operation_id: str, sha256: str, *, looking_back: int | None) -> None:
        """Append the post unless one of the last `looking_back` bytes' lines has it; None looks at all of them.

        A crash may have come between the folder and its line, and then the look-up has written it.
        """
        self._outbox.mkdir(parents=True, exist_ok=True)
        with (self._outbox / "journal.jsonl").open("a+b") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            size = journal.seek(0, os.SEEK_END)
            journal.seek(0 if looking_back is None else max(size - looking_back, 0))
            if any(f'"{operation_id}"'.encode() in line for line in journal):
                return
            entry = {
                "event": "posted",
                "item_id": item_id,
                "operation_id": operation_id,
                "video_sha256": sha256,
                "at": datetime.now(UTC).isoformat(),
            }
            journal.write(json.dumps(entry).encode() + b"\n")
            journal.flush()
            os.fsync(journal.fileno())

    def _live(self, item_id: str, operation_id: str) -> Live:
        return Live(post_id=operation_id, uri=(self._outbox / item_id).as_uri())
