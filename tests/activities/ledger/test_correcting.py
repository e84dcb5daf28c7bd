"""A person who has read the vendor's bill corrects a charge: operation, budgets and entries stay one sum."""

import pytest

from activities.ledger import correcting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import Trouble
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import (
    HASH,
    PRICE,
    Vendor,
    open_item,
    plan,
    post_order,
    scene_order,
)
from tests.activities.ledger.test_laws import LAWS
from tests.timings import SHORT

SCENE = "crafts-20261120-abcdef/1/scene/1/1"


@pytest.fixture
async def ledger(database: Database) -> PostgresLedger:
    """A ledger in which one scene was sent."""
    ledger = PostgresLedger(database, SHORT)
    item = await open_item(database, plan())
    reserved = await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(reserved, Refusal)
    await ledger.carry_out(reserved[0], HASH, Vendor())
    return ledger


async def correct(database: Database, charged_microusd: int, operation_id: str = SCENE) -> Operation:
    async with database.transaction() as connection:
        return await correcting.correct(connection, operation_id, charged_microusd, "ada", "its invoice")


async def budgets(database: Database) -> set[tuple[int, int, int]]:
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd, overrun_microusd from budget"
        )
        return {tuple(row.values()) async for row in cursor}


@pytest.mark.parametrize("charged", [0, PRICE - 20_000, PRICE + 70_000])
async def test_a_correction_moves_every_budget_by_the_difference_and_keeps_what_was_written(
    ledger: PostgresLedger, database: Database, charged: int
) -> None:
    await ledger.settle(SCENE, PRICE)
    done = await correct(database, charged)
    assert (done.state, done.charged_microusd) == (OperationState.SETTLED, charged)
    assert await budgets(database) == {(0, charged, max(charged - PRICE, 0))}
    async with database.statements() as connection:
        cursor = await connection.execute("select movement, amount_microusd from entry order by entry_id")
        entries = await cursor.fetchall()
        logged = "select detail from processing_log where event = 'charge corrected'"
        log = await (await connection.execute(logged)).fetchone()
        for law, breach in LAWS.items():
            assert await (await connection.execute(breach.encode())).fetchall() == [], law
    assert [row["movement"] for row in entries] == ["reserve", "settle", "correct"]
    assert (entries[1]["amount_microusd"], entries[2]["amount_microusd"]) == (PRICE, charged)
    assert log is not None
    assert "ada corrected $0.50 simulated to" in log["detail"]
    assert log["detail"].endswith(": its invoice")


async def test_twice_the_other_way_round_ends_where_it_began(
    ledger: PostgresLedger, database: Database
) -> None:
    await ledger.settle(SCENE, PRICE)
    await correct(database, PRICE + 1)
    await correct(database, PRICE)
    assert await budgets(database) == {(0, PRICE, 0)}


async def test_what_was_given_back_and_is_on_the_bill_counts_as_settled(
    ledger: PostgresLedger, database: Database
) -> None:
    await ledger.release(SCENE, "a mistaken person")
    assert (await correct(database, PRICE)).state is OperationState.SETTLED
    assert await budgets(database) == {(0, PRICE, PRICE)}


async def test_what_cannot_be_corrected_says_why(ledger: PostgresLedger, database: Database) -> None:
    with pytest.raises(Trouble, match="has not ended"):
        await correct(database, 0)
    await ledger.settle(SCENE, PRICE)
    with pytest.raises(Trouble, match=r"is charged .* already"):
        await correct(database, PRICE)
    item = plan()
    await ledger.reserve([post_order(item)], None)
    with pytest.raises(Trouble, match="is a post"):
        await correct(database, 0, f"{post_order(item).slot}/1")
    with pytest.raises(LookupError):
        await correct(database, 0, "nobody's")


async def test_a_purchase_that_was_made_again_is_corrected_at_its_latest_attempt(
    ledger: PostgresLedger, database: Database
) -> None:
    await ledger.release(SCENE, "it failed")
    item = plan()
    await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    with pytest.raises(Trouble, match=r"was made again as '.*/2': correct that one"):
        await correct(database, PRICE)
