"""Close an item: write down how it ended."""

import asyncio
import json
from typing import Any

from temporalio import activity

from activities.ledger.port import Ledger
from activities.storage import file_keys
from activities.storage.port import Storage
from schema.item import Ending, ItemResult
from schema.money import usd


class Closing:
    """Closing, given the ledger and the item's files."""

    def __init__(self, ledger: Ledger, storage: Storage) -> None:
        self._ledger = ledger
        self._storage = storage

    @activity.defn(name="close_item")
    async def close_item(self, ending: Ending) -> ItemResult:
        """End the item in one transaction, and add the ending to `metadata.json`. May be repeated."""
        result = await self._ledger.close_item(ending)
        await asyncio.to_thread(self._add_to_metadata, result)
        return result

    def _add_to_metadata(self, result: ItemResult) -> None:
        key = file_keys.final_metadata(result.item_id)
        try:
            metadata: dict[str, Any] = json.loads(self._storage.read_text(key))
        except (FileNotFoundError, ValueError):
            metadata = {"item_id": result.item_id}
        metadata["state"] = result.state
        metadata["reason"] = result.reason
        metadata["cost_usd"] = float(usd(result.cost_microusd))
        metadata["book"] = result.book
        metadata["posts"] = [post.model_dump(mode="json") for post in result.posts]
        self._storage.write_text(key, json.dumps(metadata, indent=2))
