"""A round is reserved whole, and stays so: a refusal that passes does not give its money to somebody else."""

import pytest

from activities.buying.purchases import orders_of
from activities.ledger.port import Outcome
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.closing import PostgresCloser
from activities.store import account_rows
from activities.store.database import Database
from schema.failure import NoEffect
from schema.items.account import Account
from schema.items.item import Ending, ItemState
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from tests.activities.ledger.scenery import (
    BUSY,
    HASH,
    PRICE,
    Vendor,
    once_unlocked,
    open_item,
    plan,
    scene_order,
)


async def account_with(database: Database, day_cap_microusd: int) -> None:
    async with database.transaction() as connection:
        account = Account(account_id="crafts", title="crafts", day_cap_microusd=day_cap_microusd)
        await account_rows.ensure(connection, account)
        await account_rows.change(connection, account)


async def committed(database: Database) -> set[tuple[int, int]]:
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd from budget where scope ~ '^(account-day|day|global)'"
        )
        return {(row["reserved_microusd"], row["settled_microusd"]) async for row in cursor}


def elsewhere(order: Order) -> Order:
    return order.model_copy(update={"vendor": "another"})


@pytest.mark.parametrize("again", ["here", "elsewhere"])
async def test_nobody_takes_the_room_of_a_round_while_a_busy_vendor_is_waited_for(
    ledger: PostgresLedger, database: Database, again: str
) -> None:
    await account_with(database, 3 * PRICE)
    first = await open_item(database, plan())
    second = await open_item(database, plan("crafts-20261120-second"))
    scene, *_ = answer = await ledger.reserve(orders_of(first, 1, "system"), first.limits)
    assert not isinstance(answer, Refusal)
    assert isinstance(scene, Operation)
    vendor = Vendor()
    vendor.before = BUSY
    with pytest.raises(NoEffect):
        await ledger.carry_out(scene, HASH, vendor)
    assert await committed(database) == {(3 * PRICE, 0)}
    assert isinstance(await ledger.reserve([scene_order(second, 1, 1)], second.limits), Refusal)
    order = scene_order(first, 1, 1) if again == "here" else elsewhere(scene_order(first, 1, 1))
    held = await ledger.reserve([order], first.limits)
    assert not isinstance(held, Refusal)
    vendor.before = None
    accepted = await once_unlocked(ledger, held[0], vendor)
    assert accepted.state is OperationState.ACCEPTED
    assert (accepted.vendor, accepted.attempt) == (order.vendor, 2 if again == "here" else 3)
    assert await committed(database) == {(3 * PRICE, 0)}


async def test_what_is_held_is_given_back_when_the_item_ends(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    answer = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert not isinstance(answer, Refusal)
    vendor = Vendor()
    vendor.before = BUSY
    with pytest.raises(NoEffect):
        await ledger.carry_out(answer[0], HASH, vendor)
    await PostgresCloser(database).close_item(Ending(item_id=item.item_id, state=ItemState.STOPPED))
    assert {operation.state for operation in await ledger.of_item(item.item_id)} == {OperationState.RELEASED}
    assert await committed(database) == {(0, 0)}


class Ends(Vendor):
    """The item ends while its answer is on the way."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def send(self, operation: Operation) -> Outcome:
        await PostgresCloser(self._database).close_item(
            Ending(item_id=operation.item_id, state=ItemState.STOPPED)
        )
        raise BUSY


async def test_nothing_is_held_for_an_item_that_has_ended(ledger: PostgresLedger, database: Database) -> None:
    item = await open_item(database, plan())
    answer = await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(answer, Refusal)
    with pytest.raises(NoEffect):
        await ledger.carry_out(answer[0], HASH, Ends(database))
    assert [operation.state for operation in await ledger.of_item(item.item_id)] == [OperationState.RELEASED]
    assert await committed(database) == {(0, 0)}
