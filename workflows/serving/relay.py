"""The relay: tells workflows of stored decisions until each has acted on its own."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError
from temporalio.client import Client

from activities.store.database import Database
from signals.doors.intake import Told, hint

LONGEST_REST = timedelta(hours=1)
"""Between two hints at one decision: Temporal takes 10,000 signals a run, a person's own words among them."""
_DOUBLED_AT_MOST = 20


async def relay(database: Database, client: Client, every: timedelta) -> None:
    """Hint, again and again, at decisions whose items still wait; ends only by being cancelled."""
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            unheard = await claim_unheard(database, every)
            for number, item_id in enumerate(unheard):
                told = await hint(client, item_id)
                log.info("a stored decision waits for its workflow", item=item_id, told=told)
                if told is Told.AWAY:  # the others would wait for nothing, too
                    await give_back(database, unheard[number:], every)
                    break
        except (DatabaseError, OSError) as error:
            log.warning("the relay cannot read decisions", error=str(error))


async def claim_unheard(database: Database, after: timedelta) -> list[str]:
    """Return items that wait although the last thing on show was decided a while ago, for this worker to hint at.

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
                    where review.item_id = item.item_id order by round desc, revision desc limit 1) as shown on true
                join review using (review_id)
                where item.state = 'waiting' and review.state in ('approved', 'rejected', 'revised', 'expired')
                  and coalesce(review.hint_again_at, review.closed_at + %(after)s) < clock_timestamp()
                order by review.closed_at desc limit 500
                for update of review skip locked)
            update review set hints = hints + 1, hint_again_at = clock_timestamp()
                + least(%(after)s * power(2, least(hints, %(doubled)s)), %(longest)s)
            from due where review.review_id = due.review_id
            returning review.item_id
            """,
            {"after": after, "longest": LONGEST_REST, "doubled": _DOUBLED_AT_MOST},
        )
        return [row["item_id"] async for row in cursor]


async def give_back(database: Database, item_ids: Sequence[str], after: timedelta) -> None:
    """Count no hint that Temporal did not take: these items are due again `after` a while, as if none was given."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            update review set hints = greatest(hints - 1, 0), hint_again_at = clock_timestamp() + %s
            where item_id = any(%s) and hint_again_at is not null
            """,
            [after, list(item_ids)],
        )
