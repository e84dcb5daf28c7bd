"""Take up an ended item again: bring what was made for it to another item, which buys none of it."""

import asyncio
import json
import shutil
from typing import Any

from temporalio import activity

from activities.buying.clip_reuse import digest_of
from activities.storage import file_keys
from activities.storage.port import Storage
from schema.content.idea import Idea
from schema.failure import Fault, Trouble
from schema.items.cut import Cut, TakenCut, TakeUpRequest


class TakingUp:
    """Taking up, given the files of all items."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @activity.defn(name="take_up_cut")
    async def take_up_cut(self, request: TakeUpRequest) -> TakenCut:
        """Copy the cut, its thumbnail and its idea to the new item. May be repeated.

        Raises `Trouble` (`bad_media`) where the file is gone or is not the one that was on show.
        """
        return await asyncio.to_thread(self._copy, request)

    def _copy(self, request: TakeUpRequest) -> TakenCut:
        taken, after = request.taken_up, request.item_id
        key = file_keys.cut(after, 1, taken.video_sha256)
        thumbnail_key = file_keys.thumbnail_of(key)
        try:
            text = self._storage.read_text(file_keys.metadata_of(taken.video_key))
            metadata: dict[str, Any] = json.loads(text)
            self._bring(after, file_keys.thumbnail_of(taken.video_key), thumbnail_key)
            is_same = self._bring(after, taken.video_key, key, taken.video_sha256)
        except (FileNotFoundError, ValueError) as error:
            raise _not_there(request, f"its files are not there any more ({error})") from error
        if not is_same:
            raise _not_there(request, "its video is not the one that was on show")
        earlier = Cut.model_validate(metadata["cut"])
        cut = earlier.model_copy(
            update={
                "renditions": (earlier.master.model_copy(update={"key": key}),),
                "thumbnail_key": thumbnail_key,
                "round": 1,
            }
        )
        told = metadata["cut"] | cut.model_dump(mode="json")
        text = json.dumps(metadata | {"item_id": after, "taken_up": taken.item_id, "cut": told}, indent=2)
        self._storage.write_text(file_keys.metadata_of(key), text)
        return TakenCut(cut=cut, idea=self._idea(taken.item_id, after))

    def _bring(self, item_id: str, source_key: str, key: str, sha256: str | None = None) -> bool:
        """Copy one file; return False, and copy nothing, where it has another SHA-256."""
        copied = self._storage.scratch(item_id) / f"taken-up-{key.rpartition('/')[2]}"
        shutil.copyfile(self._storage.local(source_key), copied)
        if sha256 not in (None, digest_of(copied)[0]):
            copied.unlink()
            return False
        self._storage.promote(copied, key)
        return True

    def _idea(self, before: str, after: str) -> Idea | None:
        try:
            told = self._storage.read_text(file_keys.idea(before))
        except FileNotFoundError:
            return None
        self._storage.write_text(file_keys.idea(after), told)
        return Idea.model_validate_json(told)


def _not_there(request: TakeUpRequest, why: str) -> Trouble:
    return Trouble(
        Fault.BAD_MEDIA,
        f"{request.taken_up.item_id} cannot be taken up again: {why}; make a new item instead",
    )
