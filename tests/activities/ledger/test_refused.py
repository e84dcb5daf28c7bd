"""A final refusal counts for that vendor and model only; others may be asked."""

import pytest

from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import NoEffect
from schema.items.plan import ItemPlan
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from tests.activities.ledger.scenery import (
    BUSY,
    HASH,
    REFUSED,
    Vendor,
    committed,
    once_unlocked,
    open_item,
    plan,
    post_order,
    scene_order,
)
from tests.activities.reviews.reviewing import approval_for


async def reserved(ledger: PostgresLedger, item: ItemPlan, order: Order) -> Operation:
    answer = await ledger.reserve([order], item.limits)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def proof_of(ledger: PostgresLedger, operation: Operation, proof: NoEffect) -> NoEffect:
    """Have a vendor say no; return what the ledger makes of it."""
    vendor = Vendor()
    vendor.before = proof
    with pytest.raises(NoEffect) as said:
        await once_unlocked(ledger, operation, vendor)
    assert vendor.effects == []
    return said.value


@pytest.mark.parametrize("what", ["scene", "post"])
async def test_what_was_refused_for_good_is_not_asked_again_however_often_it_is_wanted(
    ledger: PostgresLedger, database: Database, what: str
) -> None:
    item = await open_item(database, plan())
    order = scene_order(item, 1, 1) if what == "scene" else post_order(item)
    operation = await reserved(ledger, item, order)
    if what == "scene":
        assert not (await proof_of(ledger, operation, REFUSED)).repeatable
    else:
        vendor = Vendor()
        vendor.before = REFUSED
        with pytest.raises(NoEffect):
            await ledger.publish(operation, HASH, vendor, await approval_for(database, item))
    for _ in range(2):
        with pytest.raises(NoEffect, match="the prompt is not allowed") as again:
            await ledger.reserve([order], item.limits)
        assert not again.value.repeatable
    (only,) = await ledger.of_item(item.item_id)
    assert (only.state, only.refused) == (OperationState.RELEASED, True)
    assert set((await committed(database)).values()) <= {(0, 0)}


async def test_a_refusal_that_is_carried_out_again_after_a_crash_is_answered_as_one(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    refused = await reserved(ledger, item, scene_order(item, 1, 1))
    busy = await reserved(ledger, item, scene_order(item, 1, 2))
    await proof_of(ledger, refused, REFUSED)
    await proof_of(ledger, busy, BUSY)
    for operation, repeatable in ((refused, False), (busy, True)):
        vendor = Vendor()
        with pytest.raises(NoEffect) as told:
            await once_unlocked(ledger, operation, vendor)
        assert (told.value.repeatable, vendor.effects) == (repeatable, [])


async def test_another_vendor_or_model_may_make_what_one_has_refused(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    first = scene_order(item, 1, 1)
    await proof_of(ledger, await reserved(ledger, item, first), REFUSED)
    for number, changed in enumerate([{"vendor": "another"}, {"model": "another"}], 2):
        other = await reserved(ledger, item, first.model_copy(update=changed))
        assert other.attempt == number
        await proof_of(ledger, other, REFUSED)
    with pytest.raises(NoEffect, match="not allowed"):
        await ledger.reserve([first], item.limits)


async def test_a_busy_vendor_is_asked_again_as_another_attempt_that_holds_the_money(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    order = scene_order(item, 1, 1)
    await proof_of(ledger, await reserved(ledger, item, order), BUSY)
    assert (await committed(database))["item"] == (order.amount_microusd, 0)
    again = await reserved(ledger, item, order)
    assert (again.attempt, again.state) == (2, OperationState.RESERVED)
    assert (await once_unlocked(ledger, again, Vendor())).state is OperationState.ACCEPTED
    first, _ = await ledger.of_item(item.item_id)
    assert (first.state, first.refused) == (OperationState.RELEASED, False)
    assert (await committed(database))["item"] == (order.amount_microusd, 0)


async def test_what_was_charged_is_not_bought_again_though_it_came_to_nothing(
    ledger: PostgresLedger, database: Database
) -> None:
    item = await open_item(database, plan())
    order = scene_order(item, 1, 1)
    vendor = Vendor()
    operation = await ledger.carry_out(await reserved(ledger, item, order), HASH, vendor)
    await ledger.settle(operation.operation_id, 200_000, wasted="it failed: the kiln went out")
    for wanted in (order, order.model_copy(update={"vendor": "another"})):
        again = await reserved(ledger, item, wanted)
        assert (again.operation_id, again.state) == (operation.operation_id, OperationState.SETTLED)
        assert (await ledger.carry_out(again, HASH, vendor)).charged_microusd == 200_000
    assert len(vendor.effects) == 1
    assert (await committed(database))["item"] == (0, 200_000)
