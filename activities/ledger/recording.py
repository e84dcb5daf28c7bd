"""Writing down what became of one send: accepted, given back on proof, or parked for a person.

Functions take the connection of the process that holds the operation's lock. Each write carries the operation's
epoch, and does nothing where another process has found out meanwhile.
"""

from activities.ledger import ending, operation_rows
from activities.ledger.brakes import are_too_many
from activities.ledger.crash_points import CrashPoints
from activities.ledger.port import NotResolvedYet, Outcome
from activities.store import outbox
from activities.store.database import Connection
from schema.failure import NoEffect
from schema.purchases.operation import Operation, OperationState


async def accept(
    connection: Connection, operation: Operation, outcome: Outcome, points: CrashPoints
) -> Operation:
    """Record the handle before anything else; where the charge is known, settle in the same transaction."""
    if outcome.charged_microusd is None:
        return await move(connection, operation, OperationState.ACCEPTED, "", outcome)
    async with connection.transaction():
        await move(connection, operation, OperationState.ACCEPTED, "", outcome)
        settled = await ending.settle(
            connection, operation.operation_id, outcome.charged_microusd, outcome.wasted
        )
        points.reach("settle.inside", settled.slot)
    return settled


async def prepare(connection: Connection, operation: Operation, handle: str) -> Operation:
    """Store the handle of a post before the post can exist. Raises `NotResolvedYet` where another process did."""
    cursor = await connection.execute(
        f"""
        update operation set state = 'prepared', prepared_handle = %s, epoch = epoch + 1, updated_at = now()
        where operation_id = %s and epoch = %s and state = 'reserved'
        returning {operation_rows.COLUMNS}
        """,
        [handle, operation.operation_id, operation.epoch],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotResolvedYet(f"{operation.operation_id} was given back or prepared by another process", 0.2)
    return Operation.model_validate(row)


async def release(connection: Connection, operation: Operation, proof: NoEffect) -> None:
    """Give the money back on proof; where the same call may succeed later, its next attempt holds it instead.

    A vendor that does not take us for the sake of our account is told of, once a day.
    """
    async with connection.transaction():
        cursor = await connection.execute(
            "select ended_at from item where item_id = %s for share", [operation.item_id]
        )
        item = await cursor.fetchone()
        now = await operation_rows.operation(connection, operation.operation_id, lock=True)
        if now.epoch != operation.epoch:
            raise NotResolvedYet(f"{operation.operation_id} was taken over by another process", 0.5)
        goes_on = item is not None and item["ended_at"] is None
        if goes_on and await are_too_many(connection, operation.slot, operation.attempt + 1):
            goes_on = False
        if proof.repeatable and operation.reserved_microusd and goes_on:
            await ending.hand_on(connection, operation.operation_id, str(proof))
        else:
            await ending.release(connection, operation.operation_id, str(proof), refused=not proof.repeatable)
        if proof.our_account:
            await _note_vendor_refuses(connection, operation.vendor, str(proof))


async def park(connection: Connection, operation: Operation, line: str) -> None:
    """Leave it to a person, and say so; its money stays reserved."""
    async with connection.transaction():
        await move(connection, operation, OperationState.PARKED, line)
        told = (
            f"{operation.operation_id} waits for you: {line}; `reelwright unknowns` lists it, and closes it"
        )
        await outbox.put(connection, f"parked/{operation.operation_id}", "parked", told, operation.account_id)


async def move(
    connection: Connection,
    operation: Operation,
    state: OperationState,
    reason: str,
    outcome: Outcome | None = None,
) -> Operation:
    """Write down where a sent operation stands now. Raises `NotResolvedYet` where another process did meanwhile."""
    cursor = await connection.execute(
        f"""
        update operation
        set state = %s, reason = %s, handle = coalesce(%s, handle), uri = coalesce(%s, uri), epoch = epoch + 1,
            updated_at = now()
        where operation_id = %s and epoch = %s and state in ('sending', 'unknown')
        returning {operation_rows.COLUMNS}
        """,
        [
            state,
            reason[:500],
            outcome.handle if outcome else None,
            outcome.uri if outcome else None,
            operation.operation_id,
            operation.epoch,
        ],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotResolvedYet(f"{operation.operation_id} was taken over by another process", 0.5)
    return Operation.model_validate(row)


async def _note_vendor_refuses(connection: Connection, vendor: str, why: str) -> None:
    """Say that a vendor does not accept our key or our credit, once a day, by the database clock."""
    cursor = await connection.execute("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as day")
    row = await cursor.fetchone()
    line = f"nothing can be bought there before you mend our key or our credit: {why}"
    await outbox.put(connection, f"vendor/{vendor}/{row['day'] if row else ''}", "vendor", line)
