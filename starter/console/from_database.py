"""Reads from the database alone, for commands that can do without loading Temporal's client."""

import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta

from activities.store.database import Connection, Database
from schema.settings import Settings
from starter.stack.stack_addresses import require_running

PATIENCE = timedelta(seconds=8)
"""For a server that is being started again; then a person is told."""


@contextlib.asynccontextmanager
async def stored(settings: Settings) -> AsyncGenerator[Connection]:
    """Give a transaction in the stack's database; raises `Trouble` with the command that starts one."""
    database = Database(require_running(settings).database_url, connections=1, patience=PATIENCE)
    await database.open()
    try:
        async with database.transaction() as connection:
            yield connection
    finally:
        await database.close()
