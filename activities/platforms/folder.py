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
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.platforms.port import Live, Post, PostSighting, Prepared
from schema.failure import NoEffect

_HIDDEN = ".part"
_NEWEST_BYTES = 1_000_000
"""Of the journal: some 4,000 posts, among which a look-up may have written this one while its maker stood still."""


class FolderPlatform:
    """Implements the `Platform` port with an outbox folder.

    What is prepared is a hidden folder beside the items' own, named after the item and the id of the post to be.
    """

    name = "folder"
    surface = "outbox"
    continues = True

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    async def own_account(self, account_id: str) -> str:
        """Return our own name of the account: the outbox has no other."""
        return account_id

    async def prepare(self, post: Post) -> Prepared:
        """Copy the files into a hidden folder, the only one of its item. Raises `NoEffect` where a disk refuses."""
        return Prepared(handle=await asyncio.to_thread(self._prepare, post))

    async def commit(self, post: Post, handle: str) -> Live:
        """Reveal the folder. Raises `NoEffect` where another post of the item is there, or the folder has gone."""
        return await asyncio.to_thread(self._commit, post, handle)

    async def check(self, handle: str) -> PostSighting:
        """Return the post that a hidden folder has become; without one, whether it can still become it."""
        return await asyncio.to_thread(self._check, handle)

    async def find(self, item_id: str, operation_id: str | None = None) -> PostSighting:
        """Return the post in the item's folder, where it is that of the operation or none was named."""
        return await asyncio.to_thread(self._find, item_id, operation_id)

    def _prepare(self, post: Post) -> str:
        post_id = uuid.uuid4().hex[:12]
        handle = f".{post.item_id}.{post_id}{_HIDDEN}"
        folder = self._outbox / handle
        for left in self._outbox.glob(f".{post.item_id}.*{_HIDDEN}"):  # of a crash, or of an earlier attempt
            shutil.rmtree(left, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
            self._fill(folder, post, post_id)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise NoEffect(f"the post could not be prepared: {error}", repeatable=True) from error
        return handle

    def _fill(self, folder: Path, post: Post, post_id: str) -> None:
        shutil.copyfile(post.video, folder / "video.mp4")
        if post.thumbnail:
            shutil.copyfile(post.thumbnail, folder / "thumbnail.jpg")
        (folder / "caption.txt").write_text(post.caption + "\n", encoding="utf-8")
        record: dict[str, Any] = {
            "post_id": post_id,
            "operation_id": post.operation_id,
            "item_id": post.item_id,
            "account_id": post.account_id,
            "title": post.title,
            "caption": post.caption,
            "video_sha256": post.sha256,
            "stand_in": post.stand_in,
            "prepared_at": datetime.now(UTC).isoformat(),
        } | post.metadata
        (folder / "post.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        for file in folder.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())

    def _commit(self, post: Post, handle: str) -> Live:
        """Rename onto the item's name, which fails where a folder with content is already there."""
        try:
            os.rename(self._outbox / handle, self._outbox / post.item_id)
        except OSError as error:
            found = self._check(handle)
            if found.live:
                return found.live
            if found.authoritative:
                there = (self._outbox / post.item_id).exists()
                shutil.rmtree(self._outbox / handle, ignore_errors=True)
                line = f"outbox/{post.item_id} is already there" if there else f"outbox/{handle} has gone"
                raise NoEffect(line, repeatable=not there) from error
            raise
        self._journal(post.item_id, post.operation_id, post.sha256, looking_back=_NEWEST_BYTES)
        return self._live(post.item_id, _post_id_of(handle))

    def _check(self, handle: str) -> PostSighting:
        hidden = (
            self._outbox / handle
        ).exists()  # asked first: what has gone by now is in the item's folder already
        record = self._record(handle.removeprefix(".").partition(".")[0])
        if record is not None and record["post_id"] == _post_id_of(handle):
            return self._seen(record)
        return PostSighting(authoritative=record is not None or not hidden)

    def _find(self, item_id: str, operation_id: str | None) -> PostSighting:
        record = self._record(item_id)
        if record is None or operation_id not in (None, record["operation_id"]):
            return PostSighting(authoritative=True)
        return self._seen(record)

    def _record(self, item_id: str) -> dict[str, Any] | None:
        """Return what an item's folder says of its post; None where there is no such folder."""
        try:
            return json.loads((self._outbox / item_id / "post.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def _seen(self, record: Mapping[str, Any]) -> PostSighting:
        item_id = str(record["item_id"])
        self._journal(item_id, record["operation_id"], record["video_sha256"], looking_back=None)
        return PostSighting(live=self._live(item_id, record["post_id"]), seen=True)

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

    def _live(self, item_id: str, post_id: str) -> Live:
        return Live(post_id=post_id, uri=(self._outbox / item_id).as_uri())


def _post_id_of(handle: str) -> str:
    return handle.removesuffix(_HIDDEN).rpartition(".")[2]
