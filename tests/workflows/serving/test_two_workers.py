"""Two workers at once, on one Temporal server and one database: they share the work, and nothing happens twice."""

import asyncio
import socket
from collections import Counter
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.reviews.arbiter import PostgresArbiter
from activities.store import account_rows, outbox
from activities.store.database import Database
from schema.failure import Trouble
from schema.items.account import Account
from schema.items.item import ItemRequest, ItemState
from schema.reviews.review import WordForm
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.items.start_item import Handle, start
from tests.crashes.workers import Surroundings
from tests.house import end_all
from tests.journals import read_lines
from tests.services import TemporalServer
from tests.timings import PROCESSES, settings_of
from tests.waiting import until

ITEMS = 6
MESSAGES = 30


@pytest.mark.server
async def test_two_workers_share_the_items_and_nothing_happens_twice(
    temporal: TemporalServer, database: Database, database_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    around = Surroundings(
        home, database_url, temporal.address, settings_of(PROCESSES), module="tests.benchmarks.instant"
    )
    client = await Client.connect(temporal.address, data_converter=data_converter)
    async with database.transaction() as connection:
        await account_rows.ensure(connection, Account(account_id="crafts", title="crafts"))
        for number in range(MESSAGES):
            await outbox.put(connection, f"overrun/{number}", "overrun", f"about {number}")
    names = [f"crafts-20261120-two{letter}wo" for letter in "abcdefgh"[:ITEMS]]
    with around.worker() as one, around.worker() as other:
        log = home / "worker.log"
        await asyncio.to_thread(
            until, "both poll", lambda: log.exists() and log.read_text().count("worker is polling") == 2
        )
        handles = [
            await start(client, ItemRequest(item_id=name, account_id="crafts", seed=number))
            for number, name in enumerate(names)
        ]
        async with asyncio.timeout(120):
            await asyncio.gather(*(approve(database, client, name) for name in names))
            results = await asyncio.gather(*(handle.result() for handle in handles))
            await all_told(database)
        pids = {one.pid, other.pid}
        assert (one.poll(), other.poll()) == (None, None)
    assert [result.state for result in results] == [ItemState.PUBLISHED] * ITEMS
    workers = Counter[str]()
    for handle in handles:
        workers += await who_worked(handle)
    assert set(workers) == {f"{pid}@{socket.gethostname()}" for pid in pids}
    posts = Counter(
        line["operation_id"].split("/")[0] for line in read_lines(home / "vendors/platform.jsonl")
    )
    assert posts == dict.fromkeys(names, 1)
    orders = Counter(line["operation_id"] for line in read_lines(home / "vendors/studio.jsonl"))
    assert orders == {f"{name}/1/scene/{scene}/1": 1 for name in names for scene in (1, 2, 3)}
    told = Counter(line["message_id"] for line in read_lines(home / "outbox/alerts.jsonl"))
    assert set(told.values()) == {1}
    assert len(told) == MESSAGES + ITEMS, "one of each, and one for each item that waited for a decision"
    async with database.statements() as connection:
        assert {message.attempts for message in await outbox.newest(connection, 1_000)} == {1}
    await end_all(client)


async def approve(database: Database, client: Client, item_id: str) -> None:
    """Approve as a person does: as soon as there is something to see."""
    intake = DecisionIntake(PostgresArbiter(database), database, client)
    word = WordForm(kind="approve", item_id=item_id, actor="ada", door="test")
    while True:
        try:
            if (await intake.decide(word)).accepted:
                return
        except (LookupError, Trouble):
            await asyncio.sleep(0.05)


async def all_told(database: Database) -> None:
    """Wait until nothing is left to be delivered."""
    while True:
        async with database.statements() as connection:
            if all(message.delivered_at for message in await outbox.newest(connection, 1_000)):
                return
        await asyncio.sleep(0.05)


async def who_worked(handle: Handle) -> Counter[str]:
    """How many activities each worker began for an item."""
    history = await handle.fetch_history()
    return Counter(
        event.activity_task_started_event_attributes.identity
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    )
