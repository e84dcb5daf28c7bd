"""A revise buys the next round and closes this one in one step, or does neither."""

from datetime import timedelta

import pytest

from activities.buying.purchases import orders_of
from activities.ledger.postgres_ledger import PostgresLedger
from activities.reviews.arbiter import PostgresArbiter
from activities.store import stop_switch
from activities.store.database import Database
from schema.items.plan import ItemPlan, OwnFootage, ReviewPlan, StoredClip
from schema.items.stage import MADE_BY, STAGES, Stage, StageRow
from schema.purchases.operation import Refusal
from schema.reviews.review import Review, ReviewState, Verdict
from schema.reviews.subject import Subject
from tests.activities.ledger.scenery import PRICE, open_item, plan
from tests.activities.reviews.reviewing import decisions, on_show, request_for, say, states
from tests.timings import SHORT

ROUND = 3 * PRICE


async def first_round(database: Database, item: ItemPlan) -> Review:
    """Reserve the first round of an item, and put its cut on show."""
    ledger = PostgresLedger(database, SHORT)
    item = await open_item(database, item)
    assert not isinstance(await ledger.reserve(orders_of(item, 1, "system"), item.limits), Refusal)
    return await PostgresArbiter(database).open_review(request_for(item))


async def rounds(database: Database, review: Review) -> list[int]:
    """The round of each operation of an item, oldest first."""
    return [one.round for one in await PostgresLedger(database, SHORT).of_item(review.item_id)]


async def budget(database: Database, review: Review) -> tuple[int, int]:
    """Cap and reserved of an item."""
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select cap_microusd, reserved_microusd from budget where scope = 'item:' || %s", [review.item_id]
        )
        row = await cursor.fetchone()
    assert row is not None
    return row["cap_microusd"], row["reserved_microusd"]


def stays(said: Verdict) -> str:
    """Check that nothing was decided; return why not."""
    assert (said.accepted, said.review.state) == (False, ReviewState.OPEN)
    assert "it stays in review" in said.line
    return said.line.removeprefix("not revised: ")


async def test_a_revise_reserves_the_next_round_and_keeps_the_notes(database: Database) -> None:
    review = await first_round(database, plan(item_cap_microusd=2 * ROUND))
    said = await say(database, review, "revise", notes="warmer")
    assert (said.accepted, said.review.state, said.notes) == (True, ReviewState.REVISED, "warmer")
    assert await rounds(database, review) == [1, 1, 1, 2, 2, 2]
    assert await budget(database, review) == (2 * ROUND, 2 * ROUND)


async def test_a_revise_at_a_gate_before_the_scenes_buys_none_of_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STAGES, "script", StageRow("a script", "script", gate="script"))
    monkeypatch.setitem(MADE_BY, "clips", (Stage.PROMPTS, "script", Stage.SCENES, Stage.COMPOSE))
    gates = {"review": ReviewPlan(gates=("script", "video"))}
    fields = plan(item_cap_microusd=ROUND).model_dump(exclude={"stages", "review"})
    item = await open_item(database, ItemPlan.model_validate(fields | gates))
    script = request_for(item).model_copy(
        update={"subject": Subject(gate="script", text="Blue."), "places": ()}
    )
    review = await PostgresArbiter(database).open_review(script)
    assert (await say(database, review, "revise", notes="warmer")).accepted
    assert await rounds(database, review) == []
    cut = await PostgresArbiter(database).open_review(request_for(item, 2))
    assert (await say(database, cut, "revise", notes="warmer")).accepted
    assert await rounds(database, review) == [3, 3, 3]


async def test_a_revise_that_does_not_fit_says_by_how_much_and_what_helps(database: Database) -> None:
    review = await first_round(database, plan())
    said = await say(database, review, "revise", notes="warmer")
    line = stays(said)
    assert "has $0.50 simulated left of $2.00 simulated, and $1.50 simulated was asked" in line
    assert line.endswith("`revise --raise-cap` raises the item's cap")
    assert said.refusal is not None
    assert (said.refusal.left_microusd, said.refusal.asked_microusd) == (PRICE, ROUND)
    assert await rounds(database, review) == [1, 1, 1]
    assert await decisions(database) == []


async def test_a_raised_cap_comes_with_the_round_it_was_raised_for_and_is_written_down(
    database: Database,
) -> None:
    review = await first_round(database, plan())
    for _ in range(2):
        said = await say(
            database, review, "revise", notes="warmer", item_cap_microusd=2 * ROUND, word_id="click-1"
        )
        assert said.accepted
    assert await budget(database, review) == (2 * ROUND, 2 * ROUND)
    assert await decisions(database) == [("raise_cap", "ada"), ("revise", "ada")]
    async with database.statements() as connection:
        cursor = await connection.execute(
            "select notes from decision join decision_text using (decision_id) where kind = 'raise_cap'"
        )
        assert await cursor.fetchone() == {"notes": "this item's cap is $3.00 simulated now"}
    told = await PostgresArbiter(database).read(review.item_id)
    assert (told.decided_by, told.notes) == ("ada", "warmer")
    assert told.line.startswith("revised by ada")


async def test_a_cap_stays_as_it_was_where_the_round_does_not_fit_all_the_same(database: Database) -> None:
    review = await first_round(database, plan())
    assert "left of $2.50" in stays(
        await say(database, review, "revise", notes="warmer", item_cap_microusd=2_500_000)
    )
    assert await budget(database, review) == (2_000_000, ROUND)
    assert await decisions(database) == []


