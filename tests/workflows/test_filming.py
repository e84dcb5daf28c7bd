"""Filming one scene: what was charged is never bought again, and what was ordered is seen to its end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.store.database import Database
from activities.studios.port import Job, JobState
from schema.failure import NoEffect
from schema.items.item import ItemState
from schema.purchases.operation import OperationState
from signals import names
from starter.items.start_item import Handle
from tests.fakes import InstantStudio
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.waiting import until
from workflows.content_item import ContentItem

PRICE = 500_000


class Kiln(InstantStudio):
    """A studio whose jobs fail as it is told, at a charge perhaps."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: dict[int, int] = {}
        """What the failing jobs of a scene are charged."""
        self.is_deaf = False
        """Hears no cancellation."""
        self.read: Counter[int] = Counter()
        """How often the jobs of each scene were read."""

    async def read_job(self, handle: str) -> Job:
        scene = self.orders[int(handle) - 1].prompt.scene
        self.read[scene] += 1
        if scene in self.fails:
            return Job(
                handle=handle,
                state=JobState.FAILED,
                reason=f"the kiln went out over scene {scene}",
                charged_microusd=self.fails[scene],
            )
        return await super().read_job(handle)

    async def cancel(self, handle: str) -> None:
        if self.is_deaf:
            raise TypeError("nobody expected that")
        await super().cancel(handle)

    @property
    def orders_of(self) -> Counter[int]:
        """How often each scene was ordered."""
        return Counter(order.prompt.scene for order in self.orders)


@pytest.fixture
def kiln() -> Kiln:
    return Kiln()


@pytest.fixture
async def house(
    temporal: TemporalServer, database: Database, tmp_path: Path, kiln: Kiln
) -> AsyncIterator[House]:
    async with open_house(temporal.address, database, tmp_path, studios=[kiln]) as opened:
        yield opened


async def money(house: House) -> tuple[int, int]:
    """What is reserved and settled on the day."""
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select sum(reserved_microusd)::int as reserved, sum(settled_microusd)::int as settled from budget"
            " where starts_with(scope, 'day:')"
        )
        row = await cursor.fetchone()
    assert row is not None
    return row["reserved"], row["settled"]


async def gave_up(handle: Handle, activity: str, times: int) -> None:
    """Wait until so many calls of an activity have failed for good."""
    async with asyncio.timeout(30):
        while True:
            history = await handle.fetch_history()
            called = {
                event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
                for event in history.events
            }
            failed = [
                event
                for event in history.events
                if called.get(event.activity_task_failed_event_attributes.scheduled_event_id) == activity
            ]
            if len(failed) == times:
                return
            await asyncio.sleep(0.05)


async def test_a_scene_that_failed_at_a_charge_is_not_bought_again(house: House, kiln: Kiln) -> None:
    kiln.fails[2] = 200_000
    result = await house.result(await house.begin())
    assert result.state is ItemState.FAILED
    assert result.reason == "scene 2 could not be made: the kiln went out over scene 2"
    assert kiln.orders_of == {1: 1, 2: 1, 3: 1}
    assert kiln.read == {
        1: 1,
        2: 1,
        3: 1,
    }  # nor is it tried again: the ledger would give the same job once more
    assert result.cost_microusd == 2 * PRICE + 200_000
    assert await money(house) == (0, result.cost_microusd)


async def test_a_scene_that_fails_for_free_is_ordered_twice_and_no_more(house: House, kiln: Kiln) -> None:
    kiln.fails[2] = 0
    result = await house.result(await house.begin())
    assert (result.state, result.cost_microusd) == (ItemState.FAILED, 2 * PRICE)
    assert kiln.orders_of == {1: 1, 2: 2, 3: 1}
    assert await money(house) == (0, 2 * PRICE)


async def test_what_each_scene_was_charged_is_shown_and_stands_with_its_clip(
    house: House, kiln: Kiln
) -> None:
    kiln.price_microusd = 400_000
    handle = await house.begin()
    shown = await house.until(handle, "review")
    assert shown.cost_microusd == 3 * 400_000
    assert [scene.state for scene in shown.scenes] == ["fetched"] * 3
    async with house.database.statements() as connection:
        cursor = await connection.execute("select cost_microusd from take")
        assert [row["cost_microusd"] async for row in cursor] == [400_000] * 3
    assert await money(house) == (0, 3 * 400_000)


async def test_a_vendor_that_takes_no_cancellation_is_waited_for_and_its_charge_counts(
    house: House, kiln: Kiln
) -> None:
    kiln.never_finishes = kiln.is_deaf = True
    handle = await house.begin()
    await house.until(handle, "scenes", scenes="ordered")
    await handle.signal(names.STOP, "ada")
    await gave_up(handle, "cancel_scene", times=3)
    kiln.never_finishes = False
    result = await house.result(handle)
    assert (result.state, result.reason) == (ItemState.STOPPED, "stopped by ada")
    assert await money(house) == (0, 3 * PRICE)


async def test_nothing_more_is_ordered_for_an_item_that_was_stopped(house: House, kiln: Kiln) -> None:
    """A job that fails for free would be ordered once more, were it still wanted."""
    kiln.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes", scenes="ordered")
    await handle.signal(names.STOP, "ada")
    result = await house.result(handle)
    assert result.state is ItemState.STOPPED
    assert kiln.orders_of == {1: 1, 2: 1, 3: 1}
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select state from operation where kind = 'paid' and vendor = %s", [kiln.name]
        )
        assert {row["state"] async for row in cursor} == {OperationState.RELEASED}
    assert await money(house) == (0, 0)


async def test_what_was_ordered_beside_a_lost_scene_is_seen_to_its_end(house: House, kiln: Kiln) -> None:
    kiln.never_finishes = True
    kiln.refuses_scenes[2] = NoEffect("422: not that one", repeatable=False)
    handle = await house.begin()
    # long after the item could have ended
    await asyncio.to_thread(until, "jobs are read", lambda: min(kiln.read[1], kiln.read[3]) >= 5)
    assert (await handle.query(ContentItem.progress)).stage == "scenes"
    kiln.never_finishes = False
    result = await house.result(handle)
    assert (result.state, result.cost_microusd) == (ItemState.FAILED, 2 * PRICE)
    assert "not that one" in result.reason
    assert await money(house) == (0, 2 * PRICE)


async def test_clips_are_decoded_on_the_media_queue_and_fetched_on_the_other(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    queues_of: dict[str, set[str]] = {}
    async for event in handle.fetch_history_events():
        asked = event.activity_task_scheduled_event_attributes
        if asked.activity_type.name:
            queues_of.setdefault(asked.activity_type.name, set()).add(asked.task_queue.name)
    (media,), (control,) = queues_of["compose_cut"], queues_of["fetch_scene"]
    assert media != control
    assert queues_of["check_take"] == {media}
