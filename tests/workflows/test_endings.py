"""Every way an item can end has a name, and nothing is left behind."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from activities.store.database import Database
from schema.content.publication import PostState
from schema.failure import NoEffect
from schema.items.item import ExitCode, ItemState
from signals import names
from tests.fakes import MemoryPlatform
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.timings import SHORT


async def committed(database: Database) -> dict[str, tuple[int, int]]:
    async with database.transaction() as connection:
        cursor = await connection.execute("select scope, reserved_microusd, settled_microusd from budget")
        return {
            row["scope"].split(":")[0]: (row["reserved_microusd"], row["settled_microusd"])
            async for row in cursor
        }


async def test_an_approved_item_is_published_once_and_costs_what_its_scenes_cost(house: House) -> None:
    handle = await house.begin()
    shown = await house.until(handle, "review")
    assert (await house.say(handle, "approve")).accepted
    result = await house.result(handle)
    assert (result.state, result.exit_code) == (ItemState.PUBLISHED, ExitCode.PUBLISHED)
    assert result.cost_microusd == 1_500_000
    (post,) = house.platforms[0].posts
    assert post.stand_in  # an offline vendor made it, which every place is told
    assert (post.title, post.caption) == (shown.title, shown.caption)
    assert [receipt.state for receipt in result.posts] == [PostState.LIVE]
    assert await committed(house.database) == dict.fromkeys(
        ["item", "account-day", "day", "global"], (0, 1_500_000)
    )


async def test_a_rejected_item_ends_with_the_reason_and_posts_nothing(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "reject", notes="too loud")
    result = await house.result(handle)
    assert (result.state, result.reason, result.exit_code) == (ItemState.REJECTED, "too loud", 3)
    assert house.platforms[0].posts == []


async def test_a_review_that_nobody_answers_expires_and_an_approval_afterwards_changes_nothing(
    house: House,
) -> None:
    handle = await house.begin(review="PT1S")
    result = await house.result(handle)
    assert (result.state, result.exit_code) == (ItemState.EXPIRED, 4)
    late = await house.say(handle, "approve")
    assert not late.accepted
    assert "ended" in late.line
    assert house.platforms[0].posts == []


async def test_a_first_round_that_does_not_fit_ends_refused_with_the_figures(house: House) -> None:
    handle = await house.begin(item_cap_microusd=1_400_000)
    result = await house.result(handle)
    assert (result.state, result.exit_code) == (ItemState.REFUSED_BY_CAP, 5)
    item_id = handle.id.removeprefix("content/")
    figures, _, remedy = result.reason.partition("; ")
    assert (
        figures
        == f"the budget item:{item_id} has $1.40 simulated left of $1.40 simulated, and $1.50 simulated was asked"
    )
    assert "make --cap" in remedy
    assert house.studio.orders == []
    assert result.cost_microusd == 0


async def test_a_full_day_refuses_the_next_item_of_the_account(house: House) -> None:
    await house.account(day_cap_microusd=2_000_000)
    first = await house.begin()
    await house.until(first, "review")
    second = await house.result(await house.begin())
    assert second.state is ItemState.REFUSED_BY_CAP
    assert "account-day:crafts" in second.reason


async def test_a_stopped_item_pays_for_nothing_that_was_not_delivered(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes")
    await house.until(handle, "scenes", scenes="ordered")
    await handle.signal(names.STOP, "ada")
    result = await house.result(handle)
    assert (result.state, result.reason, result.exit_code) == (ItemState.STOPPED, "stopped by ada", 6)
    assert house.studio.cancelled == {"1", "2", "3"}
    assert await committed(house.database) == dict.fromkeys(["item", "account-day", "day", "global"], (0, 0))


async def test_an_item_stopped_in_review_disarms_the_review(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(names.STOP)
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert not (await house.say(handle, "approve")).accepted
    assert house.platforms[0].posts == []


async def test_a_vendor_that_refuses_for_good_fails_the_item_and_gives_the_money_back(house: House) -> None:
    house.studio.refuses = NoEffect("422: this prompt is not allowed", repeatable=False)
    result = await house.result(await house.begin())
    assert (result.state, result.exit_code) == (ItemState.FAILED, 1)
    assert "not allowed" in result.reason
    assert (await committed(house.database))["day"] == (0, 0)


async def test_a_scene_that_failed_for_free_is_ordered_once_more(house: House) -> None:
    house.studio.fails_first = 1
    handle = await house.begin()
    await house.until(handle, "review")
    assert sorted(order.operation_id.rpartition("/")[2] for order in house.studio.orders) == [
        "1",
        "1",
        "1",
        "2",
    ]
    assert (await committed(house.database))["day"] == (0, 1_500_000)


async def test_a_page_that_came_instead_of_a_paid_clip_is_fetched_again(house: House) -> None:
    house.studio.pages_first = 2
    handle = await house.begin()
    await house.until(handle, "review")
    assert (house.studio.pages_first, len(house.studio.orders)) == (0, 3)


async def test_a_job_that_never_ends_is_parked_with_its_money_held(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    timings = SHORT.model_copy(update={"job": timedelta(seconds=1)})
    async with open_house(temporal.address, database, tmp_path, timings=timings) as house:
        house.studio.never_finishes = True
        result = await house.result(await house.begin())
        assert (result.state, result.exit_code) == (ItemState.PARKED, 7)
        assert (await committed(database))["day"] == (1_500_000, 0)


async def test_one_platform_that_refuses_does_not_hold_back_the_other(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    async with open_house(temporal.address, database, tmp_path, platforms=("folder", "youtube")) as house:
        house.platforms[1].before = NoEffect("quota", repeatable=False)
        handle = await house.begin()
        await house.until(handle, "review")
        await house.say(handle, "approve")
        result = await house.result(handle)
        assert (result.state, result.exit_code) == (ItemState.PARTLY_PUBLISHED, 8)
        assert "youtube: quota" in result.reason
        assert len(house.platforms[0].posts) == 1


async def test_a_bug_while_posting_to_one_platform_does_not_hide_the_post_on_the_other(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    async with open_house(temporal.address, database, tmp_path, platforms=("folder", "youtube")) as house:
        house.failing.fail("publish_video", TypeError("not so"), times=1)
        handle = await house.begin()
        await house.until(handle, "review")
        await house.say(handle, "approve")
        result = await house.result(handle)
        assert result.state is ItemState.PARTLY_PUBLISHED
        assert "a bug of ours in publish_video" in result.reason
        assert sum(len(platform.posts) for platform in house.platforms) == 1


@pytest.mark.parametrize("happened", [True, False])
async def test_a_post_whose_answer_was_lost_is_posted_exactly_once(house: House, happened: bool) -> None:
    platform: MemoryPlatform = house.platforms[0]
    lost = ConnectionResetError("connection reset by peer")
    if happened:
        platform.after = lost
    else:
        platform.before = lost
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    await asyncio.sleep(1)
    platform.before = platform.after = None
    result = await house.result(handle)
    assert result.state is ItemState.PUBLISHED
    assert len(platform.posts) == 1


async def test_an_item_that_has_ended_is_not_made_again(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "reject")
    await house.result(handle)
    await house.client.start_workflow(
        "ContentItem",
        {"item_id": handle.id.removeprefix("content/"), "account_id": "crafts"},
        id=f"{handle.id}-again",
        task_queue="reelwright-control",
    )
    again = await house.client.get_workflow_handle(f"{handle.id}-again").result()
    assert again["state"] == "rejected"
    assert len(house.studio.orders) == 3


async def test_an_item_of_an_unknown_account_fails_and_says_so(house: House) -> None:
    result = await house.result(await house.begin("nobody"))
    assert (result.state, result.exit_code) == (ItemState.FAILED, 1)
    assert "there is no account 'nobody'" in result.reason


async def test_an_item_whose_vendor_is_down_can_be_stopped(house: House) -> None:
    house.studio.refuses = NoEffect("no connection", repeatable=True)
    handle = await house.begin()
    await house.until(handle, "scenes")
    await asyncio.sleep(0.5)
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert (await committed(house.database))["day"] == (0, 0)


async def test_an_item_whose_platform_is_down_can_be_stopped_and_was_posted_nowhere(house: House) -> None:
    house.platforms[0].before = NoEffect("no connection", repeatable=True)
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    await house.until(handle, "publish")
    await asyncio.sleep(0.5)
    await handle.signal(names.STOP, "ada")
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert house.platforms[0].posts == []


async def test_a_cancellation_in_temporal_is_a_stop_and_disarms_the_review(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.cancel()
    result = await house.result(handle)
    assert (result.state, result.reason) == (ItemState.STOPPED, "stopped by a cancellation in Temporal")
    assert not (await house.say(handle, "approve")).accepted
    assert house.platforms[0].posts == []


async def test_a_cancellation_while_scenes_are_made_leaves_nothing_reserved(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes", scenes="ordered")
    await handle.cancel()
    assert (await house.result(handle)).state is ItemState.STOPPED
    assert (await committed(house.database))["day"] == (0, 0)


async def test_an_approval_of_a_workflow_that_was_terminated_says_that_nothing_follows(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.terminate()
    assert "nothing follows" in (await house.say(handle, "approve")).line


async def test_a_round_that_fails_gives_its_money_back_and_brings_the_earlier_cut_back(house: House) -> None:
    handle = await house.begin(item_cap_microusd=3_500_000)
    first = await house.until(handle, "review")
    house.studio.refuses = NoEffect("422: not these notes", repeatable=False)
    await house.say(handle, "revise", notes="something the vendor refuses")
    again = await house.until(handle, "review", round_number=2)
    assert "the earlier cut is back" in again.last_word
    assert again.video_key == first.video_key
    assert (await committed(house.database))["item"] == (0, 1_500_000)
    await house.say(handle, "approve")
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_a_video_that_vanished_after_its_approval_ends_the_item(house: House) -> None:
    handle = await house.begin()
    progress = await house.until(handle, "review")
    (house.home / (progress.video_key or "")).unlink()
    await house.say(handle, "approve")
    result = await house.result(handle)
    assert result.state is ItemState.FAILED
    assert "make the item again" in result.reason


async def test_a_stop_while_a_post_is_not_known_parks_it(house: House) -> None:
    platform = house.platforms[0]
    platform.after = ConnectionResetError("connection reset by peer")
    platform.is_away = True
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    await house.trouble(handle, "looked up")
    await handle.signal(names.STOP, "ada")
    result = await house.result(handle)
    assert (result.state, result.exit_code) == (ItemState.PARKED, 7)
    assert len(platform.posts) == 1
