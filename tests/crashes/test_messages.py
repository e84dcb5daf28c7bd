"""Kill the worker between the delivery of a message and its record: the person is told once all the same."""

import asyncio
from pathlib import Path

from activities.store import outbox
from activities.store.database import Database
from tests.crashes.workers import Surroundings, died_of_sigkill
from tests.journals import read_lines
from tests.services import TemporalServer
from tests.timings import PROCESSES, settings_of


async def test_a_message_whose_delivery_was_not_written_down_is_shown_once(
    temporal: TemporalServer, database: Database, database_url: str, tmp_path: Path
) -> None:
    environment = settings_of(PROCESSES) | {"REELWRIGHT_STUDIO_URL": "http://127.0.0.1:1"}
    around = Surroundings(tmp_path / "home", database_url, temporal.address, environment)
    names = ["brake/a", "overrun/a", "overrun/b"]
    async with database.transaction() as connection:
        for name in names:
            await outbox.put(connection, name, "overrun", f"about {name}")
    with around.worker(CRASH_POINT="message.delivered:2") as doomed:
        assert await asyncio.to_thread(died_of_sigkill, doomed)
    assert await waiting(database) == 2
    with around.worker():
        await asyncio.wait_for(none_waits(database), 90)
    delivered = read_lines(around.home / "outbox" / "alerts.jsonl")
    assert sorted(line["message_id"] for line in delivered) == names


async def none_waits(database: Database) -> None:
    while True:
        if not await waiting(database):
            return
        await asyncio.sleep(0.1)


async def waiting(database: Database) -> int:
    async with database.transaction() as connection:
        return sum(alert.delivered_at is None for alert in await outbox.newest(connection, 100))
