"""What drives items through a stage: starting them, saying yes, and reading how they stand from the database."""

import asyncio
import contextlib
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.reviews.arbiter import PostgresArbiter
from activities.store.database import Database
from schema.items.item import ItemRequest
from schema.reviews.review import WordForm
from signals.converter import data_converter
from signals.doors.intake import DecisionIntake
from starter.items.start_item import Handle, start
from tests.benchmarks.stage import ACCOUNT, Stage

LOOK_EVERY = 0.05
COUNTED = (
    "activity_task_scheduled",
    "timer_started",
    "upsert_workflow_search_attributes",
    "workflow_execution_signaled",
)


class Driver:
    """Starts items of one account and approves them, through the door that stores a word first."""

    def __init__(self, client: Client, database: Database) -> None:
        self.client = client
        self.database = database
        self.door = DecisionIntake(PostgresArbiter(database), database, client)
        self.run = uuid.uuid4().hex[:6]

    def item_id(self, number: int) -> str:
        """The id of an item of this run."""
        return f"{ACCOUNT}-20261120-{self.run}{number:05d}"

    async def begin(self, item_id: str) -> Handle:
        """Start an item."""
        return await start(self.client, ItemRequest(item_id=item_id, account_id=ACCOUNT))

    async def approve(self, item_id: str) -> None:
        """Say yes, as a person does."""
        verdict = await self.door.decide(WordForm(kind="approve", item_id=item_id, actor="ada", door="bench"))
        if not verdict.accepted:
            raise SystemExit(f"{item_id} was not approved: {verdict.line}")

    async def approve_all(self, at_once: int = 10) -> None:
        """Approve each review as soon as it is open, until cancelled."""
        told: set[str] = set()
        gate = asyncio.Semaphore(at_once)

        async def say(item_id: str) -> None:
            async with gate:
                await self.approve(item_id)

        async with asyncio.TaskGroup() as group:
            while True:
                for item_id in await self.open_reviews():
                    if item_id not in told:
                        told.add(item_id)
                        group.create_task(say(item_id))
                await asyncio.sleep(LOOK_EVERY)

    async def open_reviews(self) -> list[str]:
        """Return the items that have something on show."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute("select item_id from review where state = 'open'")
            return [row["item_id"] async for row in cursor]

    async def states(self) -> Counter[str]:
        """Return how many items of this run are in each state."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select state, count(*) as items from item where item_id like %s group by state",
                [f"{ACCOUNT}-20261120-{self.run}%"],
            )
            return Counter({row["state"]: row["items"] async for row in cursor})

    async def until(self, state: str, items: int, patience: float) -> None:
        """Wait until so many items are in a state."""
        deadline = time.monotonic() + patience
        while (stand := await self.states())[state] < items:
            if time.monotonic() > deadline:
                raise SystemExit(f"{items} items should be {state} by now, and they are {dict(stand)}")
            await asyncio.sleep(4 * LOOK_EVERY)


@contextlib.asynccontextmanager
async def driving(stage: Stage) -> AsyncGenerator[Driver]:
    """Connect a driver."""
    client = await Client.connect(stage.address, data_converter=data_converter)
    database = Database(stage.database_url, connections=10)
    await database.open()
    try:
        yield Driver(client, database)
    finally:
        await database.close()


async def at_most(at_once: int, work: Callable[[int], Awaitable[object]], numbers: range) -> None:
    """Do `work` for each number, so many at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        async with gate:
            await work(number)

    await asyncio.gather(*(one(number) for number in numbers))


async def skeleton(handle: WorkflowHandle[Any, Any]) -> dict[str, int]:
    """Return how many activities, timers, upserts and signals a history has."""
    history = await handle.fetch_history()
    kinds = Counter(
        str(event.WhichOneof("attributes")).removesuffix("_event_attributes") for event in history.events
    )
    return {name: kinds[name] for name in COUNTED} | {"events": len(history.events)}
