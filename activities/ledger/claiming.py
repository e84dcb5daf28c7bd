"""The claim of a send: the row moves to `sending`, or an error says why nothing may be sent."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from activities.ledger import brakes, operation_rows
from activities.ledger.port import Approval, NotResolvedYet, RequestChanged
from activities.store import stop_switch
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.money import Book
from schema.purchases.operation import UNSENT, Operation

MayPost = Callable[[Connection, Operation, Approval], Awaitable[None]]
"""Raises `Trouble` for a post that no person approved exactly so, and holds what it read until the transaction ends.

The ledger is handed it, because reviews buy from the ledger: imports between the two rooms run one way only.
"""


async def nobody_approves(_: Connection, operation: Operation, __: Approval) -> None:
    """Refuse every post: of a ledger that was handed no reviews."""
    raise Trouble(
        Fault.NOT_APPROVED, f"{operation.operation_id}: there are no reviews here that allow a post"
    )


async def claim(
    connection: Connection,
    operation: Operation,
    request_sha256: str,
    approval: Approval | None,
    may_post: MayPost,
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
        await require_leave(connection, operation, approval, may_post)
        return await _move(connection, operation, request_sha256, send_deadline)


async def require_leave(
    connection: Connection, operation: Operation, approval: Approval, may_post: MayPost
) -> None:
    """Refuse a post that may not go out as it is; what allows it is locked until the transaction ends.

    Raises `Trouble`: `paused` during the quarantine after a restore, and whatever `may_post` raises.
    """
    await stop_switch.require_open(connection, operation.kind)
    await may_post(connection, operation, approval)


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
