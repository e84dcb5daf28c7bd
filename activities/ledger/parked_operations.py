"""Operations whose outcome only a person can find out, and the three answers: adopt, write off, prove none.

Each answer names who gave it, and ends the reservation. Functions take an open transaction.
"""

from datetime import datetime

from activities.ledger import ending, operation_rows
from activities.store import item_rows
from activities.store.database import Connection
from schema.failure import Fault, Trouble
from schema.payload import Payload
from schema.purchases.operation import UNSENT, Operation


class ParkedOperation(Payload):
    """One operation that waits for a person."""

    operation: Operation
    since: datetime
    told: tuple[str, ...] = ()
    """Jobs that the vendor's own verified callbacks named for it, each with what it said: where to look first."""


_OPEN = """(operation.state = 'parked'
    or (operation.state in ('sending', 'unknown', 'accepted') and item.ended_at is not null))"""


async def parked_operations(connection: Connection) -> list[ParkedOperation]:
    """Return what waits for a person, oldest first: parked, or left open by an item that has ended."""
    columns = ", ".join(f"operation.{name.strip()}" for name in operation_rows.COLUMNS.split(","))
    cursor = await connection.execute(
        f"""
        select {columns}, operation.updated_at,
               array(select job_id || ' (' || says || ')' from callback
                     where callback.vendor = operation.vendor and callback.operation_id = operation.operation_id
                     order by callback_id) as told
        from operation join item using (item_id)
        where {_OPEN} order by operation.updated_at
        """
    )
    return [
        ParkedOperation(operation=Operation.model_validate(row), since=row["updated_at"], told=row["told"])
        async for row in cursor
    ]


async def adopt(
    connection: Connection, operation_id: str, actor: str, handle: str, charged_microusd: int
) -> Operation:
    """A person found it at the vendor: it happened, under this handle and at this charge."""
    operation = await _asked(connection, operation_id)
    await connection.execute(
        "update operation set handle = %s where operation_id = %s", [handle, operation_id]
    )
    await _note(connection, operation, f"adopted by {actor} as {handle!r}")
    return await ending.settle(connection, operation_id, charged_microusd)


async def write_off(connection: Connection, operation_id: str, actor: str) -> Operation:
    """The outcome cannot be found out: it counts as charged in full."""
    operation = await _asked(connection, operation_id)
    await _note(connection, operation, f"written off by {actor}")
    return await ending.settle(connection, operation_id, operation.reserved_microusd)


async def prove_none(connection: Connection, operation_id: str, actor: str) -> Operation:
    """A person made sure that nothing happened: the money is given back."""
    operation = await _asked(connection, operation_id)
    await _note(connection, operation, f"{actor} made sure that nothing happened")
    return await ending.release(connection, operation_id, f"{actor} made sure that nothing happened")


async def park_what_a_backup_forgot(connection: Connection, item_id: str) -> bool:
    """Park what an item of a restored backup has reserved; say whether it is one."""
    cursor = await connection.execute(
        f"select 1 from item where item_id = %s and ended_at is null and {operation_rows.BEFORE_THE_RESTORE}",
        [item_id],
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


async def _asked(connection: Connection, operation_id: str) -> Operation:
    """Return the operation, locked against senders and look-ups until the transaction ends."""
    cursor = await connection.execute(
        "select pg_try_advisory_xact_lock(hashtextextended(%s, 0)) as got",
        [operation_rows.lock_name(operation_id)],
    )
    row = await cursor.fetchone()
    if not (row and row["got"]):
        raise Trouble(
            Fault.BAD_INPUT, f"{operation_id!r} is being sent or looked up at this moment; try again"
        )
    cursor = await connection.execute(
        f"""
        select 1 from operation join item using (item_id)
        where operation_id = %s and {_OPEN} for update of operation
        """,
        [operation_id],
    )
    if await cursor.fetchone() is None:
        raise Trouble(
            Fault.BAD_INPUT,
            f"{operation_id!r} does not wait for a person; `reelwright unknowns` lists what does",
        )
    return await operation_rows.operation(connection, operation_id)


async def _note(connection: Connection, operation: Operation, line: str) -> None:
    await item_rows.note(
        connection, operation.item_id, "unknown outcome closed", f"{operation.operation_id}: {line}"
    )
