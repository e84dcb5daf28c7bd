"""A purchase that moves to another vendor: only what was never sent moves."""

from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.items.plan import ItemPlan
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, open_item, plan, scene_order
from tests.timings import SHORT


def elsewhere(item: ItemPlan, price_microusd: int = PRICE) -> Order:
    """The first scene, ordered from another vendor."""
    order = scene_order(item, 1, 1)
    return order.model_copy(update={"vendor": "another", "amount_microusd": price_microusd})


async def reserved(ledger: PostgresLedger, item: ItemPlan, order: Order) -> Operation:
    answer = await ledger.reserve([order], item.limits)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def reserved_on(database: Database, item: ItemPlan) -> int:
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select reserved_microusd from budget where scope = %s", [f"item:{item.item_id}"]
        )
        row = await cursor.fetchone()
    return row["reserved_microusd"] if row else 0


async def test_what_was_never_sent_moves_with_its_money(database: Database) -> None:
    ledger = PostgresLedger(database, SHORT)
    item = await open_item(database, plan())
    here = await reserved(ledger, item, scene_order(item, 1, 1))
    there = await reserved(ledger, item, elsewhere(item, 2 * PRICE))
    assert (there.vendor, there.attempt) == ("another", here.attempt + 1)
    assert await reserved_on(database, item) == 2 * PRICE
    first, _ = await ledger.of_item(item.item_id)
    assert (first.state, first.reason) == (
        OperationState.RELEASED,
        "never sent: ordered from another instead",
    )


async def test_what_was_sent_stays_where_it_was_sent(database: Database) -> None:
    ledger, vendor = PostgresLedger(database, SHORT), Vendor()
    item = await open_item(database, plan())
    here = await reserved(ledger, item, scene_order(item, 1, 1))
    await ledger.carry_out(here, HASH, vendor)
    found = await reserved(ledger, item, elsewhere(item))
    assert (found.operation_id, found.vendor) == (here.operation_id, here.vendor)
    assert await reserved_on(database, item) == PRICE


async def test_a_release_of_what_is_not_sent_leaves_what_is(database: Database) -> None:
    ledger, vendor = PostgresLedger(database, SHORT), Vendor()
    item = await open_item(database, plan())
    here = await reserved(ledger, item, scene_order(item, 1, 1))
    await ledger.carry_out(here, HASH, vendor)
    kept = await ledger.release_if_unsent(here.operation_id, "not needed")
    assert kept.state is OperationState.ACCEPTED


async def test_where_there_is_no_room_elsewhere_the_reservation_stays_where_it_is(database: Database) -> None:
    ledger = PostgresLedger(database, SHORT)
    item = await open_item(database, plan(item_cap_microusd=PRICE))
    here = await reserved(ledger, item, scene_order(item, 1, 1))
    answer = await ledger.reserve([elsewhere(item, 2 * PRICE)], item.limits)
    assert isinstance(answer, Refusal)
    assert answer.left_microusd == PRICE
    assert await reserved_on(database, item) == PRICE
    assert await ledger.of_item(item.item_id) == [here]
    assert await reserved(ledger, item, scene_order(item, 1, 1)) == here
