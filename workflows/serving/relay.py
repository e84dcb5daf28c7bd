"""The relay: tells workflows of stored decisions until each has acted on its own."""

from datetime import timedelta

import structlog
from temporalio.client import Client

from activities.reviews import hint_rows
from activities.store.database import Database
from signals.doors.intake import HintOutcome, hint

MOST_AT_ONCE = 50
"""Hints of one tick, so that a leader that was replaced notices soon."""


class DecisionRelay:
    """Hints at decisions whose items still wait."""

    def __init__(self, database: Database, client: Client, after: timedelta) -> None:
        """`after` is how long a workflow has to hear of a decision by itself."""
        self._database = database
        self._client = client
        self._after = after

    async def tick(self) -> bool:
        """Hint at what is due; say whether more may be.

        Raises `ConnectionError` where Temporal does not answer: none of what was not told counts as a hint.
        """
        async with self._database.transaction() as connection:
            unheard = await hint_rows.claim_unheard(connection, self._after, MOST_AT_ONCE)
        for number, item_id in enumerate(unheard):
            told = await hint(self._client, item_id)
            structlog.get_logger().info("a stored decision waits for its workflow", item=item_id, told=told)
            if told is HintOutcome.AWAY:  # the others would wait for nothing, too
                async with self._database.statements() as connection:
                    await hint_rows.give_back(connection, unheard[number:])
                raise ConnectionError("Temporal does not answer")
        return len(unheard) == MOST_AT_ONCE
