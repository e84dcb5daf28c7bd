"""Ending reservations: settle what was charged, release on proof. Both take an open transaction."""

from activities.ledger import rows
from activities.store.database import Connection
from schema.money import in_words
from schema.operation import Operation, OperationState


async def settle(connection: Connection, operation_id: str, charged_microusd: int) -> Operation:
    """Write down what was really charged; more than was reserved is an overrun, which stops new paid calls.

    Repeating changes nothing. Raises `ValueError` for an operation that was released.
    """
    operation = await rows.operation(connection, operation_id, lock=True)
    if operation.state is OperationState.SETTLED:
        return operation
    if operation.state is OperationState.RELEASED:
        raise ValueError(f"{operation_id!r} was released ({operation.reason}); it cannot be charged any more")
    overrun = max(charged_microusd - operation.reserved_microusd, 0)
    await connection.execute(
        """
        with locked as (
            select scope, book from budget
            where book = %(book)s
              and scope = any((select scopes from operation where operation_id = %(id)s)::text[])
            order by scope for update)
        update budget set reserved_microusd = reserved_microusd - %(reserved)s,
                          settled_microusd = settled_microusd + %(charged)s,
                          overrun_microusd = overrun_microusd + %(overrun)s
        from locked where budget.scope = locked.scope and budget.book = locked.book
        """,
        {
            "book": operation.book,
            "id": operation_id,
            "reserved": operation.reserved_microusd,
            "charged": charged_microusd,
            "overrun": overrun,
        },
    )
    if overrun:
        await _brake(connection, operation, charged_microusd)
    await _note(connection, operation, "settle", charged_microusd, f"overrun {overrun}" if overrun else "")
    return await _end(connection, operation, OperationState.SETTLED, charged_microusd, "")


async def release(connection: Connection, operation_id: str, proof: str) -> Operation:
    """Give the reservation back, on proof that nothing was charged. Repeating changes nothing.

    Raises `ValueError` for an operation that was settled.
    """
    operation = await rows.operation(connection, operation_id, lock=True)
    if operation.state is OperationState.RELEASED:
        return operation
    if operation.state is OperationState.SETTLED:
        raise ValueError(
            f"{operation_id!r} was charged {operation.charged_microusd}; it cannot be released any more"
        )
    await connection.execute(
        """
        with locked as (
            select scope, book from budget
            where book = %(book)s
              and scope = any((select scopes from operation where operation_id = %(id)s)::text[])
            order by scope for update)
        update budget set reserved_microusd = reserved_microusd - %(reserved)s
        from locked where budget.scope = locked.scope and budget.book = locked.book
        """,
        {"book": operation.book, "id": operation_id, "reserved": operation.reserved_microusd},
    )
    await _note(connection, operation, "release", operation.reserved_microusd, proof)
    return await _end(connection, operation, OperationState.RELEASED, 0, proof)


async def release_unsent(connection: Connection, item_id: str, proof: str) -> int:
    """Release what an item reserved and never began to send; return how many operations that were."""
    cursor = await connection.execute(
        "select operation_id from operation where item_id = %s and state = 'reserved' order by operation_id for update",
        [item_id],
    )
    unsent = [row["operation_id"] for row in await cursor.fetchall()]
    for operation_id in unsent:
        await release(connection, operation_id, proof)
    return len(unsent)


async def _end(
    connection: Connection, operation: Operation, state: OperationState, charged_microusd: int, reason: str
) -> Operation:
    await connection.execute(
        """
        update operation set state = %s, charged_microusd = %s, reason = %s, epoch = epoch + 1, updated_at = now()
        where operation_id = %s
        """,
        [state, charged_microusd, reason, operation.operation_id],
    )
    return await rows.operation(connection, operation.operation_id)


async def _note(
    connection: Connection, operation: Operation, movement: str, amount_microusd: int, note: str
) -> None:
    await connection.execute(
        """
        insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd, note)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        [
            operation.operation_id,
            operation.account_id,
            operation.item_id,
            operation.book,
            movement,
            amount_microusd,
            note[:500],
        ],
    )


async def _brake(connection: Connection, operation: Operation, charged_microusd: int) -> None:
    reason = (
        f"{operation.vendor} charged {in_words(charged_microusd, operation.book)} for {operation.operation_id}, "
        f"more than the {in_words(operation.reserved_microusd, operation.book)} that were reserved"
    )
    await connection.execute(
        """
        update configuration
        set value = jsonb_build_object('stopped', true, 'reason', %s::text), updated_at = now()
        where key = 'paid_calls'
        """,
        [reason],
    )
