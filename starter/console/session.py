"""A command's connections to a running stack: the database and Temporal."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime, TelemetryConfig

from activities.reviews.arbiter import PostgresArbiter
from activities.storage.folder import FolderStorage
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.settings import Settings
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.console.from_database import PATIENCE
from starter.stack.stack_addresses import Addresses, require_running


@dataclass(frozen=True)
class Session:
    """What a command works with."""

    settings: Settings
    addresses: Addresses
    database: Database
    client: Client

    @property
    def door(self) -> DecisionIntake:
        """The command line's door for a person's words."""
        return DecisionIntake(PostgresArbiter(self.database), self.database, self.client)

    @property
    def storage(self) -> FolderStorage:
        """The item's files."""
        return FolderStorage(self.settings.home)


@contextlib.asynccontextmanager
async def connected(
    settings: Settings, addresses: Addresses | None = None, *, without_temporal: bool = False
) -> AsyncGenerator[Session]:
    """Connect to the stack of this home, or to `addresses`; raises `Trouble` with the command that starts one.

    `without_temporal` is for what works while Temporal is away: its client then connects at the first call.
    """
    where = addresses or require_running(settings)
    database = Database(where.database_url, connections=4, patience=PATIENCE)
    await database.open()
    try:
        yield Session(settings, where, database, await _temporal(where, lazy=without_temporal))
    finally:
        await database.close()


def quiet_runtime() -> Runtime:
    """Return the part of Temporal's client that speaks to the server, told to say nothing.

    Of itself it warns on standard output, which belongs to a command's result.
    """
    return Runtime(telemetry=TelemetryConfig(logging=None))


async def _temporal(addresses: Addresses, *, lazy: bool) -> Client:
    config = ClientConfig.load_client_connect_config(override_env_vars=addresses.environment())
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await Client.connect(
                **config, data_converter=data_converter, lazy=lazy, runtime=quiet_runtime()
            )
    except (RuntimeError, TimeoutError) as error:
        raise Trouble(
            Fault.VENDOR_DOWN,
            f"Temporal does not answer at {addresses.temporal_address}; try again, `reelwright logs` says why",
        ) from error
