"""Correcting a charge after the fact: a person has read the vendor's own bill. Takes an open transaction."""

from activities.ledger import ending, operation_rows, thresholds
from activities.store import item_rows
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.money import in_words
from schema.purchases.operation import Operation, OperationState


async def correct(
    connection: Connection, operation_id: str, charged_microusd: int, actor: str, reason: str = ""
) -> Operation:
    """Set what an ended purchase was charged, and its budgets with it; what was written before stays beside it.

    No brake is applied: a person is looking. What it raises counts as an overrun, since it was not reserved. What was
    given back and turns out to be charged counts as settled.

    Raises `LookupError` where the ledger does not know it, and `Trouble` (`bad_input`) for what has not ended, costs
    nothing by its kind, is charged that much already, or was made again as a later attempt.
    """
    operation = await operation_rows.operation(connection, operation_id, lock=True)
    await _may_be_corrected(connection, operation, charged_microusd)
    await ending.hold_budgets(connection, [operation_id])
    before = operation.charged_microusd or 0
    line = (
        f"{operation_id}: {actor} corrected {in_words(before, operation.book)} to "
        f"{in_words(charged_microusd, operation.book)}{': ' if reason else ''}{reason}"
    )
    await connection.execute(
        """
        with moved as (
            update budget set settled_microusd = settled_microusd + %(more)s,
                              overrun_microusd = greatest(overrun_microusd + %(more)s, 0)
            from operation
            where operation_id = %(id)s and budget.book = operation.book and budget.scope = any(operation.scopes)
        ), noted as (
            insert into entry (operation_id, account_id, item_id, book, movement, amount_microusd)
            select operation_id, account_id, item_id, book, 'correct', %(charged)s
            from operation where operation_id = %(id)s
        )
        update operation set state = 'settled', charged_microusd = %(charged)s, epoch = epoch + 1, updated_at = now()
        where operation_id = %(id)s
        """,
        {
            "id": operation_id,
            "charged": charged_microusd,
            "more": charged_microusd - before,
        },
    )
    await thresholds.note_crossed_by_overrun(connection, operation_id)
    await item_rows.note(connection, operation.item_id, "charge corrected", line)
    return await operation_rows.operation(connection, operation_id)


async def _may_be_corrected(connection: Connection, operation: Operation, charged_microusd: int) -> None:
    name = repr(operation.operation_id)
    if operation.kind != "paid":
        raise Trouble(Fault.BAD_INPUT, f"{name} is a post, and costs nothing")
    if operation.state not in (OperationState.SETTLED, OperationState.RELEASED):
        raise Trouble(
            Fault.BAD_INPUT,
            f"{name} is {operation.state}: what has not ended is closed by `reelwright unknowns`",
        )
    if (operation.charged_microusd or 0) == charged_microusd:
        charged = in_words(charged_microusd, operation.book)
        raise Trouble(Fault.BAD_INPUT, f"{name} is charged {charged} already; nothing was changed")
    latest = (await operation_rows.latest_attempts(connection, [operation.slot]))[operation.slot]
    if operation.state is OperationState.RELEASED and latest.attempt > operation.attempt:
        raise Trouble(
            Fault.BAD_INPUT,
            f"{name} was made again as {latest.operation_id!r}: correct that one to what both were charged",
        )
