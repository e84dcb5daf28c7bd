"""Reading operations out of the database."""

from collections.abc import Sequence

from activities.store.database import Connection
from schema.operation import Operation

COLUMNS = """operation_id, slot, attempt, kind, item_id, account_id, round, vendor, model, book, state, epoch,
    reserved_microusd, charged_microusd, handle, reason"""


def lock_name(operation_id: str) -> str:
    """Return what is hashed into the advisory lock that whoever sends an operation holds."""
    return f"operation:{operation_id}"


async def operation(connection: Connection, operation_id: str, *, lock: bool = False) -> Operation:
    """Return one operation, locking its row until the transaction ends where `lock` is set.

    Raises `LookupError` where there is none.
    """
    cursor = await connection.execute(
        f"select {COLUMNS} from operation where operation_id = %s {'for update' if lock else ''}",
        [operation_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(f"there is no operation {operation_id!r}")
    return Operation.model_validate(row)


async def latest_attempts(connection: Connection, slots: Sequence[str]) -> dict[str, Operation]:
    """Return the newest attempt of each slot that has one."""
    cursor = await connection.execute(
        f"select distinct on (slot) {COLUMNS} from operation where slot = any(%s) order by slot, attempt desc",
        [list(slots)],
    )
    return {row["slot"]: Operation.model_validate(row) async for row in cursor}


async def of_item(connection: Connection, item_id: str) -> list[Operation]:
    """Return all operations of an item, oldest first."""
    cursor = await connection.execute(
        f"select {COLUMNS} from operation where item_id = %s order by created_at, operation_id", [item_id]
    )
    return [Operation.model_validate(row) async for row in cursor]
