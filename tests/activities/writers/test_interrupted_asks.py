"""Asks that are interrupted: nothing that was written is lost, and nothing is asked again."""

import asyncio
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from schema.content.idea import IdeaRequest
from schema.items.item import ReviewRef
from schema.purchases.operation import OperationState
from tests.activities.writers.vendors import Author, WriterVendor, idea_brief
from tests.waiting import until


async def test_an_answer_that_was_kept_survives_a_crash_before_it_was_recorded(
    author: Author, vendor: WriterVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        pass

    async def cut(*_: Any) -> None:
        raise PowerCut

    request = IdeaRequest(
        item_id=author.item.item_id, round=1, on_behalf_of="system", brief=idea_brief(author.item)
    )
    with monkeypatch.context() as patched:
        patched.setattr("activities.ledger.sending.Sender._accept", cut)
        with pytest.raises(PowerCut):
            await ActivityEnvironment().run(author.ideas.write_idea, request)
    assert [operation.state for operation in await author.operations()] == [OperationState.SENDING]
    idea = await author.idea()
    assert author.kept("r1-idea-1.json")["value"]["title"] == idea.title
    assert vendor.asks() == 1
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_an_answer_on_its_way_is_not_lost_to_a_cancelled_activity(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie({"call": "ask", "kind": "late", "acts": True, "seconds": 1})
    writing = asyncio.create_task(author.idea())
    await asyncio.to_thread(until, "it is asked", vendor.asks)
    writing.cancel()
    idea = await author.idea()
    assert idea.title
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert vendor.asks() == 1
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_what_a_cancelled_ask_was_charged_is_settled_before_the_activity_ends(
    author: Author, vendor: WriterVendor
) -> None:
    vendor.process.lie(
        {"call": "ask", "kind": "late", "acts": True, "seconds": 0.3},
        {"call": "answer", "kind": "body", "body": {"text": "nonsense"}},
    )
    writing = asyncio.create_task(author.idea())
    async with asyncio.timeout(30):
        await vendor.asked()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert [operation.state for operation in await author.operations()] == [OperationState.SETTLED]
    assert vendor.asks() == 1
    assert await author.budget() == (0, vendor.charged_microusd())


async def test_many_at_once_ask_once(author: Author, vendor: WriterVendor) -> None:
    vendor.process.lie({"call": "ask", "kind": "late", "acts": True, "seconds": 0.3})
    ideas = await asyncio.gather(*(author.idea() for _ in range(6)))
    assert len({idea.title for idea in ideas}) == 1
    assert vendor.asks() == 1


@pytest.mark.parametrize("lost", [False, True])
async def test_what_a_stopped_item_asked_for_is_settled_and_not_asked_again(
    author: Author, vendor: WriterVendor, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    class PowerCut(BaseException):
        pass

    async def cut(*_: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr("activities.ledger.sending.Sender._accept", cut)
        with pytest.raises(PowerCut):
            await author.idea()
    (asked,) = await author.operations()
    assert asked.state is OperationState.SENDING
    if lost:
        (author.home / "content" / author.item.item_id / "asks" / "r1-idea-1.json").unlink()
    ref = ReviewRef(item_id=author.item.item_id)
    async with asyncio.timeout(20):
        for _ in range(2):
            await ActivityEnvironment().run(author.ideas.close_asks, ref)
    assert vendor.asks() == 1
    charged = asked.reserved_microusd if lost else vendor.charged_microusd()
    assert await author.budget() == (0, charged)
