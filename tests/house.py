"""The whole house in one process, for workflow tests: real Temporal, PostgreSQL and files, and instant vendors."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.bookkeeping.port import Bookkeeper
from activities.messengers.journal import JournalMessenger
from activities.offline.offline_writer import OfflineWriter
from activities.reviews.arbiter import PostgresArbiter
from activities.storage.folder import FolderStorage
from activities.store import account_rows
from activities.store.database import Database
from activities.studios.port import Studio
from activities.writers.port import Writer
from schema.items.account import Account
from schema.items.item import ItemRequest, ItemResult
from schema.items.plan import StoredClip
from schema.items.progress import Progress
from schema.items.stage import row_of
from schema.money import Book
from schema.prices.price_table import PriceTable, load_prices
from schema.reviews.review import DecisionKind, Verdict, Word, WordForm
from schema.settings import Settings, Timings
from signals import names
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.items.start_item import Handle, start
from tests.failing_activities import FailingActivities
from tests.fakes import InstantEditor, InstantStudio, MemoryPlatform
from tests.timings import SHORT
from worker import Adapters, join
from workflows.content_item import ContentItem
from workflows.serving.workers import workers

_numbers = iter(range(1, 1_000_000))


@dataclass
class House:
    """A running house; its vendors can be told to fail."""

    client: Client
    database: Database
    home: Path
    studio: InstantStudio = field(default_factory=InstantStudio)
    editor: InstantEditor = field(default_factory=InstantEditor)
    platforms: list[MemoryPlatform] = field(default_factory=lambda: [MemoryPlatform()])
    timings: Timings = SHORT
    serve: Callable[[], list[Worker]] = list
    failing: FailingActivities = field(default_factory=FailingActivities)
    _serving: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def come(self) -> None:
        """Begin to work, or go on after having left."""
        for worker in self.serve():
            await self._serving.enter_async_context(worker)

    async def leave(self) -> None:
        """Stop working, as a machine does that is switched off; Temporal and the database stay."""
        await self._serving.aclose()

    async def account(self, account_id: str = "crafts", **fields: object) -> None:
        """Store an account, or change it."""
        account = Account.model_validate({"account_id": account_id, "title": account_id} | fields)
        async with self.database.transaction() as connection:
            await account_rows.ensure(connection, account)
            await account_rows.change(connection, account)

    async def begin(self, account_id: str = "crafts", **fields: Any) -> Handle:
        """Start an item."""
        item_id = f"{account_id}-20261120-t{next(_numbers):05d}"
        return await start(
            self.client, ItemRequest.model_validate({"item_id": item_id, "account_id": account_id} | fields)
        )

    async def until(self, handle: Handle, stage: str, *, round_number: int = 1, scenes: str = "") -> Progress:
        """Wait until an item has come to a stage and, at a gate, has something on show."""
        while True:
            progress = await handle.query(ContentItem.progress)
            ready = progress.stage == stage and progress.round >= round_number
            ready = ready and (not scenes or [scene.state for scene in progress.scenes] == [scenes] * 3)
            if ready and (not row_of(stage).gate or progress.review_id):
                return progress
            assert progress.stage != "done", f"it ended as {progress.state}: {progress.last_word}"
            await asyncio.sleep(0.05)

    async def told(self, handle: Handle, words: str) -> None:
        """Wait until an item shows a line with these words."""
        async with asyncio.timeout(30):
            while True:
                if words in (await handle.query(ContentItem.progress)).last_word:
                    return
                await asyncio.sleep(0.05)

    async def trouble(self, handle: Handle, words: str) -> None:
        """Wait until an activity of the item has failed with these words and is tried again."""
        async with asyncio.timeout(30):
            while True:
                pending = (await handle.describe()).raw_description.pending_activities
                if any(words in one.last_failure.message for one in pending):
                    return
                await asyncio.sleep(0.05)

    async def say(self, handle: Handle, kind: DecisionKind, **fields: object) -> Verdict:
        """Say something through a door with a database."""
        word = WordForm.model_validate(
            {"kind": kind, "item_id": handle.id.removeprefix("content/"), "actor": "ada", "door": "test"}
            | fields
        )
        return await DecisionIntake(PostgresArbiter(self.database), self.database, self.client).decide(word)

    async def decide(self, handle: Handle, word: Word) -> Verdict:
        """Send a word to the workflow itself, and wait for its answer."""
        verdict: Verdict = await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]
            names.DECIDE, word, result_type=Verdict
        )
        return verdict

    async def result(self, handle: WorkflowHandle[ContentItem, ItemResult]) -> ItemResult:
        """Return how an item ended."""
        return await asyncio.wait_for(handle.result(), 60)


@contextlib.asynccontextmanager
async def open_house(
    address: str,
    database: Database,
    home: Path,
    *,
    platforms: Sequence[str] = ("folder",),
    timings: Timings = SHORT,
    identity: str | None = None,
    writer: Writer | None = None,
    studios: Sequence[Studio] = (),
    prices: Sequence[PriceTable] = (),
    bookkeepers: Sequence[Bookkeeper] = (),
) -> AsyncGenerator[House]:
    """Run both workers in this process; what still runs at the end is terminated.

    `writer` and `studios`, with their price lists, take the place of the instant ones.
    """
    client = await Client.connect(address, data_converter=data_converter, identity=identity)
    house = House(
        client, database, home, platforms=[MemoryPlatform(name) for name in platforms], timings=timings
    )
    await house.account(platforms=tuple(platforms))
    chosen: Sequence[Studio] = studios or [house.studio]
    adapters = Adapters(
        database=database,
        timings=timings,
        writers=dict.fromkeys(Book, writer or OfflineWriter()),
        studios={studio.name: studio for studio in chosen},
        bookkeepers={keeper.name: keeper for keeper in bookkeepers},
        prices=prices or [load_prices("offline")],
        editor=house.editor,
        storage=FolderStorage(home),
        platforms={platform.name: platform for platform in house.platforms},
        messenger=JournalMessenger(home / "outbox"),
    )
    with ThreadPoolExecutor(2) as threads:
        settings = Settings(home=home, timings=timings)
        house.serve = lambda: workers(client, settings, house.failing.around(join(adapters)), threads)
        await house.come()
        try:
            yield house
            await end_all(client)
        finally:
            await house.leave()


async def end_all(client: Client) -> None:
    """Terminate what still runs; the list may name what has ended meanwhile."""
    async for found in client.list_workflows("ExecutionStatus = 'Running'"):
        with contextlib.suppress(RPCError):
            await client.get_workflow_handle(found.id).terminate()


def own_clip(house: House) -> StoredClip:
    """A clip of a person's own that lies in storage."""
    clip = house.home / "content" / "brought" / "own-01.mp4"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"a clip")
    return StoredClip(
        key="content/brought/own-01.mp4",
        sha256=hashlib.sha256(b"a clip").hexdigest(),
        size_bytes=6,
        original_name="bakery.mp4",
    )
