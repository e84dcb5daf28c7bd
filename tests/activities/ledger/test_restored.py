"""After a restore: nothing is bought or posted before a person has looked, and nothing is done a second time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from activities.ledger.port import Approval, NotResolvedYet, Sighting
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.arbiter import PostgresArbiter
from activities.store import quarantine, stop_switch
from activities.store.database import Database
from schema.failure import Fault, NoEffect, Trouble
from schema.items.item import new_item_id
from schema.items.plan import ItemPlan
from schema.purchases.operation import Operation, OperationState, Order, Refusal
from schema.reviews.review import ReviewRequest, Word
from schema.reviews.subject import video_subject
from tests.activities.ledger.scenery import (
    HASH,
    PLACE,
    Vendor,
    once_unlocked,
    open_item,
    plan,
    post_order,
    reserve_one,
    scene_order,
)
from tests.services import PostgresServer
from tests.timings import ALONE

WHAT = "restored from a backup of 2026-11-20 10:00 UTC"


@pytest.fixture
def owner_url(postgres: PostgresServer, empty_database_name: str) -> str:
    return postgres.url(empty_database_name)


async def reserved(ledger: PostgresLedger, item: ItemPlan, order: Order) -> Operation:
    answer = await ledger.reserve([order], item.limits if order.kind == "paid" else None)
    assert not isinstance(answer, Refusal)
    return answer[0]


async def resumed(database: Database) -> None:
    async with database.transaction() as connection:
        await stop_switch.resume(connection, await stop_switch.read(connection), "ada")


async def restored(database: Database, owner_url: str) -> None:
    """Restored, and a person has looked and said so."""
    await quarantine.begin(owner_url, WHAT)
    await resumed(database)


async def approved(database: Database, item: ItemPlan) -> Approval:
    arbiter = PostgresArbiter(database)
    review = await arbiter.open_review(
        ReviewRequest(
            item_id=item.item_id,
            account_id=item.account_id,
            round=1,
            subject=video_subject("final.mp4", "a" * 64, "Blue takes its time."),
            waits=timedelta(hours=1),
            places=(PLACE,),
        )
    )
    assert (
        await arbiter.decide(Word(kind="approve", item_id=item.item_id, actor="ada", door="test"))
    ).accepted
    return Approval(review_id=review.review_id, content_sha256=review.content_sha256)


async def test_nothing_is_bought_or_posted_before_a_person_resumes(
    ledger: PostgresLedger, database: Database, owner_url: str
) -> None:
    """Also not what is new: the budgets have forgotten what was spent after the backup."""
    item = await open_item(database, plan())
    approval = await approved(database, item)
    scene = await reserved(ledger, item, scene_order(item, 1, 1))
    post = await reserved(ledger, item, post_order(item))
    await quarantine.begin(owner_url, WHAT)
    late = await open_item(database, plan("crafts-20261120-newone"))
    vendor = Vendor()
    held = (
        ledger.reserve([scene_order(late, 1, 1)], late.limits),
        ledger.carry_out(scene, HASH, vendor),
        ledger.publish(post, HASH, vendor, approval),
    )
    for call in held:
        with pytest.raises(
            Trouble, match=f"{WHAT}; see `reconcile` and `unknowns`, then `resume`"
        ) as trouble:
            await call
        assert trouble.value.fault is Fault.PAUSED
    assert vendor.effects == []
    await resumed(database)
    assert (await once_unlocked(ledger, scene, vendor)).state is OperationState.ACCEPTED
    async with asyncio.timeout(10):
        while True:
            try:
                live = await ledger.publish(post, HASH, vendor, approval)
                break
            except NotResolvedYet:
                await asyncio.sleep(0.02)
    assert live.state is OperationState.ACCEPTED
    assert vendor.effects == [scene.operation_id, post.operation_id]


async def test_a_pause_by_a_person_holds_no_posts(ledger: PostgresLedger, database: Database) -> None:
    item = await open_item(database, plan())
    approval = await approved(database, item)
    post = await reserved(ledger, item, post_order(item))
    async with database.transaction() as connection:
        await stop_switch.stop(connection, "ada: lunch")
    assert (await ledger.publish(post, HASH, Vendor(), approval)).state is OperationState.ACCEPTED


def planned_for(day: datetime) -> ItemPlan:
    """What a schedule calls the item of a day, whenever it asks for it."""
    return plan(new_item_id("crafts", day.date(), "abc234"), planned=True)


@pytest.mark.parametrize("kind", ["scene", "post"])
async def test_what_a_schedule_asks_for_again_is_looked_up_before_it_is_sent(
    ledger: PostgresLedger, database: Database, owner_url: str, kind: str
) -> None:
    """It was opened, bought and posted after the backup: the item is a new one here."""
    await restored(database, owner_url)
    item = await open_item(database, planned_for(datetime.now(UTC)))
    order = scene_order(item, 1, 1) if kind == "scene" else post_order(item)
    operation = await reserved(ledger, item, order)
    vendor = Vendor()
    vendor.effects.append(operation.operation_id)
    if kind == "post":
        found = await ledger.publish(operation, HASH, vendor, await approved(database, item))
    else:
        found = await ledger.carry_out(operation, HASH, vendor)
    assert (found.state, found.handle) == (OperationState.ACCEPTED, "job-1")
    assert vendor.effects == [operation.operation_id]


@pytest.mark.parametrize("of", ["a later day", "a person"])
async def test_what_cannot_have_been_sent_before_the_restore_is_sent_without_a_look(
    ledger: PostgresLedger, database: Database, owner_url: str, of: str
) -> None:
    await restored(database, owner_url)
    now = datetime.now(UTC)
    by_hand = plan(new_item_id("crafts", now.date(), "abc234"))
    item = await open_item(database, by_hand if of == "a person" else planned_for(now + timedelta(days=2)))
    vendor = Vendor()
    vendor.lists, vendor.authoritative = False, False
    operation = await reserved(ledger, item, scene_order(item, 1, 1))
    assert (await ledger.carry_out(operation, HASH, vendor)).state is OperationState.ACCEPTED
    assert vendor.effects == [operation.operation_id]


@pytest.mark.parametrize("happened", [True, False])
async def test_after_a_restore_the_vendor_is_asked_before_anything_is_sent(
    ledger: PostgresLedger,
    database: Database,
    owner_url: str,
    happened: bool,
) -> None:
    vendor = Vendor()
    operation = await reserve_one(ledger, database)
    await restored(database, owner_url)
    if happened:
        vendor.effects.append(operation.operation_id)
    accepted = await ledger.carry_out(operation, HASH, vendor)
    assert (accepted.state, accepted.handle) == (OperationState.ACCEPTED, "job-1")
    assert vendor.effects == [operation.operation_id]


async def test_after_a_restore_what_cannot_be_looked_up_is_parked_not_sent(
    ledger: PostgresLedger, database: Database, owner_url: str
) -> None:
    vendor = Vendor()
    vendor.lists, vendor.authoritative = False, False
    operation = await reserve_one(ledger, database)
    await restored(database, owner_url)
    with pytest.raises(Trouble, match="parked"):
        await ledger.carry_out(operation, HASH, vendor)
    assert vendor.effects == []


async def test_after_a_restore_nothing_is_sent_before_a_lagging_listing_must_show_it(
    ledger: PostgresLedger, database: Database, owner_url: str
) -> None:
    vendor = Vendor()
    vendor.lists, vendor.visible_within = False, timedelta(seconds=0.5)
    operation = await reserve_one(ledger, database)
    await restored(database, owner_url)
    with pytest.raises(NotResolvedYet, match="before the restore"):
        await ledger.carry_out(operation, HASH, vendor)
    with pytest.raises(NotResolvedYet) as early:
        await once_unlocked(ledger, operation, vendor)
    await asyncio.sleep(early.value.seconds + 0.05)
    with pytest.raises(NoEffect):
        await once_unlocked(ledger, operation, vendor)
    assert vendor.effects == []
    item = plan()
    again = await ledger.reserve([scene_order(item, 1, 1)], item.limits)
    assert not isinstance(again, Refusal)
    assert (await once_unlocked(ledger, again[0], vendor)).handle == "job-1"
    assert vendor.effects == [again[0].operation_id]


@pytest.mark.parametrize("made", [True, False], ids=["made before", "never made"])
async def test_a_crash_before_the_look_does_not_spare_it(
    ledger: PostgresLedger, database: Database, owner_url: str, made: bool
) -> None:
    """What the backup has forgotten may bear a later attempt's name: a look for this one alone proves nothing."""

    class Busy(Vendor):
        async def find_forgotten(self, operation: Operation) -> Sighting:
            return Sighting(seen=made, authoritative=True)

    operation, vendor = await reserve_one(ledger, database), Busy()
    await restored(database, owner_url)
    async with database.transaction() as connection:
        await connection.execute("update operation set state = 'sending', send_before = now()")
    with pytest.raises(Trouble if made else NoEffect) as concluded:
        await until_concluded(ledger, operation, vendor)
    assert isinstance(concluded.value, NoEffect) or concluded.value.fault is Fault.PARKED
    assert vendor.effects == []


async def until_concluded(ledger: PostgresLedger, operation: Operation, vendor: Vendor) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await ledger.carry_out(operation, HASH, vendor)
            except NotResolvedYet as wait:
                await asyncio.sleep(min(wait.seconds, 0.1))


async def test_what_took_too_long_to_look_up_is_not_sent_late(
    ledger: PostgresLedger, database: Database, owner_url: str
) -> None:
    """Meanwhile somebody else may have concluded that nobody sends it any more."""

    class Slow(Vendor):
        async def find_forgotten(self, operation: Operation) -> Sighting:
            await asyncio.sleep(ALONE.send_deadline.total_seconds() + 0.1)
            return Sighting(seen=False, authoritative=True)

    operation, vendor = await reserve_one(ledger, database), Slow()
    await restored(database, owner_url)
    with pytest.raises(NotResolvedYet, match="claimed too long ago"):
        await ledger.carry_out(operation, HASH, vendor)
    assert vendor.effects == []
