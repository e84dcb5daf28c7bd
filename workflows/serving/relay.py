"""The relay: tells workflows of stored decisions until each has acted on its own."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from temporalio.client import Client

from activities.store.database import Database
from signals.doors.intake import HintOutcome, hint

LONGEST_REST = timedelta(hours=1)
"""Between two hints at one decision: Temporal takes 10,000 signals a run, a person's own words among them."""
_DOUBLED_AT_MOST = 20
MOST_AT_ONCE = 50
"""Hints of one round, so that a leader that was replaced notices soon."""


class DecisionRelay:
    """Hints at decisions whose items still wait."""

    def __init__(self, database: Database, client: Client, after: timedelta) -> None:
        """`after` is how long a workflow has to hear of a decision by itself."""
        self._database = database
        self._client = client
        self._after = after

    async def round(self) -> bool:
        """Hint at what is due; say whether more may be.

        Raises `ConnectionError` where Temporal does not answer: none of what was not told counts as a hint.
        """
        unheard = await claim_unheard(self._database, self._after)
        for number, item_id in enumerate(unheard):
            told = await hint(self._client, item_id)
            structlog.get_logger().info("a stored decision waits for its workflow", item=item_id, told=told)
            if told is HintOutcome.AWAY:  # the others would wait for nothing, too
                await give_back(self._database, unheard[number:])
                raise ConnectionError("Temporal does not answer")
        return len(unheard) == MOST_AT_ONCE


async def claim_unheard(database: Database, after: timedelta) -> list[str]:
    """Return some items that wait although their review was decided a while ago, for this worker to hint at.

    The locked row's own columns are asked, which PostgreSQL reads again where another worker was a moment faster.
    An item waits no more as soon as its workflow has read the decision. Of several workers one gets the item; after
    each hint it rests twice as long, from `after` up to `LONGEST_REST`.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            """
            with due as (
                select review_id from item
                join lateral (
                    select review_id from review
                    where review.item_id = item.item_id order by review_number desc limit 1) as shown on true
                join review using (review_id)
                where item.state = 'waiting' and review.state in ('approved', 'rejected', 'revised', 'expired')
                  and coalesce(review.hint_again_at, review.closed_at + %(after)s) < clock_timestamp()
                order by review.closed_at desc limit %(most)s
                for update of review skip locked)
            update review set hints = hints + 1, hint_again_at = clock_timestamp()
                + least(%(after)s * power(2, least(hints, %(doubled)s)), %(longest)s)
            from due where review.review_id = due.review_id
            returning review.item_id
            """,
            {"after": after, "longest": LONGEST_REST, "doubled": _DOUBLED_AT_MOST, "most": MOST_AT_ONCE},
        )
        return [row["item_id"] async for row in cursor]


async def give_back(database: Database, item_ids: Sequence[str]) -> None:
    """Count no hint that Temporal did not take: these items are due at once, as if none was given."""
    async with database.statements() as connection:
        await connection.execute(
            """
            update review set hints = greatest(hints - 1, 0), hint_again_at = null
            where item_id = any(%s) and hint_again_at is not null
            """,
            [list(item_ids)],
        )
