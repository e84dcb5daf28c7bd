"""Reading operations out of the database."""

from collections.abc import Sequence

from activities.store.database import Connection
from schema.purchases.operation import Operation

COLUMNS = """operation_id, slot, attempt, kind, item_id, account_id, round, on_behalf_of, vendor, model, book,
    state, epoch, reserved_microusd, charged_microusd, prepared_handle, handle, uri, reason, refused"""
SINCE_RESTORE = """
    select clock_timestamp() - restored.at
    from (select (value #>> '{}')::timestamptz as at from configuration where key = 'restored_at') as restored, item
    where item.item_id = operation.item_id and (
        (select min(one.created_at) from item as one where one.line_id = item.line_id) < restored.at
        or (item.plan ->> 'planned')::boolean and substring(item.item_id from '-([0-9]{8})-[a-z0-9]+$')
            <= to_char(restored.at at time zone 'UTC' + interval '14 hours', 'YYYYMMDD'))
"""
"""Whatever may have been sent between backup and restore: of the items that were opened before, or that take up one
that was, and of those whose names a schedule gives again, by a day that had begun anywhere on earth."""
BEFORE_THE_RESTORE = """coalesce(created_at < (
    select (value #>> '{}')::timestamptz from configuration where key = 'restored_at'), false)"""
"""Whether an item was opened before a backup was restored, so that the ledger may have forgotten some of it."""


_OF_OPEN_ITEM = "select from item where item.item_id = operation.item_id and ended_at is null"


def lock_name(operation_id: str) -> str:
    """Return what is hashed into the advisory lock that the sender of an operation holds."""
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


async def dated(connection: Connection, operation: Operation) -> Operation:
    """Return it with the moment before which no vendor can have been asked for it: when it was reserved.

    A backup that was restored may have forgotten an older one of the same name: then it is the moment its item was
    opened, and None for an item whose very name a schedule gives again.
    """
    cursor = await connection.execute(
        f"""
        select case when ({SINCE_RESTORE}) is null then operation.created_at
                    when not coalesce((item.plan ->> 'planned')::boolean, false) then item.created_at end as since
        from operation join item using (item_id) where operation_id = %s
        """,
        [operation.operation_id],
    )
    row = await cursor.fetchone()
    return operation.model_copy(update={"not_made_before": row["since"] if row else None})


async def latest_attempts(
    connection: Connection, slots: Sequence[str], *, unended: bool = False
) -> dict[str, Operation]:
    """Return the newest attempt of each slot that has one; `unended` leaves out those of items that have ended."""
    cursor = await connection.execute(
        f"""select distinct on (slot) {COLUMNS} from operation where slot = any(%(slots)s)
        {f"and exists ({_OF_OPEN_ITEM})" if unended else ""} order by slot, attempt desc""",
        {"slots": list(slots)},
    )
    return {row["slot"]: Operation.model_validate(row) async for row in cursor}


async def refusals_of(connection: Connection, slots: Sequence[str]) -> list[Operation]:
    """Return the attempts at these slots that a vendor refused for good."""
    cursor = await connection.execute(
        f"select {COLUMNS} from operation where slot = any(%s) and refused order by slot, attempt",
        [list(slots)],
    )
    return [Operation.model_validate(row) async for row in cursor]


async def of_item(connection: Connection, item_id: str) -> list[Operation]:
    """Return all operations of an item, oldest first."""
    cursor = await connection.execute(
        f"select {COLUMNS} from operation where item_id = %s order by created_at, operation_id", [item_id]
    )
    return [Operation.model_validate(row) async for row in cursor]
