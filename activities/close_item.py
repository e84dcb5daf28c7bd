"""Close an item: write down how it ended, and name its published video."""

import asyncio
import contextlib
import hashlib
import json
from typing import Any

import structlog
from temporalio import activity

from activities.ledger.crash_points import OFF, CrashPoints
from activities.reviews.port import Closer
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from schema.items.cut import MASTER
from schema.items.item import Ending, ItemResult, ItemState
from schema.money import usd
from schema.reviews.review import Review
from schema.reviews.subject import VIDEO

_PUBLIC = (ItemState.PUBLISHED, ItemState.PARTLY_PUBLISHED)


class Closing:
    """Closing, given the closer, the store and the item's files."""

    def __init__(
        self, closer: Closer, store: Store, storage: Storage, crash_points: CrashPoints = OFF
    ) -> None:
        self._closer = closer
        self._store = store
        self._storage = storage
        self._points = crash_points

    @activity.defn(name="close_item")
    async def close_item(self, ending: Ending) -> ItemResult:
        """End the item in one transaction, then give what was published its final names. May be repeated.

        The row names the final video once that is there; until then it names the cut that was approved.
        """
        result = await self._closer.close_item(ending)
        if result.state in _PUBLIC and (approved := await self._closer.approved_review(result.item_id)):
            final = result.model_copy(update={"video_key": file_keys.final_video(result.item_id)})
            if await asyncio.to_thread(self._name_final, final, approved):
                self._points.reach("final.named")
                await self._store.name_final(result.item_id, file_keys.final_video(result.item_id))
                return final
        await asyncio.to_thread(self._write_metadata, result, result.video_key)
        return result

    def _name_final(self, final: ItemResult, approved: Review) -> bool:
        """Give the approved bytes their final name, as the last step; return False where they are gone. Blocks."""
        video = approved.subject.artifact(VIDEO)
        try:
            with self._storage.open(video.key) as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if sha256 != video.sha256:
                raise FileNotFoundError(f"{video.key!r} is not the file that was approved")
            self._write_metadata(final, video.key)
            thumbnail_key = file_keys.thumbnail_of(video.key)
            self._storage.copy(thumbnail_key, file_keys.final_thumbnail(approved.item_id))
            self._storage.copy(video.key, file_keys.final_video(approved.item_id))
        except FileNotFoundError as error:
            structlog.get_logger().warning(
                f"{approved.item_id} was published, and has no final video: {error}"
            )
            return False
        return True

    def _write_metadata(self, result: ItemResult, cut_key: str | None) -> None:
        """Write what is told of the cut, and how the item ended. Blocks."""
        metadata: dict[str, Any] = {"item_id": result.item_id}
        if cut_key:
            with contextlib.suppress(FileNotFoundError, ValueError):
                metadata = json.loads(self._storage.read_text(file_keys.metadata_of(cut_key)))
        if result.video_key != cut_key and "cut" in metadata:
            thumbnail_key = file_keys.final_thumbnail(result.item_id)
            metadata["cut"]["thumbnail_key"] = thumbnail_key
            for rendition in metadata["cut"]["renditions"]:
                if rendition["role"] == MASTER:
                    rendition["key"] = result.video_key
        metadata["state"] = result.state
        metadata["reason"] = result.reason
        metadata["cost_usd"] = float(usd(result.cost_microusd))
        metadata["book"] = result.book
        metadata["posts"] = [post.model_dump(mode="json") for post in result.posts]
        self._storage.write_text(file_keys.final_metadata(result.item_id), json.dumps(metadata, indent=2))
