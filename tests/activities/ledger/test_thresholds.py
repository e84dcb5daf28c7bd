"""People are told of each threshold once ever, by the transaction that crosses it."""

import asyncio
from collections import Counter
from datetime import UTC

import psycopg
import pytest

from activities.buying.purchases import orders_of
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store import account_rows, outbox
from activities.store.database import Database
from schema.failure import NoEffect
from schema.items.account import Account
from schema.purchases.operation import Operation, Refusal
from schema.reviews.message import Message
from tests.activities.ledger.scenery import HASH, REFUSED, Vendor, open_item, plan, scene_order
from tests.timings import SHORT

PRICE = 100_000
RACERS = 32


async def raised(database: Database) -> list[Message]:
    async with database.transaction() as connection:
        return await outbox.newest(connection, 1_000)


async def crossings(database: Database) -> list[str]:
    """The thresholds of the account's day, oldest first."""
    named = [alert.message_id for alert in reversed(await raised(database)) if alert.kind == "budget"]
    return [name.rpartition("/")[2] for name in named if name.startswith("budget/account-day:crafts:")]


async def account_with(database: Database, day_cap_microusd: int) -> None:
    async with database.transaction() as connection:
        account = Account(account_id="crafts", title="crafts", day_cap_microusd=day_cap_microusd)
        await account_rows.ensure(connection, account)
        await account_rows.change(connection, account)


async def buy(database: Database, number: int, price: int = PRICE) -> Operation | Refusal:
    item = await open_item(database, plan(f"crafts-20261120-n{number:05d}", price_microusd=price))
    answer = await PostgresLedger(database, SHORT).reserve([scene_order(item, 1, 1)], item.limits)
    return answer if isinstance(answer, Refusal) else answer[0]


async def test_thirty_two_racers_raise_each_threshold_once(database: Database) -> None:
    await account_with(database, RACERS * PRICE)
    await asyncio.gather(*(buy(database, number) for number in range(RACERS)))
    assert sorted(await crossings(database)) == ["50", "75", "90"]
    assert len({alert.message_id for alert in await raised(database)}) == len(await raised(database))


async def test_an_alert_comes_with_the_purchase_that_crosses_and_not_before(database: Database) -> None:
    await account_with(database, 10 * PRICE)
    seen: list[list[str]] = []
    for number in range(10):
        await buy(database, number)
        seen.append(await crossings(database))
    assert [len(found) for found in seen] == [0, 0, 0, 0, 1, 1, 1, 2, 3, 3]
    assert seen[-1] == ["50", "75", "90"]


async def test_one_large_purchase_raises_every_threshold_it_jumps_over(database: Database) -> None:
    await account_with(database, 10 * PRICE)
    await buy(database, 1, price=8 * PRICE)
    assert sorted(await crossings(database)) == ["50", "75"]


async def test_a_purchase_that_is_refused_raises_nothing(database: Database) -> None:
    await account_with(database, 10 * PRICE)
    assert isinstance(await buy(database, 1, price=11 * PRICE), Refusal)
    assert await raised(database) == []


async def test_a_cap_lowered_below_what_is_committed_is_told_with_the_purchase_it_refuses(
    database: Database,
) -> None:
    await account_with(database, 40 * PRICE)
    await buy(database, 1, price=18 * PRICE)
    assert await crossings(database) == []
    await account_with(database, 15 * PRICE)
    for number in (2, 3):
        assert isinstance(await buy(database, number), Refusal)
    assert sorted(await crossings(database)) == ["50", "75", "90"]
    told = [alert.line for alert in await raised(database) if alert.message_id.endswith("/90")]
    assert ["$1.80" in line and "$1.50" in line for line in told] == [True], told


async def test_money_given_back_and_spent_again_raises_no_second_alert_nor_does_a_changed_cap(
    database: Database,
) -> None:
    ledger = PostgresLedger(database, SHORT)
    await account_with(database, 10 * PRICE)
    for number in range(3):
        bought = await buy(database, number, price=6 * PRICE)
        assert isinstance(bought, Operation)
        await ledger.release(bought.operation_id, "test")
    assert await crossings(database) == ["50"]
    await account_with(database, 20 * PRICE)
    await buy(database, 9, price=11 * PRICE)
    assert await crossings(database) == ["50"]


async def test_a_budget_of_one_item_raises_none(database: Database) -> None:
    item = await open_item(database, plan(item_cap_microusd=1_500_000))
    await PostgresLedger(database, SHORT).reserve(orders_of(item, 1, "system"), item.limits)
    assert await raised(database) == []


async def test_an_overrun_is_an_alert_and_so_are_the_brake_and_the_threshold_it_crosses(
    database: Database,
) -> None:
    await account_with(database, 10 * PRICE)
    ledger = PostgresLedger(database, SHORT)
    first, second = await buy(database, 1), await buy(database, 2)
    for bought in (first, second):
        assert isinstance(bought, Operation)
        await ledger.carry_out(bought, HASH, Vendor())
    for bought in (first, second, first):
        assert isinstance(bought, Operation)
        await ledger.settle(bought.operation_id, 4 * PRICE)
    kinds = Counter(alert.kind for alert in await raised(database))
    assert kinds == {"overrun": 2, "brake": 1, "budget": 2}
    assert await crossings(database) == ["50", "75"]
    brake = next(alert for alert in await raised(database) if alert.kind == "brake")
    assert "reelwright resume" in brake.line


@pytest.mark.parametrize(
    "change",
    [
        "update outbox set line = 'nothing to see'",
        "delete from outbox",
        "update outbox set created_at = now()",
    ],
)
async def test_a_message_cannot_be_rewritten_by_the_application(database: Database, change: str) -> None:
    async with database.statements() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(change.encode())


async def test_a_vendor_that_does_not_accept_our_account_is_told_of_once_a_day(database: Database) -> None:
    vendor = Vendor()
    vendor.before = NoEffect("fal says that there is no credit left", repeatable=False, our_account=True)
    for number in range(2):
        operation = await buy(database, number)
        assert isinstance(operation, Operation)
        with pytest.raises(NoEffect):
            await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    (told,) = await raised(database)
    day = f"{told.created_at.astimezone(UTC):%Y-%m-%d}"
    assert (told.kind, told.message_id) == ("vendor", f"vendor/offline-studio/{day}")
    assert "no credit left" in told.line


async def test_what_is_refused_for_its_own_sake_is_no_alert(database: Database) -> None:
    vendor = Vendor()
    vendor.before = REFUSED
    operation = await buy(database, 1)
    assert isinstance(operation, Operation)
    with pytest.raises(NoEffect):
        await PostgresLedger(database, SHORT).carry_out(operation, HASH, vendor)
    assert await raised(database) == []
