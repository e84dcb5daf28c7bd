"""The relay: tells workflows of stored decisions until each has acted on its own."""

import asyncio
from datetime import timedelta

import structlog
from psycopg import Error as DatabaseError
from temporalio.client import Client

from activities.store.database import Database
from signals.door import hint


async def relay(database: Database, client: Client, every: timedelta) -> None:
    """Hint, again and again, at decisions whose items still wait; ends only by being cancelled."""
    log = structlog.get_logger()
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            for item_id in await unheard(database, every):
                told = await hint(client, item_id)
                log.info("a stored decision waits for its workflow", item=item_id, told=told)
        except (DatabaseError, OSError) as error:
            log.warning("the relay cannot read decisions", error=str(error))


async def unheard(database: Database, after: timedelta) -> list[str]:
    """Return items that wait although the last thing on show was decided a while ago.

    An item waits no more as soon as its workflow has read the decision.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            """
            select item.item_id from item
            join lateral (select state, closed_at from review where review.item_id = item.item_id
                          order by round desc, revision desc limit 1) as shown on true
            where item.state = 'waiting' and shown.state in ('approved', 'rejected', 'revised', 'expired')
              and shown.closed_at < now() - %s
            order by shown.closed_at desc limit 500
            """,
            [after],
        )
        return [row["item_id"] async for row in cursor]
