"""What is on show: a cut is put there once, however often that is repeated."""

from datetime import timedelta

from activities.reviews.arbiter import PostgresArbiter
from activities.store import item_rows
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.items.item import ItemState
from schema.reviews.review import ReviewRequest, Word
from schema.reviews.subject import video_subject
from tests.activities.ledger.scenery import open_item, plan


async def state_of(database: Database, item_id: str) -> ItemState:
    async with database.transaction() as connection:
        return (await item_rows.get(connection, item_id)).state


async def test_a_late_repeat_does_not_make_an_item_wait_again_whose_story_has_gone_on(
    database: Database,
) -> None:
    item = await open_item(database, plan())
    request = ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=1,
        subject=video_subject("final.mp4", "a" * 64, "Blue takes its time."),
        waits=timedelta(hours=1),
    )
    arbiter = PostgresArbiter(database)
    review = await arbiter.open_review(request)
    assert await state_of(database, item.item_id) is ItemState.WAITING
    assert (
        await arbiter.decide(Word(kind="approve", item_id=item.item_id, actor="ada", door="test"))
    ).accepted
    await PostgresStore(database).heard(item.item_id, review.review_id)
    assert (await arbiter.open_review(request)).state == "approved"
    assert await state_of(database, item.item_id) is ItemState.RUNNING
