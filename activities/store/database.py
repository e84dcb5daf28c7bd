"""The way to PostgreSQL: a pool, one connection for locks, and a check of the schema."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection, OperationalError, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from activities.store.locks import SessionLocks
from activities.store.migrate import MIGRATE_COMMAND, missing_migrations
from schema.failure import Fault, Trouble

Connection = AsyncConnection[DictRow]


NOTICED_WHEN_DEAD = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""How both ends of a connection notice within half a minute that the other machine is gone without a word.

The server's usual two hours would hold the locks of a dead machine for as long. A paused process is not dead: its
machine answers, and it keeps the locks of its session.
"""
UNHEARD_MS = 25_000
"""How long what we sent may wait for the other machine to say that it came; then the connection counts as lost."""
IDLE = timedelta(seconds=10)
"""How long a transaction may wait for its own process before the server ends it: budgets are locked by some.

No send happens inside a transaction, so a paused sender keeps its lock.
"""


class Database:
    """A pool for statements and transactions, and one direct connection for locks, which no pooler may lend out."""

    locks: SessionLocks
    """Of this process; their connection is made with the first one, or by `open_locks`."""

    def __init__(
        self,
        url: str,
        direct_url: str | None = None,
        *,
        connections: int = 16,
        patience: timedelta = timedelta(seconds=20),
        idle: timedelta = IDLE,
    ) -> None:
        """`patience` is how long a caller waits for a connection, `idle` a transaction for its own process.

        A `direct_url` of its own means that the other leads through a pooler, which takes no options for a session:
        each transaction then says for itself how long it may wait.
        """
        self._addresses = {"DATABASE_URL": url, "DATABASE_DIRECT_URL": direct_url or url}
        self._patience_s = patience.total_seconds()
        self._idle_ms = int(idle.total_seconds() * 1000)
        self._pooled = direct_url not in (None, url)
        ours = None if self._pooled else _options(self._idle_ms)
        self._pool = _pool(url, connections, self._patience_s, ours)
        self._direct_url = direct_url or url
        self.locks = SessionLocks(self._connect_directly)

    async def open(self) -> None:
        """Connect, and check the schema.

        Raises `Trouble`: `vendor_down` where the database does not answer, `bad_input` where its address is none, and
        where it is older than the code: then the line says which command migrates it.
        """
        self._check_addresses()
        try:
            await self._pool.open(wait=True, timeout=self._patience_s)
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

    async def open_locks(self) -> None:
        """Connect for locks, for a process that will need some.

        Raises `Trouble` (`vendor_down`) where the database does not answer.
        """
        try:
            await self.locks.open()
        except OperationalError as error:
            raise Trouble(
                Fault.VENDOR_DOWN,
                f"PostgreSQL gives no direct connection ({error}); check DATABASE_DIRECT_URL",
            ) from error

    async def _connect_directly(self) -> Connection:
        return await Connection.connect(
            self._direct_url, **_settings(self._direct_url, _options(self._idle_ms))
        )

    def _check_addresses(self) -> None:
        """Raise `Trouble` for an address that libpq cannot read, and would try again and again."""
        for name, url in self._addresses.items():
            try:
                conninfo_to_dict(url)
            except ProgrammingError:  # its text may repeat a password
                raise Trouble(
                    Fault.BAD_INPUT,
                    f"{name} cannot be read as the address of a PostgreSQL; write it like "
                    "postgresql://user:password@host:5432/database",
                ) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()
        await self.locks.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """Give a connection in a transaction: committed at the end, rolled back on an exception."""
        async with self._pool.connection() as connection, connection.transaction():
            if self._pooled:
                await connection.execute(
                    f"set local idle_in_transaction_session_timeout = {self._idle_ms}".encode()
                )
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncGenerator[Connection]:
        """Give a connection on which each statement is a transaction of its own: it costs one round trip, not three."""
        async with self._pool.connection() as connection:
            yield connection


def _options(idle_ms: int) -> str:
    """Return what the server is asked for a session of ours; one that holds locks may be idle for long."""
    alive = [f"-c tcp_{name}={seconds}" for name, seconds in NOTICED_WHEN_DEAD.items()]
    ends = [f"-c idle_in_transaction_session_timeout={idle_ms}", "-c idle_session_timeout=0"]
    return " ".join([*alive, *ends])


def _settings(url: str, options: str | None) -> dict[str, Any]:
    """Return what each connection is made with; `options` are added to those of the address."""
    settings: dict[str, Any] = {
        "row_factory": dict_row,
        "autocommit": True,
        "tcp_user_timeout": UNHEARD_MS,
        **NOTICED_WHEN_DEAD,
    }
    if options:
        settings["options"] = f"{_options_in(url)} {options}".strip()
    return settings


def _pool(url: str, size: int, patience_s: float, options: str | None) -> AsyncConnectionPool[Connection]:
    """Return a pool that is not open yet."""
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs=_settings(url, options),
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
