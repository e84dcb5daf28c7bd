"""After a restore a person looks before anything is bought or posted: the world has gone on.

What may have been done after the backup is looked up before it is sent, also when the person has resumed.
"""

import psycopg
from psycopg.rows import DictRow, dict_row

from activities.store import stop_switch


async def begin(url: str, what: str) -> None:
    """Note, as the owner, that the database was restored just now, and stop what costs money or becomes public.

    `what` says from what, e.g. `restored from a backup of 2026-11-20 10:00 UTC`. Raises `Trouble` for a database that
    was never migrated.
    """
    reason = f"{what}; see `reconcile` and `unknowns`, then `resume`"
    async with await psycopg.AsyncConnection[DictRow].connect(url, row_factory=dict_row) as connection:
        await connection.execute(
            """
            insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))
            on conflict (key) do update set value = excluded.value, updated_at = now()
            """
        )
        await stop_switch.stop(connection, reason, quarantine=True)
