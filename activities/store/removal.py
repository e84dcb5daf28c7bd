"""Takes away what nothing was made for. What was made and paid for stays."""

from typing import Literal

import psycopg

from activities.store.database import Connection
from schema.failure import Fault, Trouble


async def delete_unused(
    connection: Connection, table: Literal["account", "campaign"], name: str, uses: str
) -> None:
    """Delete a row that no other refers to; raises `Trouble` (`bad_input`) if one does. `uses` says what may."""
    try:
        await connection.execute(f"delete from {table} where {table}_id = %s", [name])
    except psycopg.errors.ForeignKeyViolation:
        raise Trouble(
            Fault.BAD_INPUT, f"{name!r} has {uses}, so it stays: what was made and paid is not forgotten"
        ) from None
