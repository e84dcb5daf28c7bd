"""Reserving: every budget has room, or nothing happens, and nobody reserves twice."""

import asyncio

import pytest

from activities.buying.purchases import orders_of
from activities.ledger.port import NotResolvedYet, RequestChanged
from activities.ledger.postgres_ledger import PostgresLedger
from activities.ledger.reserving import reserve
from activities.reviews.closing import PostgresCloser
from activities.store import item_rows
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.items.item import Ending, ItemState
from schema.money import Book
from schema.purchases.operation import Refusal
from tests.activities.ledger.scenery import (
    HASH,
    PRICE,
    Vendor,
    committed,
    open_item,
    plan,
    post_order,
    scene_order,
)
from tests.activities.ledger.test_locks import waiting


async def test_a_reservation_raises_every_budget_and_repeating_it_changes_nothing(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    first = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert await ledger.reserve(orders_of(item, 1, "system"), item.limits) == first
    assert await committed(database) == dict.fromkeys(
        ["item", "account-day", "day", "global"], (1_500_000, 0)
    )


async def test_a_round_that_does_not_fit_is_refused_whole_and_names_the_budget(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan(item_cap_microusd=1_400_000))
    refusal = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert isinstance(refusal, Refusal)
    assert refusal.scope == f"item:{item.item_id}"
    assert (refusal.asked_microusd, refusal.left_microusd, refusal.passes) == (1_500_000, 1_400_000, False)
    assert await ledger.of_item(item.item_id) == []
    assert await committed(database) == dict.fromkeys(["item", "account-day", "day", "global"], (0, 0))


async def test_a_budget_that_waiting_does_not_help_is_named_before_one_that_may_have_room_soon(
    ledger: PostgresLedger, database: Database
) -> None:
    first = await open_item(database, plan(day_cap_microusd=1_600_000))
    await ledger.reserve(orders_of(first, 1, "system"), first.limits)
    second = await open_item(
        database,
        plan("crafts-20261120-second", day_cap_microusd=1_600_000, item_cap_microusd=400_000),
    )
    refusal = await ledger.reserve([scene_order(second, 1, 1)], second.limits)
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.passes) == (f"item:{second.item_id}", False)


