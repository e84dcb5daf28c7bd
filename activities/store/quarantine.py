"""After a restore: the world has gone on since the backup, so everything older is looked up before it is sent."""

import psycopg


async def begin(url: str) -> None:
    """Note, as the owner, that the database was restored just now. Items opened before are looked up from here on."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(
            """
            insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))
            on conflict (key) do update set value = excluded.value, updated_at = now()
            """
        )
