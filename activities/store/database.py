"""The way to PostgreSQL: pools, and the check that the schema is the one this code was written for."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection, OperationalError, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from activities.store.migrate import MIGRATE_COMMAND, missing_migrations
from schema.failure import Fault, Trouble

Connection = AsyncConnection[DictRow]


NOTICED_WHEN_DEAD = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""How both ends of a direct connection notice within half a minute that the other machine is gone without a word.

The server's usual two hours would hold the locks of a dead machine for as long. A paused process is not dead: its
machine answers, and it keeps its locks.
"""


class Database:
    """Two pools: one for transactions, one of direct connections for locks, which must not go through a pooler."""

    def __init__(
        self,
        url: str,
        direct_url: str | None = None,
        *,
        connections: int = 16,
        patience: timedelta = timedelta(seconds=20),
    ) -> None:
        """`patience` is how long a caller waits for a connection."""
        self._patience_s = patience.total_seconds()
        self._pool = _pool(url, connections, self._patience_s)
        self._direct = _pool(direct_url or url, connections, self._patience_s, noticed=True)

    async def open(self) -> None:
        """Connect, and check the schema.

        Raises `Trouble`: `vendor_down` where the database does not answer, `bad_input` where it is older than the
        code: then the line says which command migrates it.
        """
        try:
            await self._pool.open(wait=True, timeout=self._patience_s)
            await self._direct.open(wait=True, timeout=self._patience_s)
        except (PoolTimeout, OperationalError) as error:
            await self.close()
            raise Trouble(
                Fault.VENDOR_DOWN, f"PostgreSQL does not answer ({error}); check DATABASE_URL or start it"
            ) from error
        async with self.transaction() as connection:
            missing = await missing_migrations(connection)
        if missing:
            await self.close()
            raise Trouble(
                Fault.BAD_INPUT,
                f"the database lacks {len(missing)} migration(s), first {missing[0]!r}; run: {MIGRATE_COMMAND}",
            )

    async def close(self) -> None:
        """Close both pools."""
        await self._pool.close()
        await self._direct.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """Give a connection in a transaction: committed at the end, rolled back on an exception."""
        async with self._pool.connection() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """Give a connection on which each statement is a transaction of its own: it costs one round trip, not three."""
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def direct(self) -> AsyncGenerator[Connection]:
        """Give a direct connection without a transaction, for session locks."""
        async with self._direct.connection() as connection:
            yield connection


def _pool(
    url: str, size: int, patience_s: float, *, noticed: bool = False
) -> AsyncConnectionPool[Connection]:
    settings: dict[str, Any] = {"row_factory": dict_row, "autocommit": True}
    if noticed:
        ours = [f"-c tcp_{name}={seconds}" for name, seconds in NOTICED_WHEN_DEAD.items()]
        settings |= NOTICED_WHEN_DEAD | {"options": " ".join([_options_in(url), *ours])}
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs=settings,
        min_size=1,
        max_size=size,
        open=False,
        timeout=patience_s,
    )


def _options_in(url: str) -> str:
    """Return what the address itself asks of the server; nothing for one that opening refuses in a moment."""
    try:
        return str(conninfo_to_dict(url).get("options") or "")
    except ProgrammingError:
        return ""
