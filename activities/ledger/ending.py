"""Ending reservations: settle what was charged, release on proof. Functions take an open connection."""

from collections.abc import Sequence

from activities.ledger import operation_rows, thresholds
from activities.store import outbox, stop_switch
from activities.store.database import Connection
from schema.money import in_words
from schema.purchases.operation import UNSENT, Operation, OperationState


async def settle(
    connection: Connection, operation_id: str, charged_microusd: int, wasted: str = ""
) -> Operation:
    """Write down what was really charged; more than was reserved is an overrun, which stops new paid calls.

    `wasted` says why what was charged for is of no use; empty where it is.

    Repeating changes nothing. Raises `ValueError` for an operation that was released.
    """
    settled, reason = OperationState.SETTLED, wasted[:500]
    if ended := await _end(connection, operation_id, settled, reason, charged_microusd=charged_microusd):
        return ended
    async with connection.transaction():
        operation = await operation_rows.operation(connection, operation_id, lock=True)
        if operation.state is OperationState.RELEASED:
            line = f"{operation_id!r} was released ({operation.reason}); it cannot be charged any more"
            raise ValueError(line)
        if operation.state is not OperationState.SETTLED:
            await _brake(connection, operation, charged_microusd)
            ended = await _end(
                connection, operation_id, settled, reason, charged_microusd=charged_microusd, overrun=True
            )
            await thresholds.note_crossed_by_overrun(connection, operation_id)
    return ended or operation


async def mark_wasted(connection: Connection, operation_id: str, why: str) -> None:
    """Note why a purchase turned out to be of no use. No amount changes; an earlier note stays."""
    await connection.execute(
        """
        update operation set reason = %s, epoch = epoch + 1, updated_at = now()
        where operation_id = %s and state = 'settled' and reason = ''
        """,
        [why[:500], operation_id],
    )


async def release(
    connection: Connection, operation_id: str, proof: str, *, refused: bool = False
) -> Operation:
    """Give the reservation back, on proof that nothing was charged. Repeating changes nothing.

    `refused` says that the vendor refused the request for good. Raises `ValueError` for an operation that was settled.
    """
    if ended := await _end(connection, operation_id, OperationState.RELEASED, proof, refused=refused):
        return ended
    operation = await operation_rows.operation(connection, operation_id)
    if operation.state is OperationState.SETTLED:
        raise ValueError(
            f"{operation_id!r} was charged {operation.charged_microusd}; it cannot be released any more"
        )
    return operation


async def hand_on(connection: Connection, operation_id: str, proof: str) -> None:
    """Release an operation on proof, and let the next attempt at the same thing hold its money. Repeating is harmless.

    No budget moves, so no other item can take it between two attempts of a round that was reserved whole. What
    is not sent is given back when its item ends. Raises `ValueError` for an operation that was settled.
    """
    operation = await operation_rows.operation(connection, operation_id, lock=True)
    if operation.state is OperationState.RELEASED:
        return
    if operation.state is OperationState.SETTLED:
        raise ValueError(
            f"{operation_id!r} was charged {operation.charged_microusd}; there is no next attempt"
        )
    await connection.execute(
        """
        with ended as (
            update operation set state = 'released', charged_microusd = 0, reason = %(proof)s, epoch = epoch + 1,
                                 updated_at = now()
            where operation_id = %(id)s returning *
        ), given as (
            insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd)
            select operation_id, account_id, item_id, book, 'release', reserved_microusd from ended
        ), held as (
            insert into operation (operation_id, slot, attempt, kind, item_id, account_id, round, on_behalf_of,
                                   vendor, model, book, reserved_microusd, scopes, line_id)
            select slot || '/' || attempt + 1, slot, attempt + 1, kind, item_id, account_id, round, on_behalf_of,
                   vendor, model, book, reserved_microusd, scopes, line_id from ended
            returning *
        )
        insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd, held_from)
        select operation_id, account_id, item_id, book, 'reserve', reserved_microusd, %(id)s from held
        """,
        {"id": operation_id, "proof": proof},
    )


