"""An item ends once: nothing stays reserved or on show, and people are told."""

import pytest

from activities.buying.purchases import orders_of
from activities.ledger.headroom import budget_of_item
from activities.ledger.parked_operations import park_what_a_backup_forgot
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.closing import PostgresCloser
from activities.store import item_rows, outbox
from activities.store.database import Database
from schema.content.publication import PostReceipt, PostState
from schema.items.item import Ending, ItemState
from schema.items.plan import ItemPlan
from schema.money import Book
from schema.purchases.operation import OperationState, Refusal
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, committed, open_item, plan
from tests.activities.reviews.reviewing import decisions, on_show, states


async def bought(ledger: PostgresLedger, database: Database) -> ItemPlan:
    """An item with one scene paid, one on its way and one reserved."""
    item = await open_item(database, plan())
    reserved = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert not isinstance(reserved, Refusal)
    for operation in reserved[:2]:
        await ledger.carry_out(operation, HASH, Vendor())
    await ledger.settle(reserved[0].operation_id, 400_000)
    return item


async def stands(ledger: PostgresLedger, item: ItemPlan) -> list[OperationState]:
    return [one.state for one in await ledger.of_item(item.item_id)]


async def restored(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into configuration (key, value) values ('restored_at', to_jsonb(clock_timestamp()))"
        )


async def test_what_was_never_sent_is_given_back_and_what_was_sent_stays(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await bought(ledger, database)
    await on_show(database, item)
    receipt = PostReceipt(platform="folder", state=PostState.REFUSED, reason="no")
    ending = Ending(item_id=item.item_id, state=ItemState.FAILED, reason="no", actor="ada", posts=(receipt,))
    result = await PostgresCloser(database).close_item(ending)
    assert (result.state, result.reason, result.posts) == (ItemState.FAILED, "no", (receipt,))
    assert (result.cost_microusd, result.book) == (400_000, Book.SIMULATED)
    assert result.video_key == f"content/{item.item_id}/final.mp4"
    settled, accepted, released = await ledger.of_item(item.item_id)
    assert (settled.state, accepted.state, released.state) == (
        OperationState.SETTLED,
        OperationState.ACCEPTED,
        OperationState.RELEASED,
    )
    assert released.reason == "never sent; the item ended as failed"
    assert (await committed(database))["item"] == (PRICE, 400_000)
    assert await states(database) == {"1/video/1": "stopped"}
    assert await decisions(database) == [("stop", "ada")]


async def test_the_first_ending_is_the_one_that_counts(ledger: PostgresLedger, database: Database) -> None:
    item = await open_item(database, plan())
    first = Ending(item_id=item.item_id, state=ItemState.REJECTED, reason="too loud")
    await PostgresCloser(database).close_item(first)
    again = await PostgresCloser(database).close_item(
        Ending(item_id=item.item_id, state=ItemState.FAILED, reason="something else")
    )
    assert (again.state, again.reason) == (ItemState.REJECTED, "too loud")
    async with database.statements() as connection:
        assert await outbox.newest(connection, 10) == []


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("state", [state for state in ItemState if state.ended])
async def test_people_are_told_once_of_an_end_that_nobody_has_asked_for_and_what_helps(
    ledger: PostgresLedger, database: Database, state: ItemState, shown: bool
) -> None:
    item = await open_item(database, plan())
    if shown:
        await on_show(database, item)
    for _ in range(2):
        await PostgresCloser(database).close_item(
            Ending(item_id=item.item_id, state=state, reason="so it is")
        )
    async with database.statements() as connection:
        told = [
            (one.line, one.account_id) for one in await outbox.newest(connection, 10) if one.kind == "ended"
        ]
        log = [one.event for one in await item_rows.log_of(connection, item.item_id)]
    assert log == [f"ended: {state}"]
    helps = f"; `reelwright again {item.item_id}` takes up what was on show" if shown else ""
    remedies = {
        ItemState.FAILED: helps,
        ItemState.REFUSED_BY_CAP: helps,
        ItemState.EXPIRED: helps,
        ItemState.PARTLY_PUBLISHED: helps,
        ItemState.PARKED: "; `reelwright unknowns` lists what waits for you",
    }
    words = str(state).replace("_", " ")
    line = f"{item.item_id} has ended: {words} (so it is){remedies.get(state)}"
    assert told == ([(line, "crafts")] if state in remedies else [])


async def test_after_a_restore_what_is_called_unsent_is_a_question_and_the_rest_stays(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await bought(ledger, database)
    before = (await ledger.of_item(item.item_id))[2]
    async with database.transaction() as connection:
        assert not await park_what_a_backup_forgot(connection, item.item_id)
    await restored(database)
    young = await open_item(database, plan("crafts-20261120-young0"))
    async with database.transaction() as connection:
        assert not await park_what_a_backup_forgot(connection, young.item_id)
        assert await park_what_a_backup_forgot(connection, item.item_id)
    assert await stands(ledger, item) == [
        OperationState.SETTLED,
        OperationState.ACCEPTED,
        OperationState.PARKED,
    ]
    parked = (await ledger.of_item(item.item_id))[2]
    assert "may have been sent after the backup" in parked.reason
    assert parked.epoch == before.epoch + 1
    assert (await committed(database))["item"] == (2 * PRICE, 400_000)


async def test_after_a_restore_an_item_that_has_ended_is_left_as_it_is(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await bought(ledger, database)
    async with database.transaction() as connection:
        await item_rows.close(connection, item.item_id, ItemState.STOPPED, "")
    await restored(database)
    async with database.transaction() as connection:
        assert not await park_what_a_backup_forgot(connection, item.item_id)
    assert (await stands(ledger, item))[2] is OperationState.RESERVED


async def test_what_an_item_has_left_counts_what_is_spent_and_what_is_on_its_way(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await bought(ledger, database)
    async with database.statements() as connection:
        room = await budget_of_item(connection, item.item_id, Book.SIMULATED, 1)
        assert (room.cap_microusd, room.committed_microusd) == (2_000_000, 400_000 + 2 * PRICE)
        assert room.left_microusd == 600_000
        of_dollars = await budget_of_item(connection, item.item_id, Book.USD, 7)
        assert (of_dollars.cap_microusd, of_dollars.left_microusd) == (7, 7)
    async with database.transaction() as connection:
        await connection.execute(
            "update budget set cap_microusd = 1000000, frozen_microusd = reserved_microusd + settled_microusd"
        )
    async with database.statements() as connection:
        assert (await budget_of_item(connection, item.item_id, Book.SIMULATED, 1)).left_microusd == 0
