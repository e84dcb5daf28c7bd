"""The 24 hours of a review, in virtual time: reminders come, and the database clock decides when it ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import TimeSkipper

from activities.store.database import Database
from schema.items.item import ItemState
from starter.items.start_item import Handle
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.timings import SHORT

HOUR = timedelta(hours=1)
SLACK = timedelta(minutes=1)


@pytest.fixture
async def house(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    timings = SHORT.model_copy(update={"review": 24 * HOUR, "reminders": (4 * HOUR, HOUR)})
    async with open_house(temporal.address, database, tmp_path, timings=timings) as opened:
        yield opened


async def let_database_pass(house: House, length: timedelta) -> None:
    """Let the database think that a review was opened so much earlier."""
    async with house.database.transaction() as connection:
        await connection.execute("update review set deadline = deadline - %s", [length])


async def told(house: House, handle: Handle) -> list[str]:
    """Return what people were told of the review so far, in order."""
    item = handle.id.removeprefix("content/")
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select line from outbox where kind = 'review' and line like %s order by created_at", [f"{item}%"]
        )
        return [row["line"].partition("; ")[2].partition(":")[0] async for row in cursor]


async def test_a_day_passes_with_its_reminders_and_ends_the_review(house: House) -> None:
    skipper = TimeSkipper(house.client)
    handle = await house.begin()
    await house.until(handle, "review")
    await skipper.fast_forward(handle, 20 * HOUR + SLACK)
    assert (await told(house, handle))[1:] == ["its review ends in 4 h"]
    await skipper.fast_forward(handle, 3 * HOUR)
    assert (await told(house, handle))[2:] == ["its review ends in 60 min"]
    await let_database_pass(house, 24 * HOUR)
    await skipper.fast_forward(handle, HOUR)
    assert (await house.result(handle)).state is ItemState.EXPIRED


async def test_a_timer_that_fires_before_the_databases_deadline_ends_nothing(house: House) -> None:
    skipper = TimeSkipper(house.client)
    handle = await house.begin()
    await house.until(handle, "review")
    await skipper.fast_forward(handle, 25 * HOUR)
    assert (await house.until(handle, "review")).review_id
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_an_approval_in_the_last_minute_counts(house: House) -> None:
    skipper = TimeSkipper(house.client)
    handle = await house.begin()
    await house.until(handle, "review")
    await let_database_pass(house, 24 * HOUR - SLACK)
    await skipper.fast_forward(handle, 24 * HOUR - SLACK)
    verdict = await house.say(handle, "approve")
    assert verdict.accepted
    assert (await house.result(handle)).state is ItemState.PUBLISHED
