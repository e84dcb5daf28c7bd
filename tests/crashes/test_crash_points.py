"""Kill the worker at every named place: nothing is bought twice, nothing posted twice, no approval is lost.

The verdict is the vendors': the studio's journal and the outbox's own.
"""

import asyncio
import json
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.ledger.crash_points import POINTS
from activities.ledger.desk import PostgresArbiter
from activities.store import accounts
from activities.store.database import Database
from schema.account import Account
from schema.failure import Trouble
from schema.item import ItemRequest, ItemResult, ItemState
from schema.progress import Progress
from schema.review import Word
from signals.door import Door
from starter.beginning import Handle, start
from starter.watching import follow
from tests.activities.studios.server import StudioProcess, offline_studio
from tests.crashes.workers import Surroundings, died_of_sigkill, paused
from tests.house import end_all
from tests.services import TemporalServer

NARROW = ("send.claimed", "send.answered", "settle.inside", "post.made")
"""The windows between an effect and its record: an ordinary run takes these."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take every point where that was asked for."""
    every = metafunc.config.getoption("--every-crash-point")
    if "killed_at" in metafunc.fixturenames:
        points = [point for point in POINTS if point != "decision.stored"] if every else NARROW
        metafunc.parametrize("killed_at", points)
    if "paused_at" in metafunc.fixturenames:
        metafunc.parametrize(
            "paused_at", ("send.claimed", "send.answered", "post.made") if every else ("send.answered",)
        )


@dataclass
class Scene:
    """An item among real processes."""

    around: Surroundings
    studio: StudioProcess
    client: Client
    database: Database
    item_id: str

    async def begin(self) -> Handle:
        async with self.database.transaction() as connection:
            await accounts.ensure(connection, Account(account_id="crafts", title="crafts"))
        return await start(self.client, ItemRequest(item_id=self.item_id, account_id="crafts"))

    async def approve_when_shown(self) -> None:
        """Approve as a person does: once, as soon as there is something to see."""
        door = Door(PostgresArbiter(self.database), self.database, self.client)
        word = Word(kind="approve", item_id=self.item_id, actor="ada", door="test")
        while True:
            try:
                if (await door.decide(word)).accepted:
                    return
            except (LookupError, Trouble):
                await asyncio.sleep(0.1)

    async def shown(self, handle: Handle) -> None:
        """Wait until there is something to review."""
        async for seen in follow(handle):
            if isinstance(seen, Progress) and seen.review_id:
                return

    async def finish(self, handle: Handle) -> ItemResult:
        return await asyncio.wait_for(handle.result(), 90)

    async def vendors_counted_everything_once(self) -> None:
        slots = [str(line["marker"]).rpartition("/")[0] for line in self.journal("submitted")]
        assert sorted(slots) == [f"{self.item_id}/1/scene/{scene}" for scene in (1, 2, 3)]
        posts = (self.around.home / "outbox" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(posts) == 1
        async with self.database.transaction() as connection:
            row = await (
                await connection.execute(
                    "select settled_microusd, reserved_microusd from budget where scope ~ '^day'"
                )
            ).fetchone()
        charged = sum(line["price_microusd"] for line in self.journal("charged"))
        assert row == {"settled_microusd": charged, "reserved_microusd": 0}

    def journal(self, effect: str) -> list[dict[str, object]]:
        lines = (self.studio.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [
            line
            for line in map(json.loads, lines)
            if line["effect"] == effect and line["marker"].startswith(self.item_id)
        ]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[StudioProcess]:
    with offline_studio(tmp_path / "studio", instant=True) as running:
        yield running


@pytest.fixture
async def scene(
    temporal: TemporalServer, database: Database, database_url: str, studio: StudioProcess, tmp_path: Path
) -> AsyncIterator[Scene]:
    client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)
    around = Surroundings(tmp_path / "home", database_url, temporal.address, studio.url)
    yield Scene(around, studio, client, database, f"crafts-20261120-{uuid.uuid4().hex[:6]}")
    await end_all(client)


async def test_a_worker_killed_there_costs_nothing(scene: Scene, killed_at: str) -> None:
    approving = asyncio.create_task(scene.approve_when_shown())
    with scene.around.worker(CRASH_POINT=killed_at) as doomed:
        handle = await scene.begin()
        assert await asyncio.to_thread(died_of_sigkill, doomed)
    with scene.around.worker():
        assert (await scene.finish(handle)).state is ItemState.PUBLISHED
    await approving
    await scene.vendors_counted_everything_once()


async def test_a_worker_killed_after_a_decision_is_stored_does_not_lose_it(scene: Scene) -> None:
    with scene.around.worker(CRASH_POINT="decision.stored") as doomed:
        handle = await scene.begin()
        await scene.shown(handle)
        await handle.signal("approve")
        assert await asyncio.to_thread(died_of_sigkill, doomed)
    with scene.around.worker():
        assert (await scene.finish(handle)).state is ItemState.PUBLISHED
    await scene.vendors_counted_everything_once()


async def test_a_worker_paused_there_longer_than_every_lease_does_nothing_twice(
    scene: Scene, paused_at: str
) -> None:
    approving = asyncio.create_task(scene.approve_when_shown())
    with scene.around.worker(PAUSE_POINT=paused_at) as sleeper:
        handle = await scene.begin()
        await asyncio.to_thread(paused, sleeper)
        with scene.around.worker():
            await asyncio.sleep(3)
            sleeper.send_signal(signal.SIGCONT)
            assert (await scene.finish(handle)).state is ItemState.PUBLISHED
    await approving
    await scene.vendors_counted_everything_once()