async def release_if_unsent(connection: Connection, operation_id: str, proof: str) -> Operation:
    """Release a reservation that no worker has begun to send; any other stays. Return how it stands."""
    operation = await operation_rows.operation(connection, operation_id, lock=True)
    if operation.state not in UNSENT:
        return operation
    return await release(connection, operation_id, proof)


async def release_unsent(connection: Connection, item_id: str, proof: str) -> int:
    """Release what an item reserved and never began to send; return how many operations that were."""
    cursor = await connection.execute(
        "select operation_id from operation where item_id = %s and state = any(%s) order by operation_id for update",
        [item_id, list(UNSENT)],
    )
    unsent = [row["operation_id"] for row in await cursor.fetchall()]
    if unsent:
        await hold_budgets(connection, unsent)
    for operation_id in unsent:
        await release(connection, operation_id, proof)
    return len(unsent)


async def hold_budgets(connection: Connection, operation_ids: Sequence[str]) -> None:
    """Lock every budget of several operations, in the order that all transactions use.

    One by one, two items with operations of two days could each hold what the other needs next.
    """
    await connection.execute(
        """
        select 1 from budget
        where (scope, book) in (
            select unnest(scopes), book from operation where operation_id = any(%s))
        order by scope, book for update
        """,
        [list(operation_ids)],
    )


async def _end(
    connection: Connection,
    operation_id: str,
    state: OperationState,
    reason: str,
    *,
    charged_microusd: int = 0,
    refused: bool = False,
    overrun: bool = False,
) -> Operation | None:
    """End an operation and move its money; None where it had ended.

    None, too, where it was charged more than was reserved, unless `overrun` is set. Row, budgets and entry are one
    statement, so that budgets, which many items share, are locked for no longer than a commit.
    """
    cursor = await connection.execute(
        f"""
        with held as (
            select * from operation
            where operation_id = %(id)s and state not in ('settled', 'released')
              and (%(charged)s <= reserved_microusd or %(overrun)s)
            for update
        ), locked as (
            select budget.scope, budget.book, held.reserved_microusd as reserved
            from held join budget on budget.book = held.book and budget.scope = any(held.scopes)
            order by budget.scope for update of budget
        ), moved as (
            update budget set reserved_microusd = reserved_microusd - reserved,
                              settled_microusd = settled_microusd + %(charged)s,
                              overrun_microusd = overrun_microusd + greatest(%(charged)s - reserved, 0)
            from locked where budget.scope = locked.scope and budget.book = locked.book
        ), noted as (
            insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd)
            select operation_id, account_id, item_id, book, %(movement)s,
                   case when %(movement)s = 'settle' then %(charged)s else reserved_microusd end
            from held
        )
        update operation set state = %(state)s, charged_microusd = %(charged)s, reason = %(reason)s,
                             refused = %(refused)s, epoch = epoch + 1, updated_at = now()
        where operation_id = (select operation_id from held)
        returning {operation_rows.COLUMNS}
        """,
        {
            "id": operation_id,
            "charged": charged_microusd,
            "overrun": overrun,
            "state": state,
            "reason": reason,
            "movement": "settle" if state is OperationState.SETTLED else "release",
            "refused": refused,
        },
    )
    row = await cursor.fetchone()
    return Operation.model_validate(row) if row else None


async def _brake(connection: Connection, operation: Operation, charged_microusd: int) -> None:
    """Stop new paid calls until a person has looked, and say so."""
    reason = (
        f"{operation.vendor} charged {in_words(charged_microusd, operation.book)} for {operation.operation_id}, "
        f"more than the {in_words(operation.reserved_microusd, operation.book)} that were reserved"
    )
    await outbox.put(connection, f"overrun/{operation.operation_id}", "overrun", reason, operation.account_id)
    if not await stop_switch.stop(connection, reason):
        line = f"paid calls are stopped: {reason}; `reelwright resume` allows them again"
        await outbox.put(connection, f"brake/{operation.operation_id}", "brake", line)
