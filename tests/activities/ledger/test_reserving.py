"""Reserving: every budget has room, or nothing happens, and nobody reserves twice."""

import asyncio

import pytest

from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres import PostgresLedger
from activities.store import items
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.item import ItemState
from schema.operation import Refusal
from tests.activities.ledger.scenery import (
    committed,
    limits,
    open_item,
    post_order,
    snapshot,
)


async def test_a_reservation_raises_every_budget_and_repeating_it_changes_nothing(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, snapshot())
    first = await ledger.reserve(item.scene_orders(1), limits(item))
    assert await ledger.reserve(item.scene_orders(1), limits(item)) == first
    assert await committed(database) == dict.fromkeys(
        ["item", "account-day", "day", "global"], (1_500_000, 0)
    )


async def test_a_round_that_does_not_fit_is_refused_whole_and_names_the_budget(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, snapshot(item_cap_microusd=1_400_000))
    refusal = await ledger.reserve(item.scene_orders(1), limits(item))
    assert isinstance(refusal, Refusal)
    assert refusal.scope == f"item:{item.item_id}"
    assert (refusal.asked_microusd, refusal.left_microusd, refusal.passes) == (1_500_000, 1_400_000, False)
    assert await ledger.of_item(item.item_id) == []
    assert await committed(database) == dict.fromkeys(["item", "account-day", "day", "global"], (0, 0))


async def test_a_budget_that_waiting_does_not_help_is_named_before_one_that_may_have_room_soon(
    ledger: PostgresLedger, database: Database
) -> None:
    first = await open_item(database, snapshot(day_cap_microusd=1_600_000))
    await ledger.reserve(first.scene_orders(1), limits(first))
    second = await open_item(
        database,
        snapshot("crafts-20261120-second", day_cap_microusd=1_600_000, item_cap_microusd=400_000),
    )
    refusal = await ledger.reserve([second.scene_order(1, 1)], limits(second))
    assert isinstance(refusal, Refusal)
    assert (refusal.scope, refusal.passes) == (f"item:{second.item_id}", False)


async def test_nothing_is_reserved_for_an_item_that_has_ended(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, snapshot())
    await ledger.reserve(item.scene_orders(1), limits(item))
    async with database.transaction() as connection:
        await items.close(connection, item.item_id, ItemState.STOPPED, "")
    assert await ledger.release_unsent(item.item_id) == 3
    with pytest.raises(Trouble) as finished:
        await ledger.reserve(item.scene_orders(1), limits(item))
    assert finished.value.fault is Fault.FINISHED
    assert (await committed(database))["day"] == (0, 0)


async def test_an_item_is_posted_at_most_once_to_a_place_over_all_rounds(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, snapshot())
    await ledger.reserve([post_order(item)], None)
    with pytest.raises(Trouble, match="posted"):
        await ledger.reserve([post_order(item, round_number=2)], None)


async def test_who_reserves_the_same_at_once_is_told_to_come_again_and_finds_one_reservation(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, snapshot())
    order = [item.scene_order(1, 1)]
    answers = await asyncio.gather(
        *(ledger.reserve(order, limits(item)) for _ in range(8)), return_exceptions=True
    )
    assert all(isinstance(answer, list | NotResolvedYet) for answer in answers)
    assert len(await ledger.of_item(item.item_id)) == 1
    assert not isinstance(await ledger.reserve(order, limits(item)), Refusal)
    assert (await committed(database))["item"] == (500_000, 0)


async def test_money_that_is_only_reserved_may_free_itself(
    ledger: PostgresLedger, database: Database
) -> None:
    first = await open_item(database, snapshot())
    await ledger.reserve(first.scene_orders(1), limits(first))
    second = await open_item(database, snapshot("crafts-20261120-second", day_cap_microusd=1_600_000))
    refusal = await ledger.reserve(second.scene_orders(1), limits(second))
    assert isinstance(refusal, Refusal)
    assert refusal.passes
    assert refusal.scope.startswith("account-day:crafts:")
