"""Five workers and the doors fit into an ordinary PostgreSQL; otherwise one line says the remedy."""

import re
from contextlib import AsyncExitStack

import pytest

from activities.store.capacity import SPARE, capacity, require_room
from activities.store.database import Database
from schema.failure import Trouble
from schema.settings import Settings

LET_IN = 97
"""Of PostgreSQL's 100 three are kept for superusers."""


async def asked(database: Database, **given: object) -> str:
    async with database.statements() as connection:
        return await require_room(connection, Settings.model_validate(given))


async def test_five_workers_and_the_doors_fit_as_they_come(database_url: str) -> None:
    """All of them at once, with every connection in use; a person's commands still find room."""
    settings = Settings()
    assert settings.workers == 5
    async with AsyncExitStack() as ends:
        opened = 0
        for number in range(settings.workers + 1):
            is_worker = number < settings.workers
            size = settings.connections if is_worker else settings.doors_connections
            database = Database(database_url, connections=size)
            await database.open()
            ends.push_async_callback(database.close)
            if is_worker:
                assert await ends.enter_async_context(database.locks.hold(f"lock-{number}"))
            for _ in range(size):
                await ends.enter_async_context(database.statements())
            opened += size + is_worker
        command = Database(database_url, connections=SPARE)
        await command.open()
        ends.push_async_callback(command.close)
        assert await asked(command) == ""
        async with command.statements() as connection:
            assert (await capacity(connection, settings)).allowed == LET_IN
        assert opened + SPARE <= LET_IN


async def test_what_may_not_fit_is_said_in_one_line_whose_remedy_fits(database: Database) -> None:
    line = await asked(database, connections=20)
    assert "\n" not in line
    assert f"lets {LET_IN} in" in line
    found = re.search(r"REELWRIGHT_CONNECTIONS to (\d+)", line)
    assert found is not None
    assert await asked(database, connections=int(found[1])) == ""
    assert await asked(database, connections=int(found[1]) + 1) != ""
    assert await asked(database, connections=40, workers=2) == ""


async def test_a_worker_that_cannot_fit_by_itself_is_not_begun(database: Database) -> None:
    with pytest.raises(Trouble, match=f"may open 98 connections, and this PostgreSQL lets {LET_IN} in"):
        await asked(database, connections=LET_IN, workers=1)


async def test_behind_a_pooler_only_the_connections_for_locks_count(database: Database) -> None:
    urls = {"database_url": "postgresql://a/x", "database_direct_url": "postgresql://b/x"}
    assert await asked(database, connections=500, **urls) == ""
