"""What a person says, through whatever door: the first valid word counts, and nothing else changes anything."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from schema.failure import NoEffect
from schema.items.item import ItemState
from schema.limits import MAX_CAPTION
from schema.reviews.review import DecisionKind, ReviewState, Word
from signals import names
from starter.items.start_item import Handle
from tests.house import House
from workflows.content_item import ContentItem


async def test_approve_without_input_means_the_revision_on_show(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(names.APPROVE)
    assert (await house.result(handle)).state is ItemState.PUBLISHED
    async with house.database.transaction() as connection:
        row = await (
            await connection.execute(
                "select actor, door from decision join decision_text using (decision_id)"
            )
        ).fetchone()
    assert row == {"actor": "temporal-cli", "door": "signal"}


MALFORMED: list[tuple[str, list[object]]] = [
    (names.APPROVE, [1, 2]),
    (names.APPROVE, [{"actor": 7}]),
    (names.APPROVE, [{"unknown": "x"}]),
    (names.APPROVE, [[1]]),
    (names.REVISE, []),
    (names.REVISE, ["x" * 5_000]),
    (names.EDIT_CAPTION, [{}]),
    (names.REJECT, [3.5]),
]


@pytest.mark.parametrize(("signal", "inputs"), MALFORMED)
async def test_a_malformed_word_changes_nothing_and_is_shown(
    house: House, signal: str, inputs: list[object]
) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await handle.signal(signal, args=inputs)
    progress = await house.until(handle, "review")
    assert progress.last_word.startswith("not understood, nothing was changed")
    async with house.database.transaction() as connection:
        assert await (await connection.execute("select 1 from decision")).fetchone() is None


async def test_a_word_before_anything_is_on_show_changes_nothing(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes")
    await handle.signal(names.APPROVE)
    await asyncio.sleep(0.2)
    assert "nothing is on show" in (await handle.query(ContentItem.progress)).last_word


async def test_an_edited_caption_waits_for_approve_and_is_what_is_posted(house: House) -> None:
    handle = await house.begin()
    first = await house.until(handle, "review")
    edited = await house.say(handle, "edit_caption", caption="Clay, and nothing else.")
    assert (edited.review.revision, edited.review.state) == (2, ReviewState.OPEN)
    stale = await house.say(handle, "approve", review_id=first.review_id)
    assert not stale.accepted
    assert "replaced" in stale.line
    assert (await house.say(handle, "approve", review_id=edited.review.review_id)).accepted
    await house.result(handle)
    assert house.platforms[0].posts[0].caption == "Clay, and nothing else."


async def test_approve_with_a_caption_posts_that_caption(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    assert (await house.say(handle, "approve", caption="In one step.")).accepted
    await house.result(handle)
    assert house.platforms[0].posts[0].caption == "In one step."


async def test_a_revise_buys_a_round_and_its_notes_reach_the_next_prompts(house: House) -> None:
    handle = await house.begin(item_cap_microusd=3_000_000)
    await house.until(handle, "review")
    assert (await house.say(handle, "revise", notes="warmer candle light")).accepted
    await house.until(handle, "review", round_number=2)
    prompts = [order.prompt.text for order in house.studio.orders if "/2/scene/" in order.operation_id]
    assert len(prompts) == 3
    assert all("candle" in prompt.lower() for prompt in prompts)
    await house.say(handle, "approve")
    assert (await house.result(handle)).cost_microusd == 3_000_000


async def test_a_revise_that_does_not_fit_is_refused_with_figures_and_stays_in_review(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    for said in ({"notes": "again"}, {"notes": "and again"}):
        verdict = await house.say(handle, "revise", **said)
        assert not verdict.accepted
        assert verdict.refusal
        assert verdict.refusal.left_microusd == 500_000
    assert (await handle.query(ContentItem.progress)).stage == "review"
    assert (await house.say(handle, "approve")).accepted
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_the_first_word_wins_and_the_second_is_told_who_decided(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    verdicts = await asyncio.gather(
        *(
            house.say(handle, "approve" if number % 2 else "reject", actor=f"person-{number}")
            for number in range(10)
        )
    )
    assert sum(verdict.accepted for verdict in verdicts) == 1
    winner = next(verdict for verdict in verdicts if verdict.accepted)
    assert all(verdict.decided_by == winner.decided_by for verdict in verdicts)


async def test_the_same_word_told_again_gets_the_same_answer(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    first = await house.say(handle, "approve", word_id="click-1")
    again = await house.say(handle, "approve", word_id="click-1")
    assert first.accepted
    assert again.accepted
    await house.result(handle)
    assert len(house.platforms[0].posts) == 1


async def test_the_update_answers_and_is_refused_while_nothing_is_on_show(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    await house.until(handle, "scenes")
    word = Word(kind="approve", item_id=handle.id.removeprefix("content/"), actor="ada", door="test")
    with pytest.raises(WorkflowUpdateFailedError):
        await house.decide(handle, word)
    house.studio.never_finishes = False
    await house.until(handle, "review")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await house.decide(handle, word.model_copy(update={"caption": "x" * (MAX_CAPTION + 1)}))
    assert "caption: it has more than 2200 characters" in str(refused.value.cause)
    verdict = await house.decide(handle, word)
    assert verdict.accepted
    assert (await house.result(handle)).state is ItemState.PUBLISHED


async def test_a_stored_decision_that_nobody_told_the_workflow_is_relayed(house: House) -> None:
    from activities.reviews.arbiter import PostgresArbiter
    from workflows.serving.relay import DecisionRelay

    handle = await house.begin()
    await house.until(handle, "review")
    word = Word(kind="approve", item_id=handle.id.removeprefix("content/"), actor="ada", door="test")
    await PostgresArbiter(house.database).decide(word)
    assert not await DecisionRelay(house.database, house.client, timedelta()).tick()
    assert (await house.result(handle)).state is ItemState.PUBLISHED


@pytest.mark.parametrize("kind", ["approve", "revise"])
async def test_a_decision_that_the_workflow_has_read_is_not_relayed_any_more(
    house: House, kind: DecisionKind
) -> None:
    from activities.reviews.arbiter import PostgresArbiter
    from tests.activities.reviews.reviewing import unheard
    from workflows.serving.leader import Loop, lead
    from workflows.serving.relay import DecisionRelay

    handle = await house.begin(item_cap_microusd=3_000_000)
    await house.until(handle, "review")
    house.studio.refuses = NoEffect("no connection", repeatable=True)
    house.platforms[0].before = NoEffect("no connection", repeatable=True)
    item_id = handle.id.removeprefix("content/")
    word = Word(kind=kind, item_id=item_id, actor="ada", door="test", notes="warmer light")
    await PostgresArbiter(house.database).decide(word)
    assert await unheard(house.database, timedelta()) == [item_id]
    every = house.timings.poll
    loop = Loop("the relay", every, lambda: DecisionRelay(house.database, house.client, every).tick)
    relaying = asyncio.create_task(lead(house.database.locks, loop))
    await house.until(handle, "publish" if kind == "approve" else "scenes")
    assert await unheard(house.database, timedelta()) == []
    told = await signals_of(handle)
    await repeated(handle, 4)
    relaying.cancel()
    assert told >= 1
    assert await signals_of(handle) <= told + 1  # one may have been on its way


async def signals_of(handle: Handle) -> int:
    """How often a workflow was signalled."""
    history = await handle.fetch_history()
    return sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)


async def repeated(handle: Handle, attempts: int) -> None:
    """Wait until something that cannot succeed was tried so often, which takes some rounds of a short relay."""
    async with asyncio.timeout(60):
        while True:
            pending = (await handle.describe()).raw_description.pending_activities
            if any(one.attempt >= attempts for one in pending):
                return
            await asyncio.sleep(0.05)


async def test_reminders_come_before_the_deadline(house: House) -> None:
    handle = await house.begin(review="PT2S")
    await house.until(handle, "review")
    result = await house.result(handle)
    assert result.state is ItemState.EXPIRED
    history = await handle.fetch_history()
    reminded = [
        event
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
        and event.activity_task_scheduled_event_attributes.activity_type.name == "remind_reviewer"
    ]
    assert len(reminded) == 1


async def test_a_second_revise_is_not_taken_for_the_first_and_its_notes_are_not_lost_in_silence(
    house: House,
) -> None:
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    house.studio.never_finishes = True
    assert (await house.say(handle, "revise", notes="warmer light")).accepted
    second = await house.say(handle, "revise", notes="and slower")
    assert (second.accepted, second.already) == (False, False)
    assert second.line.startswith("not revised: revised by ada, at ")
    assert "can be revised once it is on show" in second.line


async def test_a_second_yes_is_not_needed_unless_it_wants_another_caption(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    again = await house.say(handle, "approve", actor="ben")
    assert (again.accepted, again.already) == (False, True)
    assert again.line.startswith("already approved by ada, at ")
    other = await house.say(handle, "approve", actor="ben", caption="Another one.")
    assert (other.accepted, other.already) == (False, False)
    await house.result(handle)
    ended = await house.say(handle, "approve", actor="ben")
    assert "the item is published, at " in ended.line
    assert "not rejected: approved by ada" in (await house.say(handle, "reject", actor="ben")).line


async def test_a_cap_is_raised_with_the_revise_or_not_at_all(house: House) -> None:
    handle = await house.begin()
    await house.until(handle, "review")
    item_id = handle.id.removeprefix("content/")

    async def cap() -> int:
        async with house.database.transaction() as connection:
            cursor = await connection.execute(
                "select cap_microusd from budget where scope = 'item:' || %s", [item_id]
            )
            row = await cursor.fetchone()
        assert row
        return row["cap_microusd"]

    short = await house.say(handle, "revise", notes="again", item_cap_microusd=2_500_000)
    assert short.refusal
    assert await cap() == 2_000_000
    await house.say(handle, "approve")
    late = await house.say(handle, "revise", notes="again", item_cap_microusd=9_000_000)
    assert not late.accepted
    assert await cap() == 2_000_000
    await house.result(handle)
    other = await house.begin()
    await house.until(other, "review")
    item_id = other.id.removeprefix("content/")
    assert (await house.say(other, "revise", notes="again", item_cap_microusd=3_500_000)).accepted
    assert await cap() == 3_500_000
