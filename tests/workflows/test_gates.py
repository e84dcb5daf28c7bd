"""A further gate is a row of the table of stages, and a coroutine."""

from datetime import timedelta

import pytest

from activities import open_item
from activities.store import item_rows
from schema.failure import NoEffect
from schema.formats.format_file import makeable_format
from schema.items.item import ItemState
from schema.items.progress import Progress
from schema.items.stage import MADE_BY, STAGES, Stage, StageRow
from schema.reviews.review import Review, ReviewRequest, ReviewState
from schema.reviews.subject import Subject
from signals import names
from starter.items.start_item import Handle
from tests.activities.reviews.reviewing import let_pass
from tests.house import House
from workflows.endings import after_review
from workflows.item_run import ItemRun, Round
from workflows.stages.gate import ask_person
from workflows.stages.registry import MAKERS


async def approve_look(run: ItemRun, made: Round) -> Round:
    """The smallest gate before the scenes."""
    request = ReviewRequest(
        item_id=run.plan.item_id,
        account_id=run.plan.account_id,
        round=made.number,
        subject=Subject(gate="look", text="A blue room."),
        waits=run.plan.review.waits,
    )
    verdict = await ask_person(run, request)
    if verdict.review.state is not ReviewState.APPROVED:
        raise after_review(verdict)
    return made


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The way of bought clips with the gate in it, which formats may have."""
    made = (Stage.IDEA, Stage.PROMPTS, "looking", Stage.SCENES, Stage.COMPOSE)
    monkeypatch.setitem(
        STAGES, "looking", StageRow("a look", "look", each_round=True, rests=True, gate="look")
    )
    monkeypatch.setitem(MADE_BY, "clips", made)
    monkeypatch.setitem(MAKERS, "looking", approve_look)
    return made


@pytest.fixture
def gated(way: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The format has the gate."""
    chosen, digest = makeable_format("asmr-craft")
    gated = chosen.model_copy(update={"gates": ("look", "video")})
    monkeypatch.setattr(open_item, "makeable_format", {chosen.name: (gated, digest)}.__getitem__)
    return way


@pytest.mark.usefixtures("gated")
async def test_an_item_waits_at_a_further_gate_and_goes_on_to_the_stage_after_it(house: House) -> None:
    house.studio.never_finishes = True
    handle = await house.begin()
    item_id = handle.id.removeprefix("content/")
    seen = await house.until(handle, "looking")
    assert (seen.state, seen.review_id, seen.video_key) == (ItemState.WAITING, f"{item_id}/1/look/1", None)
    assert await stored(house, item_id) == (ItemState.WAITING, "looking")
    assert house.studio.orders == []
    edited = await house.say(handle, "edit_caption", caption="Another.")
    assert not edited.accepted
    assert edited.line == f"not changed: {seen.review_id} has no caption that could be changed"
    assert (await house.say(handle, "approve")).accepted
    await house.until(handle, "scenes", scenes="ordered")
    assert await stored(house, item_id) == (ItemState.RUNNING, "scenes")
    late = await house.say(handle, "reject")
    assert late.line.endswith("; it is being made")


async def second_look(house: House, cap_microusd: int = 9_000_000) -> tuple[Handle, Progress, Review]:
    """Have an item revised, up to the early gate of round 2; return its first cut and review too."""
    handle = await house.begin(item_cap_microusd=cap_microusd)
    await house.until(handle, "looking")
    await house.say(handle, "approve")
    first = await house.until(handle, "review")
    verdict = await house.say(handle, "revise", notes="warmer light", actor="ada")
    await house.until(handle, "looking", round_number=2)
    return handle, first, verdict.review


@pytest.mark.usefixtures("gated")
@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("reject", ItemState.REJECTED, "too dark"),
        ("expire", ItemState.EXPIRED, "no decision came in time"),
        ("stop", ItemState.STOPPED, "stopped by ben"),
    ],
)
async def test_what_ends_an_item_at_an_early_gate_ends_it_in_a_later_round_too(
    house: House, word: str, state: ItemState, reason: str
) -> None:
    handle, first, review = await second_look(house)
    match word:
        case "reject":
            await house.say(handle, "reject", notes="too dark")
        case "stop":
            await handle.signal(names.STOP, "ben")
        case _:
            await let_pass(house.database, review, timedelta(minutes=1))
            assert not (await house.say(handle, "approve")).accepted
    result = await house.result(handle)
    assert (result.state, result.reason) == (state, reason)
    assert first.video_key
    assert house.platforms[0].posts == []
    assert len(house.studio.orders) == 3
    assert await budget(house) == (0, 1_500_000)


