"""One connection holds all locks of a process: nothing else gets them, and what is lost with it says so."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from activities.store.database import Database
from activities.store.locks import LockLost
from tests.services import PostgresServer


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Another process, as far as PostgreSQL can tell."""
    opened = Database(database_url, connections=2)
    await opened.open()
    yield opened
    await opened.close()


async def is_free(database: Database, name: str) -> bool:
    async with database.locks.hold(name) as lock:
        return lock is not None


async def sessions(database: Database) -> list[int]:
    """Who holds advisory locks."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            """
            select distinct pid from pg_locks where locktype = 'advisory' and granted
              and database = (select oid from pg_database where datname = current_database())
            """
        )
        return [row["pid"] async for row in cursor]


async def test_a_lock_is_in_one_pair_of_hands_in_this_process_and_in_others(
    database: Database, other: Database
) -> None:
    async with database.locks.hold("a") as lock:
        assert lock is not None
        assert not await is_free(database, "a")
        assert not await is_free(other, "a")
        assert await is_free(other, "b")
        await lock.require()
    assert await is_free(other, "a")
    assert await is_free(database, "a")


async def test_all_locks_of_a_process_are_held_by_one_connection(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Barrier(21)

        async def hold(name: str) -> None:
            async with database.locks.hold(name) as lock:
                assert lock is not None
                await ready.wait()
                await ready.wait()

        for number in range(20):
            group.create_task(hold(f"lock-{number}"))
        await ready.wait()
        assert len(await sessions(database)) == 1
        await ready.wait()
    assert await sessions(database) == []


async def test_a_lost_connection_is_the_loss_of_every_lock_and_the_next_lock_makes_a_new_one(
    database: Database, other: Database, postgres: PostgresServer, empty_database_name: str
) -> None:
    async with database.locks.hold("a") as first, database.locks.hold("b") as second:
        (pid,) = await sessions(database)
        with psycopg.connect(postgres.url(empty_database_name), autocommit=True) as owner:
            owner.execute("select pg_terminate_backend(%s, 10000)", [pid])
        assert await is_free(other, "a")
        assert first is not None
        assert second is not None
        for lock in (first, second, first):
            with pytest.raises(LockLost):
                await lock.require()
        async with database.locks.hold("c") as third:
            assert third is not None
            await third.require()
            with pytest.raises(LockLost):  # the new connection did not take it
                await first.require()
        assert not await is_free(database, "a"), "the task that took it still works"
    assert await is_free(database, "a")


async def test_a_caller_that_is_cancelled_leaves_no_lock_behind(database: Database, other: Database) -> None:
    async def hold(name: str) -> None:
        async with database.locks.hold(name):
            await asyncio.sleep(60)

    for yields in range(12):  # also while the statement is on its way
        name = f"lock-{yields}"
        task = asyncio.create_task(hold(name))
        for _ in range(yields):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            while True:
                if await is_free(other, name) and await is_free(database, name):
                    break
                await asyncio.sleep(0.01)


async def test_a_database_that_is_away_is_an_error_that_passes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> None:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(database.locks, "_connect", refused)
    with pytest.raises(LockLost, match="connection refused"):
        async with database.locks.hold("a"):
            pass
    with pytest.raises(LockLost, match="connection refused"):
        await database.locks.open()
