"""The review row decides: the first valid word before the deadline counts, and everything else changes nothing."""

import asyncio
from datetime import timedelta

import pytest

from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.store import outbox
from activities.store.database import Database
from schema.items.item import Ending, ItemState
from schema.reviews.review import DecisionKind, Review, ReviewState
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.ledger.test_locks import waiting
from tests.activities.reviews.reviewing import (
    CAPTION,
    decisions,
    let_pass,
    on_show,
    request_for,
    say,
    states,
)
from tests.timings import SHORT

LATE = timedelta(milliseconds=1)
WORDS = {"approve": "", "reject": "", "revise": "warmer", "edit_caption": ""}


@pytest.mark.parametrize("kind", WORDS)
async def test_a_word_that_comes_after_the_deadline_changes_nothing(
    database: Database, kind: DecisionKind
) -> None:
    """No timer has run yet: the word itself meets the deadline, by the database clock."""
    review = await on_show(database)
    await let_pass(database, review, by=LATE)
    late = await say(database, review, kind, notes=WORDS[kind], caption="Too late.")
    assert (late.accepted, late.review.state) == (False, ReviewState.EXPIRED)
    assert "no decision had come" in late.line
    assert await states(database) == {"1/video/1": "expired"}
    assert await decisions(database) == [("expire", "deadline")]
    assert await PostgresLedger(database, SHORT).of_item(review.item_id) == []


async def test_a_word_that_waited_for_the_row_past_the_deadline_changes_nothing(database: Database) -> None:
    """It came in time, and its turn came late: what counts is when the row is free to be decided."""
    review = await on_show(database)
    async with database.transaction() as connection:
        await connection.execute("select 1 from review where review_id = %s for update", [review.review_id])
        saying = asyncio.create_task(say(database, review, "approve"))
        await asyncio.wait_for(waiting(database, 1), 10)
        await connection.execute(
            "update review set deadline = clock_timestamp() where review_id = %s", [review.review_id]
        )
    assert (await saying).review.state is ReviewState.EXPIRED
    assert await states(database) == {"1/video/1": "expired"}


async def test_a_review_does_not_expire_before_its_deadline_nor_after_a_decision(database: Database) -> None:
    review = await on_show(database)
    arbiter = PostgresArbiter(database)
    assert (await arbiter.expire(review.item_id)).review.state is ReviewState.OPEN
    assert (await say(database, review, "approve")).accepted
    await let_pass(database, review, by=LATE)
    assert (await arbiter.expire(review.item_id)).review.state is ReviewState.APPROVED
    assert await decisions(database) == [("approve", "ada")]


async def test_a_review_expires_once_its_deadline_has_passed_and_says_when(database: Database) -> None:
    review = await on_show(database)
    await let_pass(database, review, by=LATE)
    expired = await PostgresArbiter(database).expire(review.item_id)
    assert expired.review.state is ReviewState.EXPIRED
    assert f"{expired.review.deadline:the review ended at %Y-%m-%d %H:%M:%S}" in expired.line
    assert await states(database) == {"1/video/1": "expired"}
    assert await decisions(database) == [("expire", "deadline")]


async def test_of_two_words_at_once_one_counts_and_the_other_is_told_so(database: Database) -> None:
    review = await on_show(database)
    kinds: list[DecisionKind] = ["approve", "reject"]
    said = await asyncio.gather(
        *(say(database, review, kinds[number % 2], actor=f"person-{number}") for number in range(8))
    )
    (winner,) = [verdict for verdict in said if verdict.accepted]
    assert {verdict.decided_by for verdict in said} == {winner.decided_by}
    assert [actor for _, actor in await decisions(database)] == [winner.decided_by]


async def test_the_deadline_and_a_word_at_once_leave_one_ending(database: Database) -> None:
    review = await on_show(database)
    arbiter = PostgresArbiter(database)
    async with database.transaction() as connection:
        await connection.execute("select 1 from review where review_id = %s for update", [review.review_id])
        saying = asyncio.create_task(say(database, review, "approve"))
        await asyncio.wait_for(waiting(database, 1), 10)
        expiring = asyncio.create_task(arbiter.expire(review.item_id))
        await asyncio.wait_for(waiting(database, 2), 10)
        await connection.execute(
            "update review set deadline = clock_timestamp() where review_id = %s", [review.review_id]
        )
    assert (await saying).review.state is (await expiring).review.state is ReviewState.EXPIRED
    assert await decisions(database) == [("expire", "deadline")]


async def test_a_word_told_twice_counts_once_and_gets_the_same_answer(database: Database) -> None:
    review = await on_show(database)
    first = await say(database, review, "edit_caption", caption="Once.", word_id="click-1")
    again = await say(database, review, "edit_caption", caption="Once.", word_id="click-1")
    assert (again.accepted, again.line, again.review.review_id) == (
        True,
        first.line,
        first.review.review_id,
    )
    assert await states(database) == {"1/video/1": "replaced", "1/video/2": "open"}
    yes = [await say(database, review, "approve", word_id="click-2") for _ in range(2)]
    assert [verdict.accepted for verdict in yes] == [True, True]
    assert await decisions(database) == [("edit_caption", "ada"), ("approve", "ada")]
    after = await say(database, review, "edit_caption", caption="Once.", word_id="click-1")
    assert "approved by ada" in after.line


