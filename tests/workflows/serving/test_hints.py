"""Hints repeat until the workflow has read a stored word: one worker at a time, ever rarer."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client

from activities.reviews import hint_rows
from activities.reviews.arbiter import PostgresArbiter
from activities.reviews.closing import PostgresCloser
from activities.store.database import Database
from activities.store.postgres_store import PostgresStore
from schema.items.item import Ending, ItemState
from schema.reviews.review import DecisionKind, Review, WordForm
from signals.doors.intake import DecisionIntake, HintOutcome, hint
from tests.activities.ledger.scenery import plan
from tests.activities.reviews.reviewing import decisions, on_show, request_for, say, unheard
from tests.services import TemporalServer, temporal_ports
from workflows.serving.relay import MOST_AT_ONCE, DecisionRelay

AFTER = timedelta(seconds=10)
AT_ONCE = timedelta()


async def decided(database: Database, kind: DecisionKind = "approve") -> Review:
    """An item whose word is stored, and whose workflow has not heard of it."""
    review = await on_show(database, plan(item_cap_microusd=9_000_000))
    assert (await say(database, review, kind, notes="warmer")).accepted
    return review


async def let_rest_pass(database: Database) -> timedelta:
    """Return how long the decision is left alone now, and bring its end about."""
    async with database.transaction() as connection:
        cursor = await connection.execute("select hint_again_at - clock_timestamp() as rest from review")
        row = await cursor.fetchone()
        await connection.execute("update review set hint_again_at = clock_timestamp() - interval '1 second'")
    assert row is not None
    return row["rest"]


async def make_due(database: Database) -> None:
    """Let the next hint be due, however often it was given."""
    async with database.transaction() as connection:
        await connection.execute(
            "update review set closed_at = clock_timestamp() - interval '1 day', hint_again_at = null"
        )


async def test_each_hint_comes_after_twice_the_rest_up_to_the_longest(database: Database) -> None:
    review = await decided(database)
    async with database.transaction() as connection:
        await connection.execute("update review set closed_at = clock_timestamp() - %s", [AFTER])
    rests: list[int] = []
    for _ in range(11):
        assert await unheard(database, AFTER) == [review.item_id]
        assert await unheard(database, AFTER) == []
        rests.append(round((await let_rest_pass(database)).total_seconds()))
    longest = round(hint_rows.LONGEST_REST.total_seconds())
    assert rests == [min(10 * 2**number, longest) for number in range(11)]
    async with database.transaction() as connection:
        await connection.execute("update review set hints = 1000000")
    assert await unheard(database, AFTER) == [review.item_id]


async def test_a_word_is_not_hinted_at_before_its_own_hint_had_time(database: Database) -> None:
    review = await decided(database)
    assert await unheard(database, AFTER) == []
    assert await unheard(database, AT_ONCE) == [review.item_id]


async def test_of_several_workers_one_hints(database: Database) -> None:
    review = await decided(database)
    for _ in range(12):
        await make_due(database)
        claimed = await asyncio.gather(*(unheard(database, AFTER) for _ in range(6)))
        assert [item_id for one in claimed for item_id in one] == [review.item_id]


async def test_a_hint_that_temporal_did_not_take_counts_as_none(database: Database) -> None:
    """After an outage, however long, the first hint comes with the first tick: the loop itself rests meanwhile."""
    review = await decided(database)
    for _ in range(10):
        await make_due(database)
        assert await unheard(database, AFTER) == [review.item_id]
        async with database.statements() as connection:
            await hint_rows.give_back(connection, [review.item_id])
    assert await unheard(database, AFTER) == [review.item_id]
    assert round((await let_rest_pass(database)).total_seconds()) == AFTER.total_seconds()


async def test_while_temporal_is_away_the_tick_ends_with_an_error_and_no_hint_is_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signals.doors.intake._PATIENCE", timedelta(milliseconds=200))
    nobody = await Client.connect(f"127.0.0.1:{temporal_ports().server}", lazy=True)
    review = await decided(database)
    relay = DecisionRelay(database, nobody, AT_ONCE)
    for _ in range(3):
        with pytest.raises(ConnectionError, match="Temporal does not answer"):
            await relay.tick()
    async with database.statements() as connection:
        cursor = await connection.execute("select hints, hint_again_at from review")
        assert await cursor.fetchone() == {"hints": 0, "hint_again_at": None}
    assert await unheard(database, AT_ONCE) == [review.item_id]


async def test_a_round_says_whether_more_may_be_due(
    database: Database, temporal: TemporalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_AT_ONCE > 1
    await decided(database)
    await make_due(database)
    relay = DecisionRelay(database, await Client.connect(temporal.address), AFTER)
    monkeypatch.setattr("workflows.serving.relay.MOST_AT_ONCE", 1)
    assert await relay.tick()
    assert not await relay.tick()


@pytest.mark.parametrize("kind", ["approve", "reject", "revise"])
async def test_every_decision_is_hinted_at_until_it_is_read(database: Database, kind: DecisionKind) -> None:
    review = await decided(database, kind)
    assert await unheard(database, AT_ONCE) == [review.item_id]
    async with database.transaction() as connection:
        await connection.execute("update review set hint_again_at = null")
    await PostgresStore(database).heard(review.item_id, review.review_id)
    assert await unheard(database, AT_ONCE) == []


async def test_a_deadline_that_a_late_word_has_met_is_hinted_at(database: Database) -> None:
    review = await on_show(database)
    async with database.transaction() as connection:
        await connection.execute("update review set deadline = clock_timestamp()")
    await say(database, review, "approve")
    assert await unheard(database, AT_ONCE) == [review.item_id]


async def test_nothing_is_hinted_at_while_something_newer_waits_or_after_the_end(database: Database) -> None:
    review = await on_show(database, plan(item_cap_microusd=9_000_000))
    assert await unheard(database, AT_ONCE) == []
    await say(database, review, "revise", notes="warmer")
    await PostgresArbiter(database).open_review(request_for(plan(), 2))
    assert await unheard(database, AT_ONCE) == []
    await say(database, review, "edit_caption", caption="Another.")
    assert await unheard(database, AT_ONCE) == []
    await say(database, review, "approve")
    assert await unheard(database, AT_ONCE) == [review.item_id]
    await PostgresCloser(database).close_item(Ending(item_id=review.item_id, state=ItemState.PUBLISHED))
    async with database.transaction() as connection:
        await connection.execute("update review set hint_again_at = null")
    assert await unheard(database, AT_ONCE) == []


@pytest.fixture
async def door(database: Database, temporal: TemporalServer) -> DecisionIntake:
    """A door to a Temporal that knows no item."""
    return DecisionIntake(PostgresArbiter(database), database, await Client.connect(temporal.address))


async def through(door: DecisionIntake, review: Review, kind: DecisionKind, **further: str) -> str:
    word = {"kind": kind, "item_id": review.item_id, "actor": "ada", "notes": "warmer", **further}
    return (await door.decide(WordForm.model_validate(word))).line


async def test_a_word_that_nothing_follows_says_so_and_what_to_do(
    database: Database, door: DecisionIntake
) -> None:
    review = await on_show(database)
    line = await through(door, review, "approve")
    assert line == (
        "approved by ada; but Temporal runs no workflow of it any more, so nothing follows: "
        f"`reelwright stop {review.item_id}` closes it, and `reelwright again {review.item_id}` takes it up again"
    )
    assert "nothing follows" not in await through(door, review, "reject")


async def test_a_word_about_an_item_that_has_ended_needs_no_workflow(
    database: Database, door: DecisionIntake
) -> None:
    review = await on_show(database)
    await through(door, review, "approve", word_id="click-1")
    await PostgresCloser(database).close_item(Ending(item_id=review.item_id, state=ItemState.PUBLISHED))
    assert "nothing follows" not in await through(door, review, "approve", word_id="click-1")


async def test_each_word_has_a_name_so_that_it_counts_once(database: Database, door: DecisionIntake) -> None:
    review = await on_show(database)
    for caption, given in (("One.", {}), ("Two.", {}), ("Three.", {"word_id": "click-1"})):
        await through(door, review, "edit_caption", caption=caption, **given)
    async with database.statements() as connection:
        cursor = await connection.execute("select word_id from decision order by decision_id")
        first, second, third = [row["word_id"] async for row in cursor]
    assert len({first, second, None}) == 3
    assert third == "click-1"


async def test_a_word_counts_also_while_temporal_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signals.doors.intake._PATIENCE", timedelta(milliseconds=200))
    nobody = await Client.connect(f"127.0.0.1:{temporal_ports().server}", lazy=True)
    assert await hint(nobody, "crafts-20261120-abcdef") is HintOutcome.AWAY
    review = await on_show(database)
    line = await through(DecisionIntake(PostgresArbiter(database), database, nobody), review, "approve")
    assert line == "approved by ada"
    assert await decisions(database) == [("approve", "ada")]


async def test_a_workflow_that_temporal_does_not_know_is_gone(temporal: TemporalServer) -> None:
    client = await Client.connect(temporal.address)
    assert await hint(client, "crafts-20261120-nobody") is HintOutcome.GONE
