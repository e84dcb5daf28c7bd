"""Take a clip of a person's own as a scene."""

import asyncio

from temporalio import activity

from activities.media.port import Editor
from activities.runtime.heartbeat_thread import with_heartbeats
from activities.storage.port import Storage
from activities.store.port import Store
from schema.content.scene import Take
from schema.failure import Fault, Trouble
from schema.items.item import FootageRequest


class TakingFootage:
    """Taking clips that a person brought."""

    def __init__(self, store: Store, storage: Storage, editor: Editor) -> None:
        self._store = store
        self._storage = storage
        self._editor = editor

    @activity.defn(name="take_footage")
    async def take_footage(self, request: FootageRequest) -> Take:
        """Check a clip in full and keep it as a scene. Raises `Trouble` (`bad_footage`) for what is no usable video."""
        footage = request.footage
        try:
            clip = await asyncio.to_thread(self._storage.local, footage.key)
        except FileNotFoundError:
            raise Trouble(
                Fault.BAD_FOOTAGE,
                f"the clip {footage.original_name!r} is no longer in storage; start a new item with it",
            ) from None
        facts = await with_heartbeats(
            lambda report: self._editor.inspect(clip, footage.original_name, on_progress=report)
        )
        take = Take(
            scene=request.scene,
            key=footage.key,
            sha256=footage.sha256,
            size_bytes=footage.size_bytes,
            duration=facts.duration,
            width_px=facts.width_px,
            height_px=facts.height_px,
            has_sound=facts.has_sound,
            file_name=footage.original_name,
        )
        await self._store.store_take(request.item_id, request.account_id, request.round, take)
        return take
