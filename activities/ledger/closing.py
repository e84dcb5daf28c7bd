"""Closing an item: nothing of it stays on show, and nothing stays reserved that was never sent."""

from activities.ledger import arbiter, ending, rows
from activities.ledger.reviews import newest_review
from activities.store import items, outbox
from activities.store.database import Connection
from schema.item import Ending, ItemResult, ItemState
from schema.operation import UNSENT

_TOLD = (
    ItemState.FAILED,
    ItemState.PARTLY_PUBLISHED,
    ItemState.REFUSED_BY_CAP,
    ItemState.EXPIRED,
    ItemState.PARKED,
)
"""Endings that nobody has asked for."""


async def close_item(connection: Connection, end: Ending) -> ItemResult:
    """End an item inside the caller's transaction; the first ending ever stored is the one returned."""
    await connection.execute("select 1 from item where item_id = %s for no key update", [end.item_id])
    await arbiter.stop(connection, end.item_id, end.actor or "the item ended")
    await ending.release_unsent(connection, end.item_id, f"never sent; the item ended as {end.state}")
    await items.close(connection, end.item_id, end.state, end.reason)
    row = await items.get(connection, end.item_id)
    if row.state in _TOLD:
        said = f"{row.item_id} has ended: {str(row.state).replace('_', ' ')} ({row.reason})"
        if row.state is ItemState.PARKED:
            said += "; `reelwright unknowns` lists what waits for you"
        elif await newest_review(connection, row.item_id):
            said += f"; `reelwright again {row.item_id}` takes up what was on show"
        await outbox.put(connection, f"ended/{row.item_id}", "ended", said, row.account_id)
    return ItemResult(
        item_id=end.item_id,
        state=ItemState(row.state),
        reason=row.reason,
        video_key=row.video_key,
        posts=end.posts,
        cost_microusd=row.cost_microusd,
        book=row.book,
    )


async def park_what_a_backup_forgot(connection: Connection, item_id: str) -> bool:
    """Park what an item of a restored backup has reserved; say whether it is one."""
    cursor = await connection.execute(
        f"select 1 from item where item_id = %s and ended_at is null and {rows.BEFORE_THE_RESTORE}", [item_id]
    )
    if await cursor.fetchone() is None:
        return False
    await connection.execute(
        """
        update operation set state = 'parked', epoch = epoch + 1, updated_at = now(),
                             reason = 'the backup calls it unsent; it may have been sent after the backup'
        where item_id = %s and state = any(%s)
        """,
        [item_id, list(UNSENT)],
    )
    return True
