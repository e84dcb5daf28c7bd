"""Errors that cannot pass: they end the item at once, by name, and people are told."""

import asyncio
import time

import pytest

from activities.store import outbox
from schema.content.publication import PostState
from schema.failure import Fault, Trouble
from schema.items.item import ItemState
from schema.items.stage import Stage
from tests.house import House
from workflows.content_item import ContentItem


async def told(house: House, about: str) -> list[str]:
    async with house.database.statements() as connection:
        return [one.line for one in await outbox.newest(connection, 50) if about in one.message_id]


@pytest.mark.parametrize("step", ["write_idea", "write_prompts", "reserve_round", "open_review"])
async def test_a_bug_ends_the_item_at_once_and_is_shown_and_told(house: House, step: str) -> None:
    house.failing.fail(step, TypeError("'NoneType' object is not subscriptable"), times=1_000)
    began = time.monotonic()
    handle = await house.begin()
    result = await house.result(handle)
    assert time.monotonic() - began < 5
    assert result.state is ItemState.FAILED
    assert result.reason.startswith(f"a bug of ours in {step} (TypeError: 'NoneType'")
    assert house.failing.left(step) == 999  # it was tried once
    item_id = handle.id.removeprefix("content/")
    assert len(await told(house, f"fault/{item_id}")) == 1
    assert len(await told(house, f"ended/{item_id}")) == 1
    progress = await handle.query(ContentItem.progress)
    assert progress.ended_in is not None
    assert progress.ended_in not in progress.passed


async def test_a_bug_after_a_post_was_made_does_not_call_it_refused(house: House) -> None:
    """The receipt says what the ledger holds: it is live, whatever failed behind it."""
    handle = await house.begin()
    await house.until(handle, "review")
    house.failing.break_after("publish_video", TypeError("after the post"), times=1)
    await house.say(handle, "approve")
    result = await house.result(handle)
    assert result.state is ItemState.PUBLISHED
    assert [post.state for post in result.posts] == [PostState.LIVE]
    assert len(house.platforms[0].posts) == 1


async def test_what_passes_by_itself_is_repeated_and_shown(house: House) -> None:
    house.failing.fail("write_prompts", ConnectionRefusedError("nobody there"), times=2)
    handle = await house.begin()
    await house.trouble(handle, "nobody there")
    assert (await house.until(handle, "review")).stage == Stage.REVIEW
    assert house.failing.left("write_prompts") == 0


async def test_an_item_that_is_refused_for_good_is_tried_once(house: House) -> None:
    house.failing.fail("submit_scene", Trouble(Fault.VENDOR_REFUSED, "no such model"), times=1_000)
    handle = await house.begin()
    result = await asyncio.wait_for(house.result(handle), 5)
    assert (result.state, result.reason) == (ItemState.FAILED, "no such model")
