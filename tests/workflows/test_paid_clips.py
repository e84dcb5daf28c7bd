"""A paid clip is fetched despite downtime or a full disk; none is bought without space."""

import asyncio
import errno
from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

from activities.film_scene import FEWEST_FREE_BYTES
from activities.storage.folder import FolderStorage
from schema.items.item import ItemState
from signals import names
from starter.items.start_item import Handle
from tests.house import House
from tests.patching import always

FULL = OSError(errno.ENOSPC, "No space left on device")
AT_ONCE = RetryPolicy(initial_interval=timedelta(milliseconds=10), backoff_coefficient=1.0)
TWICE = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.policies._FOR_A_DAY", AT_ONCE)
    monkeypatch.setattr("workflows.policies._EIGHT_TIMES", TWICE)
    monkeypatch.setattr("workflows.retrying.DISK_EVERY", timedelta(milliseconds=50))


async def failing(handle: Handle, activity: str, words: str) -> None:
    """Wait until an activity of the item is shown to fail with these words."""
    async with asyncio.timeout(60):
        while True:
            pending = (await handle.describe()).raw_description.pending_activities
            if any(
                one.activity_type.name == activity and words in one.last_failure.message for one in pending
            ):
                return
            await asyncio.sleep(0.05)


async def test_media_that_cannot_be_reached_for_long_are_waited_for(house: House) -> None:
    house.studio.down_first = 30
    handle = await house.begin()
    await house.until(handle, "review")
    assert (house.studio.down_first, len(house.studio.orders)) == (0, 3)


async def test_media_that_are_gone_are_asked_for_a_few_times_and_then_fail_the_item(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.stages.one_scene.MOST_FETCHES", 2)
    house.studio.gone = True
    handle = await house.begin()
    await house.told(handle, "is fetched again")
    result = await house.result(handle)
    assert result.state is ItemState.FAILED
    assert "HTTP 404" in result.reason


async def test_an_item_whose_media_cannot_be_reached_can_be_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.stages.one_scene.GRACE", timedelta(milliseconds=50))
    house.studio.down_first = 1_000_000
    handle = await house.begin()
    await failing(handle, "fetch_scene", "nobody there")
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED


async def test_a_cut_waits_for_room_on_the_disk_and_says_so(house: House) -> None:
    house.editor.fails = FULL
    handle = await house.begin()
    await house.told(handle, "waits for the disk: ")
    house.editor.fails = None
    await house.until(handle, "review")


async def test_nothing_is_bought_that_could_not_be_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderStorage, "free_bytes", always(FEWEST_FREE_BYTES - 1))
    handle = await house.begin()
    await failing(handle, "submit_scene", "nothing is bought while only 500 MB are free")
    assert house.studio.orders == []
    monkeypatch.setattr(FolderStorage, "free_bytes", always(FEWEST_FREE_BYTES))
    await house.until(handle, "review")
    assert len(house.studio.orders) == 3
