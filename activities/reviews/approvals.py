"""What allows a post: the review, the place and the item, read in the transaction that claims the send."""

from activities.ledger.port import Approval
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.purchases.operation import Operation


async def require_approval(connection: Connection, operation: Operation, approval: Approval) -> None:
    """Lock review and item until the transaction ends, and refuse a post that no person approved exactly so.

    The ledger calls it for every claim of a post. Raises `Trouble`: `not_approved`, `finished`; `paused` for a hold.
    """
    cursor = await connection.execute(
        """
        select review.state, review.content_sha256, review.places, item.ended_at
        from review join item using (item_id)
        where review_id = %s and review.item_id = %s for share
        """,
        [approval.review_id, operation.item_id],
    )
    row = await cursor.fetchone()
    if row is None or row["state"] != "approved" or row["content_sha256"] != approval.content_sha256:
        raise Trouble(
            Fault.NOT_APPROVED, f"{operation.operation_id}: no person approved exactly this file and caption"
        )
    if operation.vendor not in row["places"]:
        raise Trouble(
            Fault.NOT_APPROVED,
            f"{operation.operation_id}: the approval is for {', '.join(row['places']) or 'no place'}, "
            f"not for {operation.vendor}",
        )
    if row["ended_at"] is not None:
        raise Trouble(Fault.FINISHED, f"item {operation.item_id!r} has ended; nothing more is posted for it")
    # By itself, after the item's row is locked: a statement that waits for a lock reads other rows as they were before.
    cursor = await connection.execute("select reason from hold where item_id = %s", [operation.item_id])
    if held := await cursor.fetchone():
        raise Trouble(Fault.PAUSED, f"the posts of {operation.item_id} are held: {held['reason']}")
