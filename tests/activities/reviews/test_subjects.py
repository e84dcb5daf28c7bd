"""A review's row holds all that a card needs, and gates do not mistake each other's yes."""

from datetime import timedelta

from activities.buying.purchases import orders_of
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.reviews.item_lines import PostgresLines
from activities.reviews.review_rows import newest_review
from activities.store import item_rows
from activities.store.database import Database
from schema.items.item import Ending, ItemState
from schema.items.plan import ItemPlan
from schema.money import Book
from schema.purchases.operation import Refusal
from schema.reviews.review import Review, ReviewRequest
from schema.reviews.subject import Subject
from tests.activities.ledger.scenery import HASH, PRICE, Vendor, open_item, plan
from tests.activities.reviews.reviewing import on_show, request_for, say, states


async def shown(database: Database, item_id: str) -> Review:
    """What the row alone says."""
    async with database.statements() as connection:
        review = await newest_review(connection, item_id)
    assert review is not None
    return review


def script_of(item: ItemPlan) -> ReviewRequest:
    """A script to be put before a person, which has no file."""
    return ReviewRequest(
        item_id=item.item_id,
        account_id=item.account_id,
        round=1,
        subject=Subject(gate="script", text="Scene 1: blue."),
        waits=timedelta(hours=1),
    )


async def test_a_card_can_be_made_of_the_row_alone(ledger: PostgresLedger, database: Database) -> None:
    item = await open_item(database, plan())
    reserved = await ledger.reserve(orders_of(item, 1, "system"), item.limits)
    assert not isinstance(reserved, Refusal)
    await ledger.carry_out(reserved[0], HASH, Vendor())
    await ledger.settle(reserved[0].operation_id, 400_000)
    async with database.transaction() as connection:
        await connection.execute("update item set title = 'Blue'")
    request = request_for(item)
    opened = await PostgresArbiter(database).open_review(request)
    card = await shown(database, item.item_id)
    assert card.model_copy(update={"seconds_left": opened.seconds_left}) == opened
    assert (card.review_id, card.subject) == (f"{item.item_id}/1/video/1", request.subject)
    assert card.content_sha256 == request.subject.content_sha256
    assert (card.title, card.poster_key) == ("Blue", f"content/{item.item_id}/thumbnail.jpg")
    assert (card.cost_microusd, card.round_price_microusd, card.book) == (400_000, 3 * PRICE, Book.SIMULATED)
    async with database.statements() as connection:
        row = await item_rows.get(connection, item.item_id)
    assert (row.review_ends, row.round_price_microusd) == (card.deadline, 3 * PRICE)


async def test_an_edited_caption_is_another_subject_on_the_same_card(database: Database) -> None:
    review = await on_show(database)
    await say(database, review, "edit_caption", caption="Another.")
    card = await shown(database, review.item_id)
    assert card.subject == review.subject.with_text("Another.")
    assert card.content_sha256 == card.subject.content_sha256 != review.content_sha256
    assert (card.poster_key, card.round_price_microusd) == (review.poster_key, review.round_price_microusd)


async def test_the_list_names_neither_end_nor_price_of_what_was_decided(database: Database) -> None:
    review = await on_show(database)
    await say(database, review, "reject", notes="too loud")
    async with database.statements() as connection:
        row = await item_rows.get(connection, review.item_id)
    assert (row.review_ends, row.round_price_microusd) == (None, None)


async def test_of_two_gates_in_one_round_the_one_shown_last_is_decided_on(database: Database) -> None:
    item = await open_item(database, plan())
    arbiter = PostgresArbiter(database)
    script = await arbiter.open_review(script_of(item))
    assert (await say(database, script, "approve")).accepted
    video = await arbiter.open_review(request_for(item))
    assert (await say(database, video, "edit_caption", caption="Another.")).accepted
    assert (await say(database, video, "approve")).review.subject.text == "Another."
    assert await states(database) == {
        "1/script/1": "approved",
        "1/video/1": "replaced",
        "1/video/2": "approved",
    }
    approved = await PostgresCloser(database).approved_review(item.item_id)
    assert approved is not None
    assert approved.review_id == f"{item.item_id}/1/video/2"


async def test_a_yes_to_another_gate_names_no_video_and_hands_none_on(database: Database) -> None:
    item = await open_item(database, plan())
    arbiter = PostgresArbiter(database)
    video = await arbiter.open_review(request_for(item))
    await say(database, video, "revise", notes="warmer", item_cap_microusd=9_000_000)
    await arbiter.open_review(script_of(item).model_copy(update={"round": 2}))
    await say(database, video, "approve")
    closer = PostgresCloser(database)
    assert await closer.approved_review(item.item_id) is None
    await closer.close_item(Ending(item_id=item.item_id, state=ItemState.FAILED))
    taken = await PostgresLines(database).take_up(item.item_id)
    assert taken.video_key == video.subject.artifact("video").key


async def test_what_was_approved_stays_approved_where_its_text_is_blanked(database: Database) -> None:
    review = await on_show(database)
    await say(database, review, "approve")
    async with database.transaction() as connection:
        await connection.execute("update review set text = ''")
        await connection.execute("update decision_text set actor = '', notes = '', caption = null")
    card = await shown(database, review.item_id)
    assert (card.subject.text, card.content_sha256) == ("", review.content_sha256)
