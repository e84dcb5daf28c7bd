"""The way of every word through a door that has a database: first the row, then a hint to the workflow."""

import asyncio
import contextlib
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from activities.ledger import arbiter
from activities.ledger.port import Arbiter
from activities.store.database import Database
from schema.review import Verdict, Word
from signals import names

_PATIENCE = timedelta(seconds=5)


class Door:
    """Stores a person's word, and tells the workflow that it is there."""

    def __init__(self, arbiter_: Arbiter, database: Database, client: Client) -> None:
        self._arbiter = arbiter_
        self._database = database
        self._client = client

    async def decide(self, word: Word, *, raise_cap_microusd: int | None = None) -> Verdict:
        """Return what became of the word. It counts once it is stored, also while Temporal is away.

        `raise_cap_microusd` raises the item's cap first, and is written down with the actor. Raises `Trouble` for an
        unknown item, `LookupError` for one that has nothing to review yet.
        """
        if raise_cap_microusd is not None:
            async with self._database.transaction() as connection:
                await arbiter.raise_item_cap(connection, word, raise_cap_microusd)
        verdict = await self._arbiter.decide(word)
        await hint(self._client, word.item_id)
        return verdict


async def hint(client: Client, item_id: str) -> bool:
    """Tell the workflow that a row is there to be read; say whether it was told. The relay repeats what was not."""
    with contextlib.suppress(
        RPCError, RuntimeError, TimeoutError
    ):  # a client that connects late says RuntimeError
        handle = client.get_workflow_handle(names.workflow_id(item_id))
        async with asyncio.timeout(_PATIENCE.total_seconds()):  # the time to connect included
            await handle.signal(names.DECIDED)
        return True
    return False
