"""Write what an item is about."""

import asyncio

from temporalio import activity

from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.port import Writer
from schema.idea import Idea, IdeaRequest
from schema.item import Stage


class Ideas:
    """Writing ideas, given a writer."""

    def __init__(self, writer: Writer, store: Store, storage: Storage) -> None:
        self._writer = writer
        self._store = store
        self._storage = storage

    @activity.defn(name="write_idea")
    async def write_idea(self, request: IdeaRequest) -> Idea:
        """Write one idea and keep it as `idea.json`. May be repeated: the seed fixes the idea."""
        idea = await self._writer.idea(request.brief)
        text = idea.model_dump_json(indent=2)
        await asyncio.to_thread(self._storage.write_text, f"content/{request.item_id}/idea.json", text)
        await self._store.set_stage(request.item_id, Stage.IDEA, title=idea.title)
        return idea
