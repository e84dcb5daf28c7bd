"""The scenes that an account has bought, found again by their very requests: they are not bought twice."""

import asyncio
import hashlib
import shutil
import uuid
from pathlib import Path

from activities.storage.port import Storage
from activities.store.port import Store
from schema.money import Book
from schema.operation import Operation
from schema.scene import Take


class Shelf:
    """What was bought before, given where it is written down and where it lies."""

    def __init__(self, store: Store, storage: Storage) -> None:
        self._store = store
        self._storage = storage

    async def bring(self, operation: Operation, scene: int, request_sha256: str) -> Take | None:
        """Bring what the account has bought by this request to the item's own files, at no cost.

        None where it has bought no such thing, or where the file is gone or no longer the same.
        """
        found = await self._store.take_of_request(operation.account_id, request_sha256, operation.book)
        if found is None:
            return None
        key = key_of(operation.item_id, operation.round, scene)
        if not await asyncio.to_thread(self._copy, found, operation.item_id, key):
            return None
        return found.model_copy(
            update={
                "scene": scene,
                "key": key,
                "cost_microusd": 0,
                "operation_id": None,
                "kept_from": found.operation_id,
                "stand_in": operation.book is Book.SIMULATED,
            }
        )

    def _copy(self, take: Take, item_id: str, key: str) -> bool:
        """Bring an earlier clip to another key, if it is still there and the same; blocks."""
        copy = self._storage.scratch(item_id) / f"kept-{uuid.uuid4().hex}.mp4"
        try:
            shutil.copyfile(self._storage.local(take.key), copy)
        except FileNotFoundError:
            return False
        if digest_of(copy)[0] != take.sha256:
            copy.unlink()
            return False
        self._storage.promote(copy, key)
        return True


def key_of(item_id: str, round_number: int, scene: int) -> str:
    """Return where the clip of a scene lies in storage."""
    return f"content/{item_id}/raw/r{round_number}-s{scene}.mp4"


def digest_of(path: Path) -> tuple[str, int]:
    """Return a file's SHA-256 and its size in bytes; blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
