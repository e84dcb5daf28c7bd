"""Take up an ended item again: bring what was made for it to another item, which buys none of it."""

import asyncio
import hashlib
import json
import shutil
from typing import Any

from temporalio import activity

from activities.storage import file_keys
from activities.storage.port import Storage
from schema.cut import Cut, TakenCut, TakeUpRequest
from schema.failure import Fault, Trouble
from schema.idea import Idea


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
        before, after = request.taken_up.item_id, request.item_id
        try:
            metadata: dict[str, Any] = json.loads(self._storage.read_text(file_keys.final_metadata(before)))
            sha256 = self._bring(request.item_id, request.taken_up.video_key, file_keys.final_video(after))
            self._bring(request.item_id, file_keys.final_thumbnail(before), file_keys.final_thumbnail(after))
        except (FileNotFoundError, ValueError) as error:
            raise _not_there(request, f"its files are not there any more ({error})") from error
        if sha256 != request.taken_up.video_sha256:
            raise _not_there(request, "its video is not the one that was on show")
        moved = {
            "key": file_keys.final_video(after),
            "thumbnail_key": file_keys.final_thumbnail(after),
            "round": 1,
        }
        cut = metadata["cut"] | moved
        text = json.dumps(
            metadata | {"item_id": request.item_id, "taken_up": request.taken_up.item_id, "cut": cut},
            indent=2,
        )
        self._storage.write_text(file_keys.final_metadata(after), text)
        return TakenCut(cut=Cut.model_validate(cut), idea=self._idea(before, after))

    def _bring(self, item_id: str, source_key: str, key: str) -> str:
        """Copy one file and return the SHA-256 of the copy."""
        copied = self._storage.scratch(item_id) / f"taken-up-{key.rpartition('/')[2]}"
        shutil.copyfile(self._storage.local(source_key), copied)
        with copied.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self._storage.promote(copied, key)
        return sha256

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
