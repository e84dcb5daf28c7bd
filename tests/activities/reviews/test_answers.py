"""Each word gets its own answer: what became of it, or who decided, when, and what follows."""

from datetime import timedelta

import pytest

from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from schema.failure import Trouble
from schema.items.item import Ending, ItemState
from schema.reviews.review import DecisionKind, Review
from tests.activities.ledger.scenery import open_item, plan
from tests.activities.reviews.reviewing import let_pass, on_show, say


async def end(database: Database, review: Review, state: ItemState) -> None:
    await PostgresCloser(database).close_item(Ending(item_id=review.item_id, state=state))


async def moment(database: Database, question: str) -> str:
    async with database.statements() as connection:
        row = await (await connection.execute(question.encode())).fetchone()
    assert row is not None
    return f"{row['moment']:%Y-%m-%d %H:%M:%S %Z}"


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("approve", "approve", "already approved by ada, at {}; it is being posted"),
        ("approve", "reject", "not rejected: approved by ada, at {}; it is being posted"),
        ("approve", "edit_caption", "not changed: approved by ada, at {}; it is being posted"),
        (
            "revise",
            "approve",
            "not approved: revised by ada, at {}; the next round is being made, and can be revised once it is on show",
        ),
        (
            "revise",
            "revise",
            "not revised: revised by ada, at {}; the next round is being made, and can be revised once it is on show",
        ),
        ("reject", "approve", "not approved: rejected by ada, at {}"),
        ("reject", "reject", "already rejected by ada, at {}"),
    ],
)
async def test_a_word_that_comes_second_is_told_who_was_first_when_and_what_follows(
    database: Database, first: DecisionKind, then: DecisionKind, said: str
) -> None:
    review = await on_show(database, plan(item_cap_microusd=9_000_000))
    await say(database, review, first, notes="warmer")
    second = await say(
        database,
        review,
        then,
        actor="ben",
        notes="darker",
        caption="Late." if then == "edit_caption" else None,
    )
    when = await moment(database, "select created_at as moment from decision")
    assert second.line == said.format(when)
    assert (second.accepted, second.already) == (False, first == then != "revise")
    assert (second.decided_by, second.notes) == ("ada", "warmer")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ItemState.PUBLISHED, "published"),
        (ItemState.PARTLY_PUBLISHED, "partly published"),
        (ItemState.FAILED, "failed"),
        (ItemState.PARKED, "parked"),
        (ItemState.STOPPED, "stopped"),
    ],
)
async def test_a_word_about_an_item_that_has_ended_is_told_how_and_when(
    database: Database, state: ItemState, words: str
) -> None:
    review = await on_show(database)
    await say(database, review, "approve")
    await end(database, review, state)
    line = (await say(database, review, "reject", actor="ben")).line
    ended = await moment(database, "select ended_at as moment from item")
    assert line.startswith("not rejected: approved by ada, at ")
    assert line.endswith(f"; the item is {words}, at {ended}")


@pytest.mark.parametrize(
    ("state", "then", "again"),
    [
        (ItemState.REJECTED, "approve", True),
        (ItemState.REJECTED, "reject", False),
        (ItemState.EXPIRED, "approve", True),
        (ItemState.EXPIRED, "reject", True),
    ],
)
async def test_a_word_that_comes_too_late_is_told_of_again_and_not_twice_how_the_item_ended(
    database: Database, state: ItemState, then: DecisionKind, again: bool
) -> None:
    review = await on_show(database)
    if state is ItemState.REJECTED:
        await say(database, review, "reject")
    else:
        await let_pass(database, review, by=timedelta(seconds=1))
        await say(database, review, then)
    await end(database, review, state)
    line = (await say(database, review, then, actor="ben")).line
    assert "the item is" not in line
    hint = f"; `reelwright again {review.item_id}` takes up what was on show"
    assert (line.endswith(hint), "again" in line) == (again, again)


async def test_a_stopped_review_says_who_stopped_it(database: Database) -> None:
    review = await on_show(database)
    await PostgresCloser(database).close_item(
        Ending(item_id=review.item_id, state=ItemState.STOPPED, actor="cleo")
    )
    line = (await say(database, review, "approve")).line
    assert line.startswith("not approved: stopped by cleo, at ")
    assert "; the item is stopped, at " in line


async def test_an_open_review_says_that_it_waits_and_what_counted_says_by_whom(database: Database) -> None:
    review = await on_show(database)
    arbiter = PostgresArbiter(database)
    waits = await arbiter.read(review.item_id)
    assert (waits.accepted, waits.line, waits.decided_by) == (False, "round 1 waits for a decision", None)
    edited = await say(database, review, "edit_caption", caption="Another.")
    assert (edited.accepted, edited.decided_by) == (True, "ada")
    assert edited.line == "the new caption is on show, and waits for a decision"
    said = await say(database, review, "reject", notes="too loud")
    assert (said.accepted, said.line, said.decided_by, said.notes) == (
        True,
        "rejected by ada",
        "ada",
        "too loud",
    )
    read = await arbiter.read(review.item_id)
    assert (read.accepted, read.decided_by, read.notes) == (False, "ada", "too loud")


async def test_a_word_about_an_item_without_a_review_is_told_what_the_item_does(database: Database) -> None:
    item = await open_item(database, plan())
    arbiter = PostgresArbiter(database)
    with pytest.raises(Trouble, match="has nothing to review yet: it is at idea"):
        await arbiter.read(item.item_id)
    await PostgresCloser(database).close_item(Ending(item_id=item.item_id, state=ItemState.FAILED))
    with pytest.raises(Trouble, match=r"has ended \(failed\) before there was anything to review"):
        await arbiter.read(item.item_id)
