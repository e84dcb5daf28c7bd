"""Nothing stays open behind a stopped, terminated or lost item: money is free or a person asked."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import timedelta

from activities.ledger.parked_operations import parked_operations
from activities.reviews.closing import PostgresCloser
from activities.store import item_rows, outbox
from activities.store.item_rows import ItemRow
from schema.failure import NoEffect
from schema.items.item import ItemState
from schema.purchases.operation import OperationState
from signals import names
from starter.items.start_item import Handle
from tests.activities.ledger.scenery import open_item, plan
from tests.house import House
from tests.workflows.test_paid_clips import failing
from workflows.serving.leader import Loop, lead
from workflows.serving.sweep import Sweep


async def budget(house: House, item_id: str) -> tuple[int, int]:
    """Reserved and settled for an item."""
    async with house.database.transaction() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd from budget where scope = %s", [f"item:{item_id}"]
        )
        row = await cursor.fetchone()
    return (row["reserved_microusd"], row["settled_microusd"]) if row else (0, 0)


async def ended(house: House, item_id: str) -> ItemRow:
    """Wait until an item is closed."""
    async with asyncio.timeout(60):
        while True:
            async with house.database.transaction() as connection:
                row = await item_rows.get(connection, item_id)
            if row.state.ended:
                return row
            await asyncio.sleep(0.05)


def id_of(handle: Handle) -> str:
    return handle.id.removeprefix("content/")


@contextlib.asynccontextmanager
async def swept(house: House) -> AsyncGenerator[None]:
    """A sweep that is in a hurry."""
    often = timedelta(milliseconds=100)
    loop = Loop("the sweep", often, lambda: Sweep(house.database, house.client, often).tick)
    sweeping = asyncio.create_task(lead(house.database.locks, loop))
    yield
    sweeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sweeping


async def test_a_stop_while_an_order_is_not_known_looks_it_up_and_drops_it(house: House) -> None:
    house.studio.loses_answers = house.studio.never_finishes = True
    house.studio.lists = False
    handle = await house.begin()
    await failing(handle, "submit_scene", "nobody lists")
    await handle.signal(names.STOP, "ada")
    await failing(handle, "look_for_scene", "nobody lists")
    house.studio.lists = True
    result = await house.result(handle)
    assert (result.state, result.reason) == (ItemState.STOPPED, "stopped by ada")
    assert house.studio.cancelled == {str(number) for number in range(1, len(house.studio.orders) + 1)}
    assert await budget(house, result.item_id) == (0, 0)


async def test_scenes_that_were_not_ordered_yet_are_not_bought_for_an_item_that_fails(house: House) -> None:
    house.studio.refuses = NoEffect("no connection", repeatable=True)
    handle = await house.begin()
    await failing(handle, "submit_scene", "no connection")
    house.studio.refuses_scenes[2] = NoEffect("422: not that one", repeatable=False)
    result = await house.result(handle)
    assert result.state is ItemState.FAILED
    assert "not that one" in result.reason
    assert house.studio.orders == []
    assert await budget(house, result.item_id) == (0, 0)


async def test_an_item_that_was_terminated_is_closed_and_its_money_is_free(house: House) -> None:
    other = await house.begin()
    await house.until(other, "review")
    handle = await house.begin(item_cap_microusd=3_000_000)
    await house.until(handle, "review")
    await handle.terminate()
    await house.say(handle, "revise", notes="a round that nobody makes")
    assert await budget(house, id_of(handle)) == (1_500_000, 1_500_000)
    async with swept(house):
        row = await ended(house, id_of(handle))
    assert row.state is ItemState.STOPPED
    assert "ended in Temporal (terminated)" in row.reason
    assert await budget(house, row.item_id) == (0, 1_500_000)
    assert (await house.say(other, "approve")).accepted
    assert (await house.result(other)).state is ItemState.PUBLISHED


async def test_what_a_terminated_item_had_ordered_is_shown_to_a_person(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes", scenes="ordered")
    await handle.terminate()
    async with swept(house):
        await ended(house, id_of(handle))
    async with house.database.transaction() as connection:
        asked = [question.operation for question in await parked_operations(connection)]
    assert [(one.item_id, one.state) for one in asked] == [(id_of(handle), OperationState.ACCEPTED)] * 3


async def test_an_item_that_temporal_does_not_know_stays_and_a_person_is_told(house: House) -> None:
    """It may live in another Temporal, to which this worker was not pointed."""
    lost = await open_item(house.database, plan("lost-20261120-abcdef", account_id="lost"))
    other = await house.begin()
    await house.until(other, "review")
    await other.terminate()
    async with swept(house):
        await ended(house, id_of(other))
    async with house.database.transaction() as connection:
        row = await item_rows.get(connection, lost.item_id)
        (told,) = [one for one in await outbox.newest(connection, 100) if one.kind == "parked"]
    assert not row.state.ended
    assert f"does not know the workflow of {lost.item_id} (and of 0 other" in told.line
    assert (
        await PostgresCloser(house.database).close_lost(lost.item_id, "stopped by ada", "ada")
        is ItemState.STOPPED
    )


async def test_what_ended_after_the_backup_of_a_restored_database_is_left_to_a_person(house: House) -> None:
    handle = await house.begin(item_cap_microusd=3_000_000)
    await house.until(handle, "review")
    await house.say(handle, "revise", notes="a round that nobody makes")
    await handle.terminate()
    item_id = id_of(handle)
    async with house.database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )
    async with swept(house):
        told = await alerted(house)
    assert f"the workflow of {item_id} (and of 0 other open items) ended after the backup" in told
    held = await budget(house, item_id)
    assert (
        await PostgresCloser(house.database).close_lost(item_id, "stopped by ada", "ada") is ItemState.PARKED
    )
    async with house.database.transaction() as connection:
        asked = [question.operation.state for question in await parked_operations(connection)]
    assert asked == [OperationState.PARKED] * 3
    assert await budget(house, item_id) == held == (1_500_000, 1_500_000)


async def alerted(house: House) -> str:
    """Wait until people are told something, and return it."""
    async with asyncio.timeout(60):
        while True:
            async with house.database.transaction() as connection:
                told = [one.line for one in await outbox.newest(connection, 100) if one.kind == "parked"]
            if told:
                return told[0]
            await asyncio.sleep(0.05)
