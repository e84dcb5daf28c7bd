"""Closing an item: nothing of it stays on show, and nothing stays reserved that was never sent."""

from activities.ledger import ending, operation_rows
from activities.ledger.parked_operations import park_what_a_backup_forgot
from activities.reviews import review_rows
from activities.store import item_rows, outbox
from activities.store.database import Connection, Database
from schema.items.item import Ending, ItemResult, ItemState
from schema.purchases.operation import UNSENT, OperationState
from schema.reviews.review import Review
from schema.reviews.subject import VIDEO_GATE

_TOLD = (
    ItemState.FAILED,
    ItemState.PARTLY_PUBLISHED,
    ItemState.REFUSED_BY_CAP,
    ItemState.EXPIRED,
    ItemState.PARKED,
)
"""Endings that no person has asked for."""
_NOT_PUBLIC = (*UNSENT, OperationState.RELEASED)
_REMEDY = (
    "what it left open is listed by `unknowns`; `again` takes up what was on show, `make` makes another one"
)


class PostgresCloser:
    """Implements the `Closer` port; it also closes items that have lost their workflow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close_item(self, ending: Ending) -> ItemResult:
        """End an item: its open review, its unsent reservations and its row, in one transaction."""
        async with self._database.transaction() as connection:
            return await _close(connection, ending)

    async def close_lost(self, item_id: str, why: str, actor: str) -> ItemState:
        """End an item without a workflow: parked, for a person to look, where something may be public; else stopped.

        What a restored backup calls reserved may have been sent after it, so it is left to a person, too. Nothing is
        done to an item that has ended. Returns how it has ended.
        """
        async with self._database.transaction() as connection:
            await connection.execute("select 1 from item where item_id = %s for no key update", [item_id])
            forgotten = await park_what_a_backup_forgot(connection, item_id)
            operations = await operation_rows.of_item(connection, item_id)
            posted = any(one.kind == "publish" and one.state not in _NOT_PUBLIC for one in operations)
            state = ItemState.PARKED if posted or forgotten else ItemState.STOPPED
            end = Ending(item_id=item_id, state=state, reason=f"{why}; {_REMEDY}", actor=actor)
            return (await _close(connection, end)).state

    async def approved_review(self, item_id: str) -> Review | None:
        """Return the revision of an item that was approved; None where none was."""
        async with self._database.statements() as connection:
            return await review_rows.approved_at(connection, item_id, VIDEO_GATE)


async def _close(connection: Connection, end: Ending) -> ItemResult:
    await connection.execute("select 1 from item where item_id = %s for no key update", [end.item_id])
    await review_rows.stop_review(connection, end.item_id, end.actor or "the item ended")
    await ending.release_unsent(connection, end.item_id, f"never sent; the item ended as {end.state}")
    await item_rows.close(connection, end.item_id, end.state, end.reason)
    row = await item_rows.get(connection, end.item_id)
    if row.state in _TOLD:
        said = f"{row.item_id} has ended: {str(row.state).replace('_', ' ')} ({row.reason})"
        if row.state is ItemState.PARKED:
            said += "; `reelwright unknowns` lists what waits for you"
        elif await review_rows.newest_review(connection, row.item_id, gate=VIDEO_GATE):
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
