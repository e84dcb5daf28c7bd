"""The way of every word through a door that has a database: first the row, then a hint to the workflow."""

import asyncio
from datetime import timedelta
from enum import StrEnum

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import arbiter
from activities.ledger.port import Arbiter
from activities.store.database import Database
from schema.review import Verdict, Word
from signals import names

_PATIENCE = timedelta(seconds=5)


class Told(StrEnum):
    """What became of a hint."""

    HEARD = "heard"
    AWAY = "away"
    """Temporal does not answer now."""
    GONE = "gone"
    """There is no such workflow any more."""


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
        told = await hint(self._client, word.item_id)
        if told is Told.GONE and verdict.accepted:
            line = f"{verdict.line}; but its workflow was ended in Temporal, so nothing follows: make the item again"
            return verdict.model_copy(update={"line": line})
        return verdict


async def hint(client: Client, item_id: str) -> Told:
    """Tell the workflow that a row is there to be read. The relay repeats what was not heard."""
    try:
        handle = client.get_workflow_handle(names.workflow_id(item_id))
        async with asyncio.timeout(_PATIENCE.total_seconds()):  # the time to connect included
            await handle.signal(names.DECIDED)
    except RPCError as error:
        return Told.GONE if error.status is RPCStatusCode.NOT_FOUND else Told.AWAY
    except (RuntimeError, TimeoutError):  # a client that connects late says RuntimeError
        return Told.AWAY
    return Told.HEARD
