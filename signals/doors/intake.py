"""The way of every word through a door with a database: first the row, then a hint to the workflow."""

import asyncio
import uuid
from datetime import timedelta
from enum import StrEnum

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.reviews.port import Arbiter
from activities.store import item_rows
from activities.store.database import Database
from schema.reviews.review import Verdict, WordForm
from signals import names

_PATIENCE = timedelta(seconds=5)
_GONE_REMEDY = "`reelwright stop {item}` closes it, and `reelwright again {item}` takes it up again"


class HintOutcome(StrEnum):
    """What became of a hint."""

    HEARD = "heard"
    AWAY = "away"
    """Temporal does not answer now."""
    GONE = "gone"
    """There is no such workflow any more."""


class DecisionIntake:
    """Stores a person's word, and tells the workflow that it is there."""

    def __init__(self, arbiter_: Arbiter, database: Database, client: Client) -> None:
        self._arbiter = arbiter_
        self._database = database
        self._client = client

    async def decide(self, word: WordForm) -> Verdict:
        """Return what became of the word. It counts once it is stored, also while Temporal is away.

        Raises `Trouble` (`bad_input`) for an item that is unknown or has nothing to review.
        """
        named = word if word.word_id else word.model_copy(update={"word_id": str(uuid.uuid4())})
        verdict = await self._arbiter.decide(named)
        told = await hint(self._client, word.item_id)
        if told is HintOutcome.GONE and verdict.accepted and not await self._has_ended(word.item_id):
            line = f"{verdict.line}; but Temporal runs no workflow of it any more, so nothing follows: {_GONE_REMEDY}"
            return verdict.model_copy(update={"line": line.format(item=word.item_id)})
        return verdict

    async def _has_ended(self, item_id: str) -> bool:
        """Return whether the item has ended by itself: then it needs no workflow."""
        async with self._database.statements() as connection:
            return (await item_rows.get(connection, item_id)).state.ended


async def hint(client: Client, item_id: str) -> HintOutcome:
    """Tell the workflow that a row is there to be read. The relay repeats what was not heard."""
    try:
        handle = client.get_workflow_handle(names.workflow_id(item_id))
        async with asyncio.timeout(_PATIENCE.total_seconds()):  # the time to connect included
            await handle.signal(names.DECIDED)
    except RPCError as error:
        return HintOutcome.GONE if error.status is RPCStatusCode.NOT_FOUND else HintOutcome.AWAY
    except (RuntimeError, TimeoutError):  # a client that connects late says RuntimeError
        return HintOutcome.AWAY
    return HintOutcome.HEARD
