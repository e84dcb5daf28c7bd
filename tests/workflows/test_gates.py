"""A further gate is a row of the table of stages, and a coroutine."""

import pytest

from activities import open_item
from activities.store import item_rows
from schema.formats.format_file import makeable_format
from schema.items.item import ItemState
from schema.items.stage import MADE_BY, STAGES, Stage, StageRow
from schema.reviews.review import ReviewRequest, ReviewState
from schema.reviews.subject import Subject
from tests.house import House
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
    assert verdict.review.state is ReviewState.APPROVED
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


@pytest.mark.usefixtures("way")
async def test_an_item_waits_at_a_further_gate_and_goes_on_to_the_stage_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, digest = makeable_format("asmr-craft")
    gated = chosen.model_copy(update={"gates": ("look", "video")})
    monkeypatch.setattr(open_item, "makeable_format", {chosen.name: (gated, digest)}.__getitem__)
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