async def test_a_cap_is_never_lowered_by_a_revise(database: Database) -> None:
    review = await first_round(database, plan(item_cap_microusd=5_000_000))
    assert (await say(database, review, "revise", notes="warmer", item_cap_microusd=4_000_000)).accepted
    assert await budget(database, review) == (5_000_000, 2 * ROUND)
    assert await decisions(database) == [("revise", "ada")]


async def test_a_late_revise_raises_no_cap(database: Database) -> None:
    review = await first_round(database, plan())
    await say(database, review, "approve")
    late = await say(database, review, "revise", notes="warmer", item_cap_microusd=9_000_000)
    assert not late.accepted
    assert await budget(database, review) == (2_000_000, ROUND)


async def test_an_item_is_held_to_its_own_lower_cap_of_the_day(database: Database) -> None:
    review = await first_round(database, plan(item_cap_microusd=2 * ROUND, day_cap_microusd=2 * ROUND - 1))
    assert "account-day:crafts" in stays(await say(database, review, "revise", notes="warmer"))
    assert await rounds(database, review) == [1, 1, 1]


async def test_while_paid_calls_are_stopped_a_revise_says_so_and_nothing_happens(database: Database) -> None:
    review = await first_round(database, plan(item_cap_microusd=2 * ROUND))
    async with database.transaction() as connection:
        await stop_switch.stop(connection, "a test")
    said = await say(database, review, "revise", notes="warmer", item_cap_microusd=9_000_000)
    assert "a test" in stays(said)
    assert await budget(database, review) == (2 * ROUND, ROUND)
    assert (await say(database, review, "approve")).accepted


@pytest.mark.parametrize(("round_number", "taken"), [(3, True), (4, False)])
async def test_an_item_is_revised_three_times_and_no_more(
    database: Database, round_number: int, taken: bool
) -> None:
    item = await open_item(database, plan(item_cap_microusd=9_000_000))
    review = await PostgresArbiter(database).open_review(request_for(item, round_number))
    said = await say(database, review, "revise", notes="warmer")
    assert said.accepted is taken
    assert ("at most 3 times; decide on this one" in said.line) is not taken
    assert len(await rounds(database, review)) == (3 if taken else 0)


async def test_own_footage_is_not_made_again_whatever_is_offered(database: Database) -> None:
    own = StoredClip(
        key="content/brought/own-01.mp4", sha256="a" * 64, size_bytes=6, original_name="bakery.mp4"
    )
    review = await on_show(database, plan().model_copy(update={"source": OwnFootage(clips=(own,))}))
    said = await say(database, review, "revise", notes="warmer", item_cap_microusd=9_000_000)
    assert stays(said).startswith("the clips are your own")
    assert await states(database) == {"1/video/1": "open"}
    assert await rounds(database, review) == []


async def test_of_two_rounds_the_newest_is_on_show(database: Database) -> None:
    review = await first_round(database, plan(item_cap_microusd=3 * ROUND))
    await say(database, review, "edit_caption", caption="Another.")
    await say(database, review, "revise", notes="warmer")
    item = plan(item_cap_microusd=3 * ROUND)
    arbiter = PostgresArbiter(database)
    second = await arbiter.open_review(request_for(item, 2, waits=timedelta(hours=2)))
    assert (second.round, second.revision) == (2, 1)
    said = await say(database, review, "approve")
    assert (said.review.review_id, said.line) == (second.review_id, "approved, round 2 by ada")
    assert await states(database) == {
        "1/video/1": "replaced",
        "1/video/2": "revised",
        "2/video/1": "approved",
    }
    assert (await arbiter.read(review.item_id)).line.startswith("approved, round 2 by ada, at ")


@pytest.mark.parametrize(("cap", "raised"), [(ROUND, 1), (ROUND - 1, 0)])
async def test_a_cap_can_be_raised_before_anything_was_bought_as_for_an_item_taken_up_again(
    database: Database, cap: int, raised: int
) -> None:
    review = await on_show(database, plan(item_cap_microusd=1_000_000))
    assert "left of $1.00" in stays(await say(database, review, "revise", notes="warmer"))
    said = await say(database, review, "revise", notes="warmer", item_cap_microusd=cap)
    assert said.accepted is bool(raised)
    assert [kind for kind, _ in await decisions(database)] == ["raise_cap", "revise"] * raised


async def test_a_cap_below_the_items_own_lowers_nothing_before_anything_was_bought(
    database: Database,
) -> None:
    review = await on_show(database, plan())
    assert (await say(database, review, "revise", notes="warmer", item_cap_microusd=1_000_000)).accepted
    assert await budget(database, review) == (2_000_000, ROUND)
    assert await decisions(database) == [("revise", "ada")]


async def test_a_cap_that_was_raised_further_before_is_not_lowered(database: Database) -> None:
    review = await first_round(database, plan())
    async with database.transaction() as connection:
        await connection.execute(
            "update budget set cap_microusd = 9000000 where scope = 'item:' || %s", [review.item_id]
        )
    assert (await say(database, review, "revise", notes="warmer", item_cap_microusd=4_000_000)).accepted
    assert await budget(database, review) == (9_000_000, 2 * ROUND)
    assert await decisions(database) == [("revise", "ada")]
