"""Write the prompts of a round."""

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.asks import Asks, Wish
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.port import Mend, Written
from schema.failure import Fault, Trouble
from schema.idea import PromptRequest
from schema.money import Book
from schema.scene import Storyboard


class Prompts:
    """Writing prompts, given a writer for each book."""

    def __init__(self, asks: Mapping[Book, Asks], store: Store, storage: Storage) -> None:
        self._asks = asks
        self._store = store
        self._storage = storage

    @activity.defn(name="write_prompts")
    async def write_prompts(self, request: PromptRequest) -> Storyboard:
        """Write one prompt a scene and keep them as `prompts.json`. May be repeated, like `write_idea`.

        Raises `Trouble` (`vendor_failed`) where what was written does not fit the format or the model; for all others
        see `Asks.fulfil`.
        """
        brief = request.brief
        asks = self._asks[brief.book]

        async def write(mend: Mend | None) -> Written[Storyboard]:
            return await asks.writer.storyboard(brief, mend)

        try:
            wish = Wish(request.item_id, "prompts", lambda _: brief.round, brief, Storyboard, write)
            storyboard = (await asks.fulfil(wish)).check(scenes=brief.scenes, max_chars=brief.max_chars)
        except ValueError as error:
            raise Trouble(
                Fault.VENDOR_FAILED, f"{asks.writer.name} wrote prompts that do not fit: {error}"
            ) from error
        text = storyboard.model_dump_json(indent=2)
        await asyncio.to_thread(self._storage.write_text, file_keys.prompts(request.item_id), text)
        await self._store.store_prompts(request.item_id, request.account_id, brief.round, storyboard.prompts)
        return storyboard
