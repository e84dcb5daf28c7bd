"""The scenes that an account has bought, found again by their very requests: they are not bought twice."""

import asyncio
import hashlib
import shutil
import uuid
from pathlib import Path

from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from schema.content.scene import Take
from schema.money import Book
from schema.purchases.operation import Operation

MOST_TRIED = 5
"""Clips by the same request, newest first: the file of one may be gone while that of an older one is there."""


class ClipReuse:
    """What was bought before, given where it is written down and where it lies."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._store = store
        self._storage = storage

    async def find(self, operation: Operation, scene: int, request_sha256: str) -> tuple[Take, Path] | None:
        """Return an earlier take of the same request, as one of this item, and a copy of its file.

        The copy lies in scratch until `put`. None where the account has bought no such thing, or where the files of the
        newest ones are gone or no longer the same.
        """
        for found in await self._store.takes_of_request(
            operation.account_id, request_sha256, operation.book, MOST_TRIED
        ):
            if copy := await asyncio.to_thread(self._copy, found, operation.item_id):
                return self._as_of(found, operation, scene), copy
        return None

    def _as_of(self, found: Take, operation: Operation, scene: int) -> Take:
        return found.model_copy(
            update={
                "scene": scene,
                "key": file_keys.take(operation.item_id, operation.round, scene),
                "cost_microusd": 0,
                "operation_id": None,
                "reused_from": found.operation_id,
                "stand_in": operation.book is Book.SIMULATED,
            }
        )

    async def put(self, take: Take, copy: Path) -> None:
        """Move the copy to its place among the item's files."""
        await asyncio.to_thread(self._storage.promote, copy, take.key)

    def _copy(self, take: Take, item_id: str) -> Path | None:
        """Copy an earlier clip, if it is still there and the same; blocks."""
        copy = self._storage.scratch(item_id) / f"kept-{uuid.uuid4().hex}.mp4"
        same = False
        try:
            shutil.copyfile(self._storage.local(take.key), copy)
            same = digest_of(copy)[0] == take.sha256
        except FileNotFoundError:
            return None
        finally:
            if not same:  # a half copy, too, where there was no room for a whole one
                copy.unlink(missing_ok=True)
        return copy if same else None


def digest_of(path: Path) -> tuple[str, int]:
    """Return a file's SHA-256 and its size in bytes; blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
