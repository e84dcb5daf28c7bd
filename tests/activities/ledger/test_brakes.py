"""Nothing is bought faster than allowed, nor tried without an end."""

import pytest
from psycopg.types.json import Jsonb

from activities.buying.purchases import orders_of
from activities.ledger import brakes
from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.money import Book
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import (
    BUSY,
    HASH,
    Vendor,
    once_unlocked,
    open_item,
    plan,
    post_order,
    scene_order,
)
from tests.activities.reviews.reviewing import approval_for


async def reserve_round(
    ledger: PostgresLedger, database: Database, book: Book, item_id: str
) -> list[Operation]:
    item = await open_item(database, plan(item_id, book=book))
    reserved = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert not isinstance(reserved, Refusal)
    return reserved


async def allow(database: Database, calls_a_minute: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "update configuration set value = %s where key = 'paid_calls_a_minute'", [Jsonb(calls_a_minute)]
        )


async def test_calls_beyond_those_of_a_minute_wait_unsent_and_only_dollars_count(
    ledger: PostgresLedger, database: Database
) -> None:
    await allow(database, 2)
    vendor = Vendor()
    first, second, third = await reserve_round(ledger, database, Book.USD, "crafts-20261120-abcdef")
    for operation in (first, second):
        await ledger.carry_out(operation, HASH, vendor)
    with pytest.raises(NotResolvedYet, match="2 paid calls were begun within a minute, and 2 are allowed"):
        await ledger.carry_out(third, HASH, vendor)
    assert len(vendor.effects) == 2
    posts = await ledger.reserve([post_order(plan())], None)
    assert not isinstance(posts, Refusal)
    approval = await approval_for(database, plan())
    await ledger.publish(posts[0], HASH, vendor, approval)
    for operation in await reserve_round(ledger, database, Book.SIMULATED, "crafts-20261120-simula"):
        await ledger.carry_out(operation, HASH, vendor)
    await allow(database, 3)
    sent = await once_unlocked(ledger, third, vendor)
    assert (sent.state, len(vendor.effects)) == (OperationState.ACCEPTED, 7)


async def test_posts_are_never_held_back_by_the_pace_of_paid_calls(
    ledger: PostgresLedger, database: Database
) -> None:
    await allow(database, 0)
    (scene, *_) = await reserve_round(ledger, database, Book.USD, "crafts-20261120-abcdef")
    with pytest.raises(NotResolvedYet, match="0 are allowed"):
        await ledger.carry_out(scene, HASH, Vendor())
    order = post_order(plan()).model_copy(update={"book": Book.USD})
    posts = await ledger.reserve([order], None)
    assert not isinstance(posts, Refusal)
    approval = await approval_for(database, plan())
    assert (await ledger.publish(posts[0], HASH, Vendor(), approval)).state is OperationState.ACCEPTED


async def test_what_was_tried_too_often_is_given_up_with_its_money_back(
    ledger: PostgresLedger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brakes, "MOST_ATTEMPTS", 2)
    item = await open_item(database, plan())
    vendor = Vendor()
    vendor.before = BUSY
    for attempt in (1, 2):
        reserved = await ledger.reserve([scene_order(item, 1, 1)], item.limits)
        assert not isinstance(reserved, Refusal)
        assert reserved[0].attempt == attempt
        with pytest.raises(NoEffect):
            await once_unlocked(ledger, reserved[0], vendor)
    with pytest.raises(Trouble, match="was tried 2 times in vain") as given_up:
        await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert given_up.value.fault is Fault.VENDOR_FAILED
    async with database.statements() as connection:
        cursor = await connection.execute("select max(reserved_microusd) as held from budget")
        assert await cursor.fetchone() == {"held": 0}
