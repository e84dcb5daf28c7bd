"""What comes to an end while nobody looks, or while nobody can: paid scenes are not given up for that."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError, TimeoutType

from activities.store.database import Database
from schema.items.item import ItemState
from starter.items.start_item import Handle
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.timings import SHORT
from workflows.endings import after_error


@pytest.fixture
async def hurried(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """A house in which a vendor has five seconds for a scene."""
    timings = SHORT.model_copy(update={"job": timedelta(seconds=5)})
    async with open_house(temporal.address, database, tmp_path, timings=timings) as opened:
        opened.studio.never_finishes = True
        yield opened


async def timed_out(handle: Handle) -> None:
    """Wait until Temporal has ended the waiting for every scene."""
    async with asyncio.timeout(60):
        while True:
            waiting = (await handle.describe()).raw_description.pending_activities
            if not any(pending.activity_type.name == "wait_for_scene" for pending in waiting):
                return
            await asyncio.sleep(0.05)


async def test_scenes_that_were_finished_while_nobody_was_there_are_fetched_after_the_deadline(
    hurried: House,
) -> None:
    handle = await hurried.begin()
    await hurried.until(handle, "scenes", scenes="ordered")
    await hurried.leave()
    hurried.studio.never_finishes = False
    await timed_out(handle)
    await hurried.come()
    await hurried.until(handle, "review")
    assert len(hurried.studio.orders) == 3


async def test_scenes_that_could_not_be_read_up_to_the_deadline_are_read_once_more(hurried: House) -> None:
    hurried.studio.is_away = True
    handle = await hurried.begin()
    await hurried.told(handle, "read once more")
    hurried.studio.is_away = hurried.studio.never_finishes = False
    await hurried.until(handle, "review")
    assert len(hurried.studio.orders) == 3


@pytest.mark.parametrize(
    "cause",
    [
        ApplicationError("the database is away", type="OperationalError"),
        ApplicationError("scene 1 is running", type="not_ready"),
        TimeoutError("late", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[]),
    ],
    ids=["a hiccup", "not ready", "too late"],
)
def test_a_job_that_was_not_seen_to_end_is_a_question_whatever_kept_it_from_being_read(
    cause: BaseException,
) -> None:
    error = ActivityError(
        "gave up",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="wait_for_scene",
        activity_id="1",
        retry_state=RetryState.TIMEOUT,
    )
    error.__cause__ = cause
    end = after_error(error)
    assert end.state is ItemState.PARKED
    assert "until a person looks" in end.reason
