"""Write the prompts of a round."""

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.buying.writing import WritingPurchase, WritingPurchases
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.prompts_task import prompts_task
from schema.content.idea import PromptRequest
from schema.content.scene import Storyboard
from schema.failure import Fault, Trouble
from schema.money import Book


class Prompts:
    """Writing prompts, given a writer for each book."""

    def __init__(self, purchases: Mapping[Book, WritingPurchases], store: Store, storage: Storage) -> None:
        self._purchases = purchases
        self._store = store
        self._storage = storage

    @activity.defn(name="write_prompts")
    async def write_prompts(self, request: PromptRequest) -> Storyboard:
        """Write one prompt a scene and keep them as `prompts.json`. May be repeated, like `write_idea`.

        Raises `Trouble` (`vendor_failed`) where what was written does not fit the format or the model; for all others
        see `WritingPurchases.buy`.
        """
        brief = request.brief
        purchases = self._purchases[brief.book]
        task = prompts_task(brief, await self._store.instructions(request.item_id))
        purchase = WritingPurchase(request.item_id, brief.round, request.on_behalf_of, brief, task)
        try:
            storyboard = await purchases.buy(purchase)
        except ValueError as error:
            raise Trouble(
                Fault.VENDOR_FAILED, f"{purchases.writer.name} wrote prompts that do not fit: {error}"
            ) from error
        text = storyboard.model_dump_json(indent=2)
        await asyncio.to_thread(self._storage.write_text, file_keys.prompts(request.item_id), text)
        await self._store.store_prompts(request.item_id, request.account_id, brief.round, storyboard.prompts)
        return storyboard
