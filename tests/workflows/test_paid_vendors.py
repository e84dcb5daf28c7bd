"""A whole item bought from paid vendors that lie: real Temporal, PostgreSQL and ledger, and the vendors' own books."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.outbound.client import Bounds
from activities.store.database import Database
from activities.writers.claude import AnthropicWriter
from schema.items.item import ItemState
from schema.money import Book
from schema.prices.price_table import load_prices
from schema.purchases.operation import OperationState
from signals import names
from starter.items.start_item import Handle
from tests.activities.studios.contract.vendors import Vendor, fake_fal
from tests.activities.writers.vendors import WRITERS, WriterVendor
from tests.house import House, open_house
from tests.services import TemporalServer
from tests.timings import SHORT
from tests.vendors import anthropic


@dataclass
class PaidHouse:
    """A house whose studio is fal and whose writer is Claude."""

    house: House
    fal: Vendor
    claude: WriterVendor
    database: Database

    def lie(self, *lies: dict[str, Any], seed: int = 0) -> None:
        """Tell fal what to do wrong."""
        assert self.fal.process is not None
        self.fal.process.lie(*lies, seed=seed)

    async def charged(self, item_id: str) -> tuple[int, int]:
        """What the ledger settled for an item, and what is still reserved, in real dollars."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select settled_microusd, reserved_microusd from budget where scope = %s and book = 'usd'",
                [f"item:{item_id}"],
            )
            row = await cursor.fetchone()
        return (row["settled_microusd"], row["reserved_microusd"]) if row else (0, 0)

    async def settled_at(self, vendor: str, item_id: str) -> int:
        """What the ledger settled for an item at one vendor."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select sum(charged_microusd)::bigint as charged from operation where vendor = %s and item_id = %s",
                [vendor, item_id],
            )
            row = await cursor.fetchone()
        return row["charged"] if row else 0

    async def states(self, item_id: str) -> set[OperationState]:
        """How the purchases of an item stand."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select state from operation where item_id = %s and kind = 'paid'", [item_id]
            )
            return {OperationState(row["state"]) async for row in cursor}


@pytest.fixture
async def paid(temporal: TemporalServer, database: Database, tmp_path: Path) -> AsyncIterator[PaidHouse]:
    async with AsyncExitStack() as stack:
        fal = stack.enter_context(fake_fal(tmp_path / "fal"))
        claude = stack.enter_context(WRITERS["anthropic"](tmp_path / "claude"))
        house = await stack.enter_async_context(
            open_house(
                temporal.address,
                database,
                tmp_path / "home",
                writer=claude.writer,
                studios=[fal.studio],
                prices=[load_prices("fal")],
            )
        )
        yield PaidHouse(house, fal, claude, database)
        for client in (fal.studio, fal.unreachable, claude.writer, claude.unreachable):
            await client.aclose()


async def test_an_item_is_bought_published_and_paid_to_the_micro_dollar(paid: PaidHouse) -> None:
    handle = await paid.house.begin()
    await paid.house.until(handle, "review")
    await paid.house.say(handle, "approve")
    result = await paid.house.result(handle)
    assert (result.state, result.book) == (ItemState.PUBLISHED, Book.USD)
    assert (paid.fal.submissions(), paid.claude.asks()) == (3, 2)
    charged = paid.fal.charged_microusd() + paid.claude.charged_microusd()
    assert await paid.charged(result.item_id) == (charged, 0)
    assert result.cost_microusd == charged


async def test_an_item_survives_vendors_that_lie_at_every_step(paid: PaidHouse) -> None:
    paid.lie(
        {"call": "submit", "kind": "reset", "acts": True},
        {"call": "submit", "kind": "html", "status": 502},
        {"call": "submit", "kind": "error", "status": 429, "headers": {"retry-after": "1"}},
        {"call": "status", "kind": "html", "status": 502, "times": 2},
        {"call": "listing", "kind": "error", "status": 500},
        {"call": "result", "kind": "cut", "acts": True},
        {"call": "media", "kind": "cut", "acts": True},
    )
    paid.claude.process.lie(
        {"call": "answer", "kind": "body", "body": {"text": "no"}},
        {"call": "ask", "kind": "reset", "acts": True, "after": 2},
    )
    handle = await paid.house.begin()
    await paid.house.until(handle, "review")
    await paid.house.say(handle, "approve")
    result = await paid.house.result(handle)
    assert result.state is ItemState.PUBLISHED
    assert paid.fal.submissions() == 3
    assert paid.claude.asks() == 4
    settled, reserved = await paid.charged(result.item_id)
    assert reserved == 0
    assert settled >= paid.fal.charged_microusd() + paid.claude.charged_microusd()
    assert paid.fal.charged_microusd() == await paid.settled_at("fal", result.item_id)
    assert await paid.states(result.item_id) == {OperationState.SETTLED, OperationState.RELEASED}


