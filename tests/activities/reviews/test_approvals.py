"""A post goes out only while exactly its file and caption are approved: checked where the send is claimed."""

import asyncio
from datetime import timedelta

import pytest

from activities.ledger.port import Approval
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.approvals import require_approval
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from schema.failure import Fault, Trouble
from schema.items.item import Ending, ItemState
from schema.items.plan import ItemPlan
from schema.purchases.operation import Operation, OperationState, Refusal
from schema.reviews.review import DecisionKind, Review, ReviewRequest, Word
from schema.reviews.subject import video_subject
from tests.activities.ledger.scenery import HASH, PLACE, Vendor, open_item, plan, post_order
from tests.activities.ledger.test_locks import waiting
from tests.timings import SHORT


async def on_show(database: Database) -> tuple[ItemPlan, Review]:
    """An item with a cut before a person."""
    item = await open_item(database, plan())
    request = ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=1,
        subject=video_subject(f"content/{item.item_id}/final.mp4", "a" * 64, "Blue takes its time."),
        waits=timedelta(hours=1),
        places=(PLACE,),
    )
    return item, await PostgresArbiter(database).open_review(request)


async def say(database: Database, item: ItemPlan, kind: DecisionKind, **further: str) -> None:
    word = Word.model_validate({"kind": kind, "item_id": item.item_id, "actor": "ada", **further})
    assert (await PostgresArbiter(database).decide(word)).accepted


async def post(database: Database, item: ItemPlan, approval: Approval, vendor: Vendor) -> Operation:
    ledger = PostgresLedger(database, SHORT, may_post=require_approval)
    reserved = await ledger.reserve([post_order(item)], None)
    assert not isinstance(reserved, Refusal)
    return await ledger.publish(reserved[0], HASH, vendor, approval)


def approval_of(review: Review) -> Approval:
    return Approval(review_id=review.review_id, content_sha256=review.content_sha256)


async def refused(database: Database, item: ItemPlan, approval: Approval) -> Fault:
    """What a post without a valid approval is refused with; nothing may have gone out."""
    vendor = Vendor()
    with pytest.raises(Trouble) as trouble:
        await post(database, item, approval, vendor)
    assert vendor.effects == []
    return trouble.value.fault


async def test_what_was_approved_is_posted(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve")
    vendor = Vendor()
    assert (await post(database, item, approval_of(review), vendor)).state is OperationState.ACCEPTED
    assert len(vendor.effects) == 1


async def test_what_nobody_has_decided_is_not_posted(database: Database) -> None:
    item, review = await on_show(database)
    assert await refused(database, item, approval_of(review)) is Fault.NOT_APPROVED


async def test_a_ledger_that_was_handed_no_reviews_posts_nothing(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve")
    ledger, vendor = PostgresLedger(database, SHORT), Vendor()
    reserved = await ledger.reserve([post_order(item)], None)
    assert not isinstance(reserved, Refusal)
    with pytest.raises(Trouble, match="no reviews here that allow a post"):
        await ledger.publish(reserved[0], HASH, vendor, approval_of(review))
    assert vendor.effects == []


@pytest.mark.parametrize("kind", ["reject", "revise"])
async def test_what_was_decided_otherwise_is_not_posted(database: Database, kind: DecisionKind) -> None:
    item, review = await on_show(database)
    await say(database, item, kind, notes="too dark")
    assert await refused(database, item, approval_of(review)) is Fault.NOT_APPROVED


async def test_other_bytes_or_another_caption_than_the_approved_are_not_posted(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve")
    other = Approval(review_id=review.review_id, content_sha256="b" * 64)
    assert await refused(database, item, other) is Fault.NOT_APPROVED


async def test_a_revision_that_was_replaced_is_not_posted(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve", caption="Another caption.")
    assert await refused(database, item, approval_of(review)) is Fault.NOT_APPROVED


async def test_the_approval_of_another_item_is_none(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve")
    other = await open_item(database, plan("crafts-20261120-another"))
    assert await refused(database, other, approval_of(review)) is Fault.NOT_APPROVED


async def test_an_item_that_has_ended_is_not_posted(database: Database) -> None:
    item, review = await on_show(database)
    await say(database, item, "approve")
    ledger = PostgresLedger(database, SHORT, may_post=require_approval)
    reserved = await ledger.reserve([post_order(item)], None)
    assert not isinstance(reserved, Refusal)
    await PostgresCloser(database).close_item(Ending(item_id=item.item_id, state=ItemState.STOPPED))
    vendor = Vendor()
    with pytest.raises(Exception, match=r"ended|released|never sent"):
        await ledger.publish(reserved[0], HASH, vendor, approval_of(review))
    assert vendor.effects == []


async def test_nothing_is_posted_for_an_item_that_ended_in_whatever_way(database: Database) -> None:
    """Even where its reservation was left behind: the claim itself looks."""
    item, review = await on_show(database)
    await say(database, item, "approve")
    ledger = PostgresLedger(database, SHORT, may_post=require_approval)
    reserved = await ledger.reserve([post_order(item)], None)
    assert not isinstance(reserved, Refusal)
    async with database.transaction() as connection:
        await connection.execute("update item set ended_at = now(), state = 'failed'")
    vendor = Vendor()
    with pytest.raises(Trouble, match="nothing more is posted for it") as refused:
        await ledger.publish(reserved[0], HASH, vendor, approval_of(review))
    assert (refused.value.fault, vendor.effects) == (Fault.FINISHED, [])


async def test_an_item_does_not_end_between_the_look_at_its_approval_and_the_send(database: Database) -> None:
    """An ending waits for the post: else the post would go out after it."""
    item, review = await on_show(database)
    await say(database, item, "approve")
    ledger = PostgresLedger(database, SHORT, may_post=require_approval)
    reserved = await ledger.reserve([post_order(item)], None)
    assert not isinstance(reserved, Refusal)
    vendor = Vendor()
    async with database.transaction() as connection:
        await connection.execute("update operation set state = 'prepared', prepared_handle = 'handle-1'")
    async with database.transaction() as connection:
        await connection.execute("select 1 from operation for update")
        posting = asyncio.create_task(ledger.publish(reserved[0], HASH, vendor, approval_of(review)))
        await asyncio.wait_for(waiting(database, 1), 10)
        ending = Ending(item_id=item.item_id, state=ItemState.STOPPED)
        closing = asyncio.create_task(PostgresCloser(database).close_item(ending))
        await asyncio.wait_for(waiting(database, 2), 10)
        async with database.transaction() as other:  # the post holds the item, and nobody else has it
            for table in ("item", "review"):
                await other.execute(f"select 1 from {table} for share nowait".encode())
    assert (await posting).state is OperationState.ACCEPTED
    await closing
    assert len(vendor.effects) == 1