async def test_a_word_about_a_revision_that_was_replaced_changes_nothing(database: Database) -> None:
    review = await on_show(database)
    await say(database, review, "edit_caption", caption="Another.")
    old = await say(database, review, "approve", review_id=review.review_id)
    assert (old.accepted, old.review.state) == (False, ReviewState.OPEN)
    assert (
        old.line
        == f"not approved: {review.review_id} was replaced; {review.item_id}/1/video/2 is on show now"
    )
    assert await states(database) == {"1/video/1": "replaced", "1/video/2": "open"}


async def test_an_edit_keeps_file_and_deadline_and_what_is_approved_is_the_new_caption(
    database: Database,
) -> None:
    review = await on_show(database)
    edited = (await say(database, review, "edit_caption", caption="Another.")).review
    assert (edited.subject.text, edited.revision, edited.deadline) == ("Another.", 2, review.deadline)
    assert edited.subject.artifacts == review.subject.artifacts
    assert edited.content_sha256 != review.content_sha256
    empty = await say(database, review, "edit_caption")
    assert (empty.accepted, empty.line) == (False, "not changed: an edited caption needs its text")
    both = await say(database, review, "approve", caption="Third.", word_id="click-1")
    assert (both.review.state, both.review.subject.text, both.review.revision) == ("approved", "Third.", 3)
    assert await states(database) == {
        "1/video/1": "replaced",
        "1/video/2": "replaced",
        "1/video/3": "approved",
    }
    told = [("edit_caption", "ada"), ("edit_caption", "ada"), ("approve", "ada")]
    assert await decisions(database) == told
    assert (await say(database, review, "approve", caption="Third.", word_id="click-1")).accepted


async def test_an_approval_that_repeats_the_caption_on_show_makes_no_revision(database: Database) -> None:
    review = await on_show(database)
    said = await say(database, review, "approve", caption=CAPTION)
    assert (said.accepted, said.review.review_id) == (True, review.review_id)
    assert await states(database) == {"1/video/1": "approved"}


async def test_a_hash_stands_for_exactly_one_file_with_one_caption(database: Database) -> None:
    arbiter = PostgresArbiter(database)
    hashes: set[str] = set()
    for number, (file, caption) in enumerate([("a", "One."), ("a", "Two."), ("b", "One.")], 1):
        item = await open_item(database, plan(f"crafts-20261120-hash0{number}"))
        request = request_for(item, caption=caption, sha256=file * 64)
        hashes.add((await arbiter.open_review(request)).content_sha256)
    assert len(hashes) == 3


async def test_a_decision_is_written_down_with_who_said_it_where_and_of_which_content(
    database: Database,
) -> None:
    review = await on_show(database)
    await say(database, review, "reject", notes="too loud", word_id="click-1")
    async with database.statements() as connection:
        cursor = await connection.execute(
            """
            select decision.*, actor, notes from decision join decision_text using (decision_id)
            join review using (review_id) where closed_at is not null
            """
        )
        row = await cursor.fetchone()
    assert row is not None
    assert (row["review_id"], row["content_sha256"]) == (review.review_id, review.content_sha256)
    assert (row["door"], row["notes"], row["word_id"]) == ("test", "too loud", "click-1")


async def test_an_item_that_ends_takes_its_open_review_along_and_leaves_a_closed_one(
    database: Database,
) -> None:
    review = await on_show(database)
    await PostgresCloser(database).close_item(
        Ending(item_id=review.item_id, state=ItemState.STOPPED, actor="ben")
    )
    assert await states(database) == {"1/video/1": "stopped"}
    assert await decisions(database) == [("stop", "ben")]
    other = await on_show(database, plan("crafts-20261120-second"))
    await say(database, other, "approve")
    await PostgresCloser(database).close_item(Ending(item_id=other.item_id, state=ItemState.PUBLISHED))
    assert (await PostgresArbiter(database).read(other.item_id)).review.state is ReviewState.APPROVED
    assert await decisions(database) == [("stop", "ben"), ("approve", "ada")]


async def test_people_are_told_of_each_cut_that_waits_and_of_each_reminder_once(database: Database) -> None:
    item = await open_item(database, plan())
    arbiter = PostgresArbiter(database)

    async def tell() -> Review:
        review = await arbiter.open_review(request_for(item))
        await arbiter.remind(item.item_id, "its review ends in 6 hours")
        await arbiter.remind(item.item_id, "its review ends in 1 hour")
        return review

    await tell()
    review = await tell()
    await say(database, review, "revise", notes="warmer", item_cap_microusd=9_000_000)
    await arbiter.remind(item.item_id, "its review ends in 1 minute")
    await arbiter.open_review(request_for(item, round_number=2))
    async with database.statements() as connection:
        told = [one for one in reversed(await outbox.newest(connection, 100)) if one.kind == "review"]
    assert {one.account_id for one in told} == {"crafts"}
    heads = [one.line.partition(":")[0].removeprefix(f"{item.item_id} ") for one in told]
    until = f"{review.deadline:waits for you until %Y-%m-%d %H}"
    assert [heads[0], heads[3]] == [until, until]
    assert heads[1:3] == [
        "still waits for you; its review ends in 6 hours",
        "still waits for you; its review ends in 1 hour",
    ]
    assert len(heads) == 4