async def test_a_refused_prompt_is_no_purchase_and_ends_the_item_by_name(paid: PaidHouse) -> None:
    paid.lie(
        {"call": "submit", "kind": "error", "status": 422, "times": 99, "body": {"detail": "not that one"}}
    )
    result = await paid.house.result(await paid.house.begin())
    assert result.state is ItemState.FAILED
    assert "not that one" in result.reason
    assert paid.fal.submissions() == 0
    assert await paid.charged(result.item_id) == (paid.claude.charged_microusd(), 0)


async def test_a_cap_that_leaves_no_room_for_words_refuses_the_item_before_anything_is_asked(
    paid: PaidHouse,
) -> None:
    result = await paid.house.result(await paid.house.begin(item_cap_microusd=1_000))
    assert result.state is ItemState.REFUSED_BY_CAP
    assert (paid.fal.submissions(), paid.claude.asks()) == (0, 0)


async def test_paid_words_about_simulated_clips_stay_in_their_own_book(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    with WRITERS["anthropic"](tmp_path / "claude") as claude:
        async with open_house(temporal.address, database, tmp_path / "home", writer=claude.writer) as house:
            handle = await house.begin()
            await house.until(handle, "review")
            await house.say(handle, "approve")
            result = await house.result(handle)
        assert (result.book, result.cost_microusd) == (Book.SIMULATED, 1_500_000)
        assert claude.charged_microusd() > 0
        await claude.writer.aclose()
        await claude.unreachable.aclose()


async def test_an_item_stopped_while_its_writer_answers_is_charged_for_that_and_holds_nothing(
    temporal: TemporalServer, database: Database, tmp_path: Path
) -> None:
    timings = SHORT.model_copy(update={"heartbeat": timedelta(seconds=1)})
    with WRITERS["anthropic"](tmp_path / "claude") as claude:
        claude.process.lie({"call": "ask", "kind": "late", "acts": True, "seconds": 3})
        patient = AnthropicWriter(
            anthropic.KEY,
            load_prices("anthropic"),
            "claude-haiku-5-5",
            base_url=claude.process.url,
            bounds=Bounds(call=timedelta(seconds=60)),
        )
        async with open_house(
            temporal.address, database, tmp_path / "home", writer=patient, timings=timings
        ) as house:
            handle = await house.begin()
            async with asyncio.timeout(30):
                await claude.asked()
            await handle.signal(names.STOP, "ada")
            assert (await house.result(handle)).state is ItemState.STOPPED
        assert claude.asks() == 1
        async with database.transaction() as connection:
            cursor = await connection.execute("select state, charged_microusd from operation")
            asked = [tuple(row.values()) for row in await cursor.fetchall()]
        assert asked == [("settled", claude.charged_microusd())]
        for writer in (patient, claude.writer, claude.unreachable):
            await writer.aclose()


async def test_an_ask_that_nobody_could_write_down_before_the_stop_is_settled_after_it(
    paid: PaidHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise ConnectionResetError("nothing is written down just now")

    with monkeypatch.context() as patched:
        patched.setattr("activities.ledger.sending.Sender._accept", away)
        handle = await paid.house.begin()
        await paid.house.trouble(handle, "nothing is written down")
        await handle.signal(names.STOP, "ada")
        await _tries(handle, "close_asks")
    assert (await paid.house.result(handle)).state is ItemState.STOPPED
    assert paid.claude.asks() == 1
    async with paid.house.database.statements() as connection:
        cursor = await connection.execute("select state, charged_microusd from operation")
        asked = [tuple(row.values()) async for row in cursor]
    assert asked == [("settled", paid.claude.charged_microusd())]


async def _tries(handle: Handle, activity_type: str) -> None:
    """Wait until an activity of this type is at work, or waits to be tried again."""
    async with asyncio.timeout(30):
        while True:
            pending = (await handle.describe()).raw_description.pending_activities
            if activity_type in [one.activity_type.name for one in pending]:
                return
            await asyncio.sleep(0.05)


TIGHT_MICROUSD = 1_503_000
"""Room for one item's scenes, and for no ask beside them."""


async def test_words_wait_for_room_that_open_reservations_hold(paid: PaidHouse) -> None:
    paid.house.timings = paid.house.timings.model_copy(update={"headroom_wait": timedelta(seconds=60)})
    await paid.house.account(day_cap_microusd=TIGHT_MICROUSD)
    paid.lie({"call": "job", "kind": "silent", "times": 3})
    first = await paid.house.begin()
    await paid.house.until(first, "scenes", scenes="ordered")
    second = await paid.house.begin()
    await paid.house.told(second, "waits for room")
    assert paid.claude.asks() == 2
    await paid.house.account(day_cap_microusd=10 * TIGHT_MICROUSD)
    await paid.house.until(second, "review")


async def test_room_that_never_comes_ends_the_item_as_refused_by_a_cap(paid: PaidHouse) -> None:
    await paid.house.account(day_cap_microusd=TIGHT_MICROUSD)
    paid.lie({"call": "job", "kind": "silent", "times": 3})
    first = await paid.house.begin()
    await paid.house.until(first, "scenes", scenes="ordered")
    result = await paid.house.result(await paid.house.begin())
    assert result.state is ItemState.REFUSED_BY_CAP
    assert "account-day:crafts" in result.reason
    assert paid.claude.asks() == 2
