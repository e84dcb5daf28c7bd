"""Write what an item is about."""

import asyncio
from collections.abc import Mapping

from temporalio import activity

from activities.buying.writing import WritingPurchase, WritingPurchases
from activities.storage import file_keys
from activities.storage.port import Storage
from activities.store.port import Store
from activities.writers.idea_task import idea_task
from schema.content.idea import REMEMBERED, Idea, IdeaRequest, Remembered
from schema.items.item import ReviewRef
from schema.money import Book


class Ideas:
    """Writing ideas, given a writer for each book."""

    def __init__(self, purchases: Mapping[Book, WritingPurchases], store: Store, storage: Storage) -> None:
        self._purchases = purchases
        self._store = store
        self._storage = storage

    @activity.defn(name="write_idea")
    async def write_idea(self, request: IdeaRequest) -> Idea:
        """Write one idea and keep it as `idea.json`. May be repeated: what was asked and answered is found again.

        One that tells nearly what the account told before is asked for anew, once; the second answer is taken.
        See `WritingPurchases.buy` for the `Trouble` it raises.
        """
        brief = request.brief
        earlier = await self._store.earlier_ideas(request.item_id, REMEMBERED)

        def objection(idea: Idea) -> str:
            if brief.seed_given:
                return ""
            told = next((one.title for one in earlier if one.resembles(_in_short(idea))), None)
            return f"it tells nearly the same as {told!r}, which was made before" if told else ""

        task = idea_task(brief, await self._store.instructions(request.item_id))
        purchase = WritingPurchase(
            request.item_id, request.round, request.on_behalf_of, brief, task, objection
        )
        idea = await self._purchases[brief.book].buy(purchase)
        text = idea.model_dump_json(indent=2)
        await asyncio.to_thread(self._storage.write_text, file_keys.idea(request.item_id), text)
        await self._store.store_idea(request.item_id, _in_short(idea))
        return idea

    @activity.defn(name="close_asks")
    async def close_asks(self, ref: ReviewRef) -> None:
        """Settle a stopped item's calls to its writer whose answers were not recorded. May be repeated."""
        item = await self._store.plan(ref.item_id)
        await self._purchases[item.book].close(item.item_id)


def _in_short(idea: Idea) -> Remembered:
    return Remembered(title=idea.title, concept=idea.concept)
