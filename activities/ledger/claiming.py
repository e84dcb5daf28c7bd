"""The claim of a send: the row moves to `sending`, or an error says why nothing may be sent."""

from datetime import timedelta

from activities.ledger import brakes, operation_rows
from activities.ledger.port import Approval, NotResolvedYet, RequestChanged
from activities.store import stop_switch
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.purchases.operation import UNSENT, Operation


async def claim(
    connection: Connection,
    operation: Operation,
    request_sha256: str,
    approval: Approval | None,
    send_deadline: timedelta,
) -> tuple[Operation, timedelta | None]:
    """Move the row to `sending`, or raise; say how long ago a backup was restored that may have forgotten it.

    A post comes with its approval: what allows it is checked in the same transaction. A post that was sent before is
    claimed again to be continued: its epoch rises, so that an answer to the earlier call changes nothing.
    """
    if approval is None:
        await stop_switch.require_open(connection, operation.kind)
        if operation.book is Book.USD:
            await brakes.require_pace(connection, send_deadline)
        return await _move(connection, operation, request_sha256, send_deadline)
    async with connection.transaction():
        await require_leave(connection, operation, approval)
        return await _move(connection, operation, request_sha256, send_deadline)


async def require_leave(connection: Connection, operation: Operation, approval: Approval) -> None:
    """Lock review and item until the transaction ends, and refuse a post that may not go out as it is.

    Raises `Trouble`: `not_approved`, `finished`; `paused` during the quarantine after a restore, and for a hold.
    """
    await stop_switch.require_open(connection, operation.kind)
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
            Fault.NOT_APPROVED, f"{operation.operation_id}: nobody approved exactly this file and caption"
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


async def _move(
    connection: Connection, operation: Operation, request_sha256: str, send_deadline: timedelta
) -> tuple[Operation, timedelta | None]:
    cursor = await connection.execute(
        f"""
        update operation
        set state = 'sending', request_sha256 = %(hash)s, send_before = now() + %(deadline)s,
            epoch = epoch + %(taken_over)s, updated_at = now()
        where operation_id = %(id)s and state = %(state)s and epoch = %(epoch)s
          and (request_sha256 is null or request_sha256 = %(hash)s)
        returning {operation_rows.COLUMNS}, ({operation_rows.SINCE_RESTORE}) as since_restore
        """,
        {
            "hash": request_sha256,
            "deadline": send_deadline,
            "taken_over": int(operation.state not in UNSENT),
            "id": operation.operation_id,
            "state": operation.state,
            "epoch": operation.epoch,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        now = await operation_rows.operation(connection, operation.operation_id)
        if (now.state, now.epoch) != (operation.state, operation.epoch):
            raise NotResolvedYet(f"{operation.operation_id} was given back or taken over just now", 0.2)
        raise RequestChanged(f"{operation.operation_id!r} is bound to another request")
    return Operation.model_validate(row), row["since_restore"]
