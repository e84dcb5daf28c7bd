"""The effect protocol: whatever happens to an answer, nothing is sent twice."""

import asyncio
from datetime import timedelta

import pytest
from psycopg.types.json import Jsonb

from activities.ledger.port import NotResolvedYet
from activities.ledger.postgres_ledger import PostgresLedger
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.purchases.operation import Operation, OperationState, Refusal
from tests.activities.ledger.scenery import (
    HASH,
    LOST,
    REFUSED,
    Vendor,
    committed,
    once_unlocked,
    open_item,
    plan,
    reserve_one,
    scene_order,
)
from tests.timings import SHORT


async def test_an_answered_send_is_recorded_settled_and_never_sent_again(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    operation = await reserve_one(ledger, database)
    accepted = await ledger.carry_out(operation, HASH, vendor)
    assert (accepted.state, accepted.handle) == (OperationState.ACCEPTED, "job-1")
    assert (await ledger.carry_out(operation, HASH, vendor)).handle == "job-1"
    for _ in range(2):
        settled = await ledger.settle(operation.operation_id, 450_000)
        assert (settled.state, settled.charged_microusd) == (OperationState.SETTLED, 450_000)
    assert vendor.effects == [operation.operation_id]
    assert (await committed(database))["day"] == (0, 450_000)


async def test_a_documented_refusal_gives_the_money_back_and_is_not_asked_for_again(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.before = REFUSED
    operation = await reserve_one(ledger, database)
    for _ in range(2):  # the second time as after a crash: the activity begins anew
        with pytest.raises(NoEffect) as refusal:
            await ledger.carry_out(operation, HASH, vendor)
        assert not refusal.value.repeatable
    assert (await committed(database))["item"] == (0, 0)
    item = plan()
    with pytest.raises(NoEffect, match="not allowed"):
        await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert vendor.effects == []


async def test_after_a_refusal_for_good_another_vendor_may_still_be_asked(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.before = REFUSED
    with pytest.raises(NoEffect):
        await ledger.carry_out(await reserve_one(ledger, database), HASH, vendor)
    item = plan()
    elsewhere = scene_order(item, 1, 1).model_copy(update={"vendor": "another"})
    again = await ledger.reserve([elsewhere], item.limits)
    assert not isinstance(again, Refusal)
    assert again[0].operation_id.endswith("/2")
    with pytest.raises(NoEffect, match="not allowed"):  # and the first is not asked in its stead
        await ledger.reserve([scene_order(item, 1, 1)], item.limits)


async def test_a_bug_of_ours_while_sending_is_looked_up_and_then_not_sent_again(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.before = TypeError("'NoneType' object is not subscriptable")
    operation = await reserve_one(ledger, database)
    with pytest.raises(NotResolvedYet, match="a bug of ours"):
        await ledger.carry_out(operation, HASH, vendor)
    with pytest.raises(NotResolvedYet) as early:
        await once_unlocked(ledger, operation, vendor)
    await asyncio.sleep(early.value.seconds + 0.05)
    with pytest.raises(NoEffect, match="NoneType") as proof:
        await once_unlocked(ledger, operation, vendor)
    assert not proof.value.repeatable
    assert vendor.effects == []
    assert (await committed(database))["item"] == (0, 0)


async def test_a_lost_answer_with_an_effect_is_found_not_sent_again(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.after = LOST
    operation = await reserve_one(ledger, database)
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    found = await once_unlocked(ledger, operation, vendor)
    assert (found.state, found.handle, vendor.effects) == (
        OperationState.ACCEPTED,
        "job-1",
        [operation.operation_id],
    )


async def test_a_lost_answer_without_an_effect_is_released_only_after_the_visibility_delay(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.before = LOST
    operation = await reserve_one(ledger, database)
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    with pytest.raises(NotResolvedYet) as early:
        await once_unlocked(ledger, operation, vendor)
    assert [found.state for found in await ledger.of_item(operation.item_id)] == [OperationState.UNKNOWN]
    await asyncio.sleep(early.value.seconds + 0.05)
    with pytest.raises(NoEffect):
        await once_unlocked(ledger, operation, vendor)
    first, held = await ledger.of_item(operation.item_id)
    assert (first.state, held.state) == (OperationState.RELEASED, OperationState.RESERVED)
    assert (await committed(database))["item"] == (500_000, 0)
    assert await ledger.release_unsent(operation.item_id) == 1
    assert (await committed(database))["item"] == (0, 0)
    assert vendor.effects == []


async def test_what_cannot_be_looked_up_is_parked_with_its_money_held(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.after, vendor.lists, vendor.authoritative = LOST, False, False
    operation = await reserve_one(ledger, database)
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    for _ in range(2):
        with pytest.raises(Trouble) as parked:
            await once_unlocked(ledger, operation, vendor)
        assert parked.value.fault is Fault.PARKED
    assert (await committed(database))["item"] == (500_000, 0)


async def unresolved(ledger: PostgresLedger, operation: Operation, vendor: Vendor) -> NotResolvedYet:
    """Send or look up once, which must not settle it yet; returns what the ledger says of the wait."""
    with pytest.raises(NotResolvedYet, match=r"lost|list") as early:
        await once_unlocked(ledger, operation, vendor)
    return early.value


@pytest.mark.parametrize("appears", [True, False])
async def test_a_listing_that_lags_is_looked_at_until_it_must_show(
    ledger: PostgresLedger, database: Database, appears: bool
) -> None:
    vendor = Vendor()
    vendor.after, vendor.lists, vendor.visible_within = LOST, False, timedelta(seconds=0.6)
    operation = await reserve_one(ledger, database)
    wait = [await unresolved(ledger, operation, vendor) for _ in range(3)][-1]
    assert wait.seconds > SHORT.visibility_delay.total_seconds()
    if appears:
        vendor.lists = True
        assert (await once_unlocked(ledger, operation, vendor)).handle == "job-1"
        return
    await asyncio.sleep(wait.seconds + 0.05)
    with pytest.raises(NoEffect):
        await once_unlocked(ledger, operation, vendor)


async def test_a_listing_that_lags_and_proves_nothing_ends_in_a_question_for_a_person(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    vendor.after, vendor.lists, vendor.authoritative = LOST, False, False
    vendor.visible_within = timedelta(seconds=0.3)
    operation = await reserve_one(ledger, database)
    wait = [await unresolved(ledger, operation, vendor) for _ in range(2)][-1]
    await asyncio.sleep(wait.seconds + 0.05)
    with pytest.raises(Trouble, match="parked"):
        await once_unlocked(ledger, operation, vendor)
    assert (await committed(database))["item"] == (500_000, 0)


async def test_an_effect_seen_twice_is_no_match(ledger: PostgresLedger, database: Database) -> None:
    vendor = Vendor()
    vendor.after = LOST
    operation = await reserve_one(ledger, database)
    with pytest.raises(NotResolvedYet):
        await ledger.carry_out(operation, HASH, vendor)
    vendor.effects.append(operation.operation_id)
    with pytest.raises(Trouble, match="parked"):
        await once_unlocked(ledger, operation, vendor)


async def test_only_one_of_many_callers_sends(ledger: PostgresLedger, database: Database) -> None:
    vendor = Vendor()
    operation = await reserve_one(ledger, database)
    answers = await asyncio.gather(
        *(ledger.carry_out(operation, HASH, vendor) for _ in range(12)), return_exceptions=True
    )
    assert vendor.effects == [operation.operation_id]
    assert all(isinstance(answer, Operation | NotResolvedYet) for answer in answers)


async def test_a_slot_is_bound_to_its_request(ledger: PostgresLedger, database: Database) -> None:
    vendor = Vendor()
    item = await open_item(database, plan())
    order = scene_order(item, 1, 1).model_copy(update={"request_sha256": HASH})
    reserved = await ledger.reserve([order], item.limits)
    assert not isinstance(reserved, Refusal)
    with pytest.raises(ValueError, match="another request"):
        await ledger.carry_out(reserved[0], "b" * 64, vendor)
    with pytest.raises(ValueError, match="another request"):
        await ledger.reserve([order.model_copy(update={"request_sha256": "b" * 64})], item.limits)
    assert vendor.effects == []


async def test_a_charge_above_the_reservation_is_recorded_and_stops_new_paid_calls(
    ledger: PostgresLedger, database: Database
) -> None:
    operation = await reserve_one(ledger, database)
    await ledger.carry_out(operation, HASH, Vendor())
    await ledger.settle(operation.operation_id, 700_000)
    assert (await committed(database))["item"] == (0, 700_000)
    item = plan()
    with pytest.raises(Trouble) as stopped:
        await ledger.reserve([scene_order(item, 1, 2)], item.limits)
    assert stopped.value.fault is Fault.PAUSED


async def test_the_stop_switch_holds_back_what_was_reserved_before_it(
    ledger: PostgresLedger, database: Database
) -> None:
    vendor = Vendor()
    operation = await reserve_one(ledger, database)
    await set_switch(database, stopped=True)
    with pytest.raises(Trouble) as paused:
        await ledger.carry_out(operation, HASH, vendor)
    assert paused.value.fault is Fault.PAUSED
    assert vendor.effects == []
    await set_switch(database, stopped=False)
    assert (await once_unlocked(ledger, operation, vendor)).state is OperationState.ACCEPTED


async def set_switch(database: Database, *, stopped: bool) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "update configuration set value = %s where key = 'paid_calls'",
            [Jsonb({"stopped": stopped, "reason": "test"})],
        )