async def test_nothing_is_reserved_for_an_item_that_has_ended(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    async with database.transaction() as connection:
        await item_rows.close(connection, item.item_id, ItemState.STOPPED, "")
    assert await ledger.release_unsent(item.item_id) == 3
    with pytest.raises(Trouble) as finished:
        await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert finished.value.fault is Fault.FINISHED
    assert (await committed(database))["day"] == (0, 0)


async def test_what_is_still_reserved_is_not_handed_to_an_item_that_has_ended(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    async with database.transaction() as connection:
        await item_rows.close(connection, item.item_id, ItemState.STOPPED, "")
    with pytest.raises(Trouble) as finished:
        await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert finished.value.fault is Fault.FINISHED


async def test_an_item_is_posted_at_most_once_to_a_place_over_all_rounds(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    await ledger.reserve([post_order(item)], None)
    with pytest.raises(Trouble, match="posted"):
        await ledger.reserve([post_order(item, round_number=2)], None)


@pytest.mark.parametrize("scenes", [1, 3], ids=["with room for more", "with room for one of them"])
async def test_who_reserves_the_same_at_once_is_told_to_come_again_and_finds_one_reservation(
    ledger: PostgresLedger, database: Database, scenes: int
) -> None:
    """No cap refuses it, either: the room that it lacks is what the other worker has reserved for it."""
    item = await open_item(database, plan())
    orders = orders_of(item, 1, "system")[:scenes]
    answers = await asyncio.gather(
        *(ledger.reserve(orders, item.limits) for _ in range(8)), return_exceptions=True
    )
    assert all(isinstance(answer, list | NotResolvedYet) for answer in answers), answers
    assert len(await ledger.of_item(item.item_id)) == scenes
    assert not isinstance(await ledger.reserve(orders, item.limits), Refusal)
    assert (await committed(database))["item"] == (scenes * 500_000, 0)


async def test_money_that_is_only_reserved_may_free_itself(
    ledger: PostgresLedger, database: Database
) -> None:
    first = await open_item(database, plan())
    await ledger.reserve(orders_of(first, 1, "system"), first.limits)
    second = await open_item(database, plan("crafts-20261120-second", day_cap_microusd=1_600_000))
    refusal = await ledger.reserve(orders_of(second, 1, "system"), second.limits)
    assert isinstance(refusal, Refusal)
    assert refusal.passes
    assert refusal.scope.startswith("account-day:crafts:")


@pytest.mark.parametrize(("key", "scope"), [("day_cap_microusd", "day:"), ("global_cap_microusd", "global")])
async def test_the_installations_own_caps_refuse_and_are_named(
    ledger: PostgresLedger, database: Database, key: str, scope: str
) -> None:
    item = await open_item(database, plan())
    async with database.transaction() as connection:
        await connection.execute("update configuration set value = to_jsonb(600000) where key = %s", [key])
    assert not isinstance(await ledger.reserve([scene_order(item, 1, 1)], item.limits), Refusal)
    refusal = await ledger.reserve([scene_order(item, 1, 2)], item.limits)
    assert isinstance(refusal, Refusal)
    assert refusal.scope.startswith(scope)
    assert (refusal.cap_microusd, refusal.left_microusd) == (600_000, 100_000)


async def test_an_items_raised_cap_is_not_lowered_by_its_next_purchase(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan(item_cap_microusd=600_000))
    await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert isinstance(await ledger.reserve([scene_order(item, 1, 2)], item.limits), Refusal)
    async with database.transaction() as connection:
        await connection.execute(
            "update budget set cap_microusd = 1500000 where scope = 'item:' || %s", [item.item_id]
        )
    for scene in (2, 3):
        assert not isinstance(await ledger.reserve([scene_order(item, 1, scene)], item.limits), Refusal)
    refusal = await ledger.reserve([scene_order(item, 2, 1)], item.limits)
    assert isinstance(refusal, Refusal)
    assert refusal.cap_microusd == 1_500_000


@pytest.mark.parametrize(("more", "passes"), [(0, True), (1, False)])
async def test_waiting_helps_up_to_exactly_what_is_not_spent(
    ledger: PostgresLedger, database: Database, more: int, passes: bool
) -> None:
    first = await open_item(database, plan(day_cap_microusd=3 * PRICE))
    spent, _ = [await ledger.reserve([scene_order(first, 1, scene)], first.limits) for scene in (1, 2)]
    assert not isinstance(spent, Refusal)
    await ledger.carry_out(spent[0], HASH, Vendor())
    await ledger.settle(spent[0].operation_id, PRICE)
    second = await open_item(
        database,
        plan("crafts-20261120-second", day_cap_microusd=3 * PRICE, price_microusd=2 * PRICE + more),
    )
    refusal = await ledger.reserve([scene_order(second, 1, 1)], second.limits)
    assert isinstance(refusal, Refusal)
    assert (refusal.passes, refusal.left_microusd) == (passes, PRICE)


async def test_simulated_money_fills_no_budget_of_dollars(ledger: PostgresLedger, database: Database) -> None:
    for number, book in enumerate([Book.SIMULATED, Book.USD]):
        item = await open_item(database, plan(f"crafts-20261120-book0{number}", book=book))
        await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    async with database.statements() as connection:
        cursor = await connection.execute("select distinct reserved_microusd from budget")
        assert [row["reserved_microusd"] async for row in cursor] == [PRICE]


async def test_an_item_does_not_end_between_a_reservation_and_its_commit(
    ledger: PostgresLedger, database: Database
) -> None:
    """It would then end without giving back what it cannot see yet."""
    item = await open_item(database, plan())
    async with database.transaction() as connection:
        await reserve(connection, orders_of(item, 1, "system"), item.limits)
        closing = asyncio.create_task(
            PostgresCloser(database).close_item(
                Ending(item_id=item.item_id, state=ItemState.STOPPED, reason="no")
            )
        )
        await asyncio.wait_for(waiting(database, 1), 10)
    assert (await closing).state is ItemState.STOPPED
    assert await committed(database) == dict.fromkeys(["item", "account-day", "day", "global"], (0, 0))


async def test_what_is_reserved_together_is_of_one_item_and_one_book(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    other = await open_item(database, plan("crafts-20261120-second"))
    order = scene_order(item, 1, 1)
    dollars = scene_order(item, 1, 2).model_copy(update={"book": Book.USD})
    for mixed in ([order, scene_order(other, 1, 1)], [order, dollars]):
        with pytest.raises(ValueError, match="one item, one book and one person"):
            await ledger.reserve(mixed, item.limits)
    assert await ledger.of_item(item.item_id) == []


async def test_a_reservation_whose_request_is_not_written_yet_takes_the_first_that_is_sent(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    order = scene_order(item, 1, 1)
    before = await ledger.reserve([order], item.limits)
    written = order.model_copy(update={"request_sha256": HASH})
    assert await ledger.reserve([written], item.limits) == before
    assert not isinstance(before, Refusal)
    await ledger.carry_out(before[0], HASH, Vendor())
    with pytest.raises(RequestChanged):
        await ledger.reserve([order.model_copy(update={"request_sha256": "b" * 64})], item.limits)


async def test_each_movement_of_money_is_an_entry_of_its_amount(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    paid, free = [await ledger.reserve([scene_order(item, 1, scene)], item.limits) for scene in (1, 2)]
    assert not isinstance(paid, Refusal)
    assert not isinstance(free, Refusal)
    await ledger.carry_out(paid[0], HASH, Vendor())
    await ledger.settle(paid[0].operation_id, 400_000)
    await ledger.release(free[0].operation_id, "never sent")
    async with database.statements() as connection:
        cursor = await connection.execute("select movement, amount_microusd from entry order by entry_id")
        moved = [(row["movement"], row["amount_microusd"]) async for row in cursor]
    assert moved == [("reserve", PRICE), ("reserve", PRICE), ("settle", 400_000), ("release", PRICE)]


async def test_an_operation_says_for_whom_it_was_bought(ledger: PostgresLedger, database: Database) -> None:
    item = await open_item(database, plan(item_cap_microusd=9_000_000))
    await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    await ledger.reserve(orders_of(item, 2, "ada"), item.limits)
    async with database.statements() as connection:
        cursor = await connection.execute("select distinct round, on_behalf_of from operation order by round")
        told = [(row["round"], row["on_behalf_of"]) async for row in cursor]
    assert told == [(1, "system"), (2, "ada")]
