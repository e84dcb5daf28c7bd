"""An item among real processes: a worker to be killed, vendors that keep books, and a person who approves."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.reviews.arbiter import PostgresArbiter
from activities.store import account_rows
from activities.store.database import Database
from schema.failure import Trouble
from schema.items.account import Account
from schema.items.item import ItemRequest, ItemResult
from schema.reviews.review import WordForm
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.items.follow import follow
from starter.items.start_item import Handle, start
from tests.crashes.cases import chosen
from tests.crashes.workers import Surroundings
from tests.crashes.worlds import SCENES, WORLDS, World
from tests.house import end_all
from tests.journals import read_lines
from tests.services import TemporalServer
from tests.timings import PROCESSES, settings_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the cases of this run."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", chosen(metafunc.config), ids=str)


@dataclass
class Scene:
    """An item, and everything around it."""

    around: Surroundings
    world: World
    client: Client
    database: Database
    item_id: str
    patience_s: float

    async def begin(self) -> Handle:
        """Start the item."""
        async with self.database.transaction() as connection:
            await account_rows.ensure(connection, Account(account_id="crafts", title="crafts"))
        return await start(self.client, ItemRequest(item_id=self.item_id, account_id="crafts"))

    async def approve_when_shown(self) -> None:
        """Approve as a person does: once, as soon as there is something to see."""
        door = DecisionIntake(PostgresArbiter(self.database), self.database, self.client)
        word = WordForm(kind="approve", item_id=self.item_id, actor="ada", door="test")
        while True:
            try:
                if (await door.decide(word)).accepted:
                    return
            except (LookupError, Trouble):
                await asyncio.sleep(0.1)

    async def shown(self, handle: Handle) -> None:
        """Wait until there is something to review."""
        async for seen in follow(handle):
            if seen.progress and seen.progress.review_id:
                return

    async def finish(self, handle: Handle) -> ItemResult:
        """Wait until it has ended."""
        return await asyncio.wait_for(handle.result(), self.patience_s)

    async def vendors_counted_everything_once(self) -> None:
        """Hold the ledger and the item against what the vendors and the outbox wrote down themselves."""
        assert self.world.submissions(self.item_id) == dict.fromkeys(SCENES, 1)
        posts = read_lines(self.around.home / "outbox" / "journal.jsonl")
        assert [post["item_id"] for post in posts] == [self.item_id]
        settled, reserved = await self._budget()
        lost = await self._lost_answers()
        assert len(lost) <= 1
        assert self.world.asks() == self.world.asks_of_an_item
        assert reserved == 0
        assert settled == self.world.charged_microusd(self.item_id) + sum(lost)

    async def _budget(self) -> tuple[int, int]:
        """What is settled and reserved on the day."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select settled_microusd, reserved_microusd from budget where scope ~ '^day' and book = %s",
                [self.world.book],
            )
            row = await cursor.fetchone()
        assert row is not None
        return row["settled_microusd"], row["reserved_microusd"]

    async def _lost_answers(self) -> list[int]:
        """What was charged for answers that never came: nobody can look them up, so each counts in full."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute("select charged_microusd from operation where handle = 'lost'")
            return [row["charged_microusd"] async for row in cursor]


@pytest.fixture
async def scene_in(
    temporal: TemporalServer,
    database: Database,
    database_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Callable[[str], Scene]]:
    """Sets the scene in one of the worlds; it is torn down at the end."""
    real = request.config.getoption("--real-timings")
    client = await Client.connect(temporal.address, data_converter=data_converter)
    with ExitStack() as ends:

        def make(name: str) -> Scene:
            world = ends.enter_context(WORLDS[name](tmp_path))
            environment = {} if real else settings_of(PROCESSES)
            around = Surroundings(
                tmp_path / "home", database_url, temporal.address, {**environment, **world.environment}
            )
            item_id = f"crafts-20261120-{uuid.uuid4().hex[:6].translate(_BASE32)}"
            return Scene(around, world, client, database, item_id, patience_s=900 if real else 300)

        yield make
        await end_all(client)


_BASE32 = str.maketrans("0189", "wxyz")
"""Ids of items end in six letters or digits of base32: a look-up reads the day out of them."""
