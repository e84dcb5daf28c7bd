"""The worker as a whole: what runs beside its activities does not end unnoticed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import worker
from activities.offline.offline_writer import OfflineWriter
from activities.storage.folder import FolderStorage
from activities.store import outbox
from activities.store.database import Database
from schema.failure import Trouble
from schema.money import Book
from schema.prices.price_table import load_prices
from schema.reviews.message import Message
from schema.settings import Settings
from tests.fakes import InstantEditor
from tests.services import TemporalServer
from tests.timings import SHORT


class Broken:
    """A messenger with a mistake in it."""

    async def tell(self, message: Message) -> str:
        raise ZeroDivisionError(f"cannot tell of {message.message_id}")


async def test_a_relay_that_ends_by_itself_ends_the_worker_with_the_reason(
    temporal: TemporalServer, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)

    @contextlib.asynccontextmanager
    async def built(settings: Settings) -> AsyncGenerator[worker.Adapters]:
        yield worker.Adapters(
            database=database,
            timings=settings.timings,
            writers=dict.fromkeys(Book, OfflineWriter()),
            studios={},
            bookkeepers={},
            prices=[load_prices("offline")],
            editor=InstantEditor(),
            storage=FolderStorage(settings.home),
            platforms={},
            messenger=Broken(),
        )

    async with database.transaction() as connection:
        await outbox.put(connection, "overrun/a", "overrun", "about a")
    with (
        capture_logs(),
        pytest.raises(Trouble, match=r"the delivery of messages ended by itself .*overrun/a"),
    ):
        await asyncio.wait_for(worker.serve(Settings(home=tmp_path, timings=SHORT), built), 30)
    assert not (tmp_path / "run" / "worker.ready").exists()
