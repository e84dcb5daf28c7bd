"""Reviews and words for tests of the arbiter."""

from datetime import timedelta

from activities.ledger.port import Approval
from activities.reviews import hint_rows
from activities.reviews.arbiter import PostgresArbiter
from activities.store.database import Database
from schema.items.plan import ItemPlan
from schema.reviews.review import DecisionKind, Review, ReviewRequest, Verdict, Word
from schema.reviews.subject import video_subject
from tests.activities.ledger.scenery import PLACE, PRICE, open_item, plan

CAPTION = "Blue takes its time."


def request_for(
    item: ItemPlan,
    round_number: int = 1,
    waits: timedelta = timedelta(hours=1),
    caption: str = CAPTION,
    sha256: str = "a" * 64,
) -> ReviewRequest:
    """A cut to be put before a person."""
    return ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=round_number,
        subject=video_subject(f"content/{item.item_id}/final.mp4", sha256, caption),
        poster_key=f"content/{item.item_id}/thumbnail.jpg",
        round_price_microusd=3 * PRICE,
        waits=waits,
        places=(PLACE,),
    )


async def on_show(database: Database, item: ItemPlan | None = None) -> Review:
    """Open an item and put its first cut before a person."""
    item = await open_item(database, item or plan())
    return await PostgresArbiter(database).open_review(request_for(item))


async def approval_for(database: Database, item: ItemPlan) -> Approval:
    """Put the first cut of an open item before Ada, who approves it."""
    review = await PostgresArbiter(database).open_review(request_for(item))
    assert (await say(database, review, "approve")).accepted
    return Approval(review_id=review.review_id, content_sha256=review.content_sha256)


async def say(database: Database, review: Review, kind: DecisionKind, **further: object) -> Verdict:
    """Say a word about the item of a review, as Ada."""
    word = {"kind": kind, "item_id": review.item_id, "actor": "ada", "door": "test", **further}
    return await PostgresArbiter(database).decide(Word.model_validate(word))


async def let_pass(database: Database, review: Review, by: timedelta) -> None:
    """Bring the deadline of everything on show to so long ago."""
    async with database.transaction() as connection:
        await connection.execute(
            "update review set deadline = clock_timestamp() - %s where item_id = %s", [by, review.item_id]
        )


async def decisions(database: Database) -> list[tuple[str, str]]:
    """What was said, and by whom, oldest first."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select kind, actor from decision join decision_text using (decision_id) order by decision_id"
        )
        return [(row["kind"], row["actor"]) async for row in cursor]


async def states(database: Database) -> dict[str, str]:
    """Each revision with its state, its item's id left out."""
    async with database.statements() as connection:
        cursor = await connection.execute("select review_id, state from review order by review_id")
        return {row["review_id"].partition("/")[2]: row["state"] async for row in cursor}


async def cap_of(database: Database, review: Review) -> int | None:
    """The cap of an item's budget; None before anything was bought for it."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select cap_microusd from budget where scope = 'item:' || %s", [review.item_id]
        )
        row = await cursor.fetchone()
    return row["cap_microusd"] if row else None


async def unheard(database: Database, after: timedelta) -> list[str]:
    """The items of decisions that are due to be hinted at, claimed."""
    async with database.transaction() as connection:
        return await hint_rows.claim_unheard(connection, after, most=50)
