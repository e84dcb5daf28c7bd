"""A command's connections to a running stack: the database and Temporal."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

from activities.ledger.desk import PostgresArbiter
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from schema.settings import Settings
from signals.door import Door
from starter.stack.addresses import Addresses, require_running


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    settings: Settings
    addresses: Addresses
    database: Database
    client: Client

    @property
    def door(self) -> Door:
        """The command line's door for a person's words."""
        return Door(PostgresArbiter(self.database), self.database, self.client)

    @property
    def storage(self) -> FolderStorage:
        """The item's files."""
        return FolderStorage(self.settings.home)


@contextlib.asynccontextmanager
async def connected(settings: Settings, addresses: Addresses | None = None) -> AsyncGenerator[Session]:
    """Connect to the stack of this home, or to `addresses`; raises `Trouble` with the command that starts one."""
    where = addresses or require_running(settings)
    database = Database(where.database_url, connections=4)
    await database.open()
    try:
        yield Session(settings, where, database, await _temporal(where))
    finally:
        await database.close()


async def _temporal(addresses: Addresses) -> Client:
    """Return a client that connects at its first call: what needs only the database works while Temporal is away."""
    config = ClientConfig.load_client_connect_config(override_env_vars=addresses.environment())
    return await Client.connect(**config, data_converter=pydantic_data_converter, lazy=True)
