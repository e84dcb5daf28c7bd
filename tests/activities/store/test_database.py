"""Connections to a PostgreSQL on another machine, which may go without a word."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from psycopg.errors import IdleInTransactionSessionTimeout

from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Connection, Database
from activities.store.locks import Session, SessionLocks
from activities.store.migrate import migrate
from schema.purchases.operation import Refusal
from schema.settings import Timings
from starter.stack import ports
from starter.stack.child_process import Command
from starter.stack.embedded_postgres import EmbeddedPostgres
from tests.activities.ledger.scenery import open_item, plan, scene_order

IDLE_LIMIT = "idle_in_transaction_session_timeout"


class OverTheNetwork(EmbeddedPostgres):
    """The embedded server, listening on the loopback, too."""

    port = 0

    def command(self) -> Command:
        argv = list(super().command().argv)
        argv[argv.index("-h") + 1], argv[argv.index("-p") + 1] = "127.0.0.1", str(self.port)
        return replace(super().command(), argv=tuple(argv))

    def url(self, user: str = "postgres", database: str = "reelwright") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


async def test_a_lock_of_a_machine_that_is_gone_is_free_within_half_a_minute() -> None:
    """What the server was told is what counts: no test can take a machine away from the network."""
    with tempfile.TemporaryDirectory(prefix="rw-", ignore_cleanup_errors=True) as folder:
        server = OverTheNetwork(Path(folder) / "postgres", durable=False)
        server.port = ports.choose()
        with server.running(Path(folder) / "postgres.log") as url:
            await migrate(url)
            database = Database(
                f"{url}?options=-c%20geqo%3Doff%20-c%20idle_session_timeout%3D60s", connections=2
            )
            await database.open()
            await database.open_locks()
            told = [
                await settings_of(way) for way in (database.statements, lambda: session_of(database.locks))
            ]
            await database.close()
    assert told == [["10", "5", "3", "10s", "0", "off"]] * 2


@asynccontextmanager
async def session_of(locks: SessionLocks) -> AsyncGenerator[Session]:
    """The connection that holds the locks."""
    session = locks._session  # pyright: ignore[reportPrivateUsage]
    assert session is not None
    yield session


async def settings_of(way: Callable[[], AbstractAsyncContextManager[Connection]]) -> list[str]:
    """What the server was told by one of the two kinds of connections."""
    names = (
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_keepalives_count",
        IDLE_LIMIT,
        "idle_session_timeout",
        "geqo",
    )
    async with way() as connection:
        return [
            (await (await connection.execute(f"show {name}".encode())).fetchone() or {})[name]
            for name in names
        ]


@pytest.mark.parametrize("way", ["straight", "through a pooler"])
async def test_a_transaction_whose_process_stands_still_is_ended_and_others_go_on(
    database: Database, database_url: str, way: str
) -> None:
    """The server ends it by itself: a stopped process can do nothing about the budgets it holds."""
    elsewhere = f"{database_url}&connect_timeout=30" if way == "through a pooler" else None
    still = Database(database_url, elsewhere, connections=2, idle=timedelta(seconds=0.5))
    await still.open()
    ledger = PostgresLedger(database, Timings())
    item = await open_item(database, plan())
    await ledger.reserve([scene_order(item, 1, 1)], item.limits)

    async def stand_still() -> None:
        async with AsyncExitStack() as held:
            connection = await held.enter_async_context(still.transaction())
            await connection.execute("select 1 from budget where scope = 'global' for update")
            async with asyncio.timeout(30):
                reserved = await ledger.reserve([scene_order(item, 1, 2)], item.limits)
            assert not isinstance(reserved, Refusal)
            await connection.execute("select 1")

    with pytest.raises(IdleInTransactionSessionTimeout):
        await stand_still()
    await still.close()


async def test_a_lock_of_a_session_outlives_any_pause_between_transactions(
    database: Database, database_url: str
) -> None:
    still = Database(database_url, connections=2, idle=timedelta(seconds=0.2))
    await still.open()
    async with still.locks.hold("a") as lock:
        assert lock is not None
        await asyncio.sleep(1)
        async with database.locks.hold("a") as other:
            assert other is None
        await lock.require()
    await still.close()