@pytest.mark.usefixtures("gated")
async def test_a_revise_at_an_early_gate_of_a_later_round_begins_the_next_with_the_money_of_that_one(
    house: House,
) -> None:
    """The cap holds two rounds: what was reserved for the second is given back before the third is reserved."""
    handle, first, _ = await second_look(house, cap_microusd=3_000_000)
    assert (await house.say(handle, "revise", notes="closer", actor="ben")).accepted
    seen = await house.until(handle, "looking", round_number=3)
    assert (seen.round, await budget(house)) == (3, (0, 1_500_000))
    await house.say(handle, "approve")
    third = await house.until(handle, "review", round_number=3)
    assert third.video_key != first.video_key
    assert await scenes_for(house) == {1: "system", 2: "ada", 3: "ben"}
    assert await budget(house) == (0, 3_000_000)


@pytest.mark.usefixtures("gated")
async def test_where_the_round_after_an_early_revise_fails_the_last_cut_is_back_and_can_be_posted(
    house: House,
) -> None:
    handle, first, _ = await second_look(house)
    await house.say(handle, "revise", notes="closer", actor="ben")
    await house.until(handle, "looking", round_number=3)
    house.studio.refuses_scenes[2] = NoEffect("422: not that one", repeatable=False)
    await house.say(handle, "approve")
    again = await house.until(handle, "review", round_number=3)
    assert (again.video_key, again.review_id) == (first.video_key, f"{again.item_id}/3/video/1")
    assert "round 3 was not made (" in again.last_word
    assert again.last_word.endswith("; the earlier cut is back")
    await house.say(handle, "revise", notes="once more", actor="ada")
    await house.until(handle, "looking", round_number=4)
    await house.say(handle, "reject", notes="enough")
    result = await house.result(handle)
    assert (result.state, result.reason) == (ItemState.REJECTED, "enough")


@pytest.mark.usefixtures("gated")
async def test_a_revise_at_an_early_gate_of_the_first_round_begins_the_second_for_who_asked(
    house: House,
) -> None:
    handle = await house.begin()
    await house.until(handle, "looking")
    await house.say(handle, "revise", notes="warmer light", actor="ada")
    await house.until(handle, "looking", round_number=2)
    await house.say(handle, "approve")
    await house.until(handle, "review", round_number=2)
    assert await scenes_for(house) == {2: "ada"}


@pytest.mark.usefixtures("gated")
async def test_a_round_that_fails_ends_an_item_that_has_no_cut_yet(house: House) -> None:
    house.studio.refuses_scenes[2] = NoEffect("422: not that one", repeatable=False)
    handle = await house.begin()
    await house.until(handle, "looking")
    await house.say(handle, "revise", notes="warmer light")
    await house.until(handle, "looking", round_number=2)
    await house.say(handle, "approve")
    result = await house.result(handle)
    assert result.state is ItemState.FAILED
    assert "not that one" in result.reason


async def test_a_gate_that_the_format_does_not_have_is_passed_by(house: House, way: tuple[str, ...]) -> None:
    shown = await house.until(await house.begin(), "review")
    assert shown.passed == tuple(stage for stage in way if stage != "looking")


async def test_the_video_gate_says_that_what_was_approved_is_being_posted(house: House) -> None:
    house.platforms[0].is_away = True
    house.platforms[0].before = ConnectionResetError("no answer")
    handle = await house.begin()
    await house.until(handle, "review")
    await house.say(handle, "approve")
    assert (await house.say(handle, "reject")).line.endswith("; it is being posted")


async def stored(house: House, item_id: str) -> tuple[ItemState, str]:
    """State and stage, as lists read them from the database."""
    async with house.database.statements() as connection:
        row = await item_rows.get(connection, item_id)
    return row.state, row.stage


async def budget(house: House) -> tuple[int, int]:
    """What is reserved and settled of the one item there is."""
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select reserved_microusd, settled_microusd from budget where starts_with(scope, 'item:')"
        )
        row = await cursor.fetchone()
    assert row is not None
    return row["reserved_microusd"], row["settled_microusd"]


async def scenes_for(house: House) -> dict[int, str]:
    """For whom the scenes of each round were bought."""
    async with house.database.statements() as connection:
        cursor = await connection.execute(
            "select distinct round, on_behalf_of from operation where step = 'scene'"
        )
        return {row["round"]: row["on_behalf_of"] async for row in cursor}
