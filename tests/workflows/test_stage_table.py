"""One table of stages: story, details, progress and terminal read it, and no stage exists in one place only."""

import ast
import inspect
import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from temporalio.client import Client

from schema.items.item import ItemState
from schema.items.progress import Progress
from schema.items.stage import AFTER_A_CUT, MADE_BY, STAGES, Stage, StageRow
from schema.money import Book
from starter.console.display import in_one_line, picture
from tests.house import House, own_clip
from workflows.content_item import ContentItem
from workflows.details import as_markdown
from workflows.item_run import ItemRun, Round
from workflows.stages.registry import MAKERS

ROOT = Path(__file__).parents[2]
NOT_MAKERS = {"gate", "review", "publish"}
"""Files of stages after a cut: the story calls them by name, since what they give differs."""
HELPERS = {"__init__", "registry", "one_scene", "take_up"}


def at(stage: str, *stages: str) -> Progress:
    """An item that is at this stage."""
    return Progress(
        item_id="crafts-20261120-abcdef",
        state=ItemState.RUNNING,
        stage=stage,
        round=1,
        stages=stages or (stage,),
        scenes=(),
        cost_microusd=0,
        round_price_microusd=0,
        book=Book.SIMULATED,
        title="Moon jar",
        review_id=None,
        caption="",
        video_key=None,
        last_word="",
    )


def drawn(progress: Progress) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(picture(progress, ()))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def public_coroutines(file: Path) -> list[str]:
    functions = ast.parse(file.read_text(encoding="utf-8")).body
    return [one.name for one in functions if isinstance(one, ast.AsyncFunctionDef) and one.name[0] != "_"]


def test_every_stage_has_a_row_and_lies_on_some_way() -> None:
    assert list(STAGES) == list(Stage)
    ways = {stage for way in MADE_BY.values() for stage in way} | set(AFTER_A_CUT)
    assert ways | {Stage.OPEN, Stage.DONE} == set(STAGES)


def test_every_stage_that_leads_to_a_cut_has_a_coroutine_and_every_coroutine_a_stage() -> None:
    assert set(MAKERS) == {stage for way in MADE_BY.values() for stage in way}


def test_every_file_of_a_stage_holds_one_public_coroutine_that_says_what_it_takes_and_yields() -> None:
    files = {file.stem: file for file in (ROOT / "workflows" / "stages").glob("*.py")}
    made = {Path(inspect.getfile(maker)).stem: maker for maker in MAKERS.values()}
    assert set(files) == set(made) | NOT_MAKERS | HELPERS
    for name in sorted(set(files) - {"__init__", "registry"}):
        assert len(public_coroutines(files[name])) == 1, name
    for maker in MAKERS.values():
        assert re.match(r"Take .*; yield ", maker.__doc__ or ""), maker


@pytest.mark.parametrize("stage", STAGES)
def test_details_and_terminal_say_of_a_stage_what_the_table_says(stage: str) -> None:
    row = STAGES[stage]
    progress = at(stage)
    details = as_markdown(progress)
    assert details.startswith(f"**{row.shown}**")
    assert f"Waits for: {row.waits_for}" in details
    assert in_one_line(progress).startswith(f"{row.shown} ")
    assert drawn(progress).count(row.shown) == (1 if row.rests else 2)  # in the row of stages, and at work


def test_a_stage_of_a_later_version_is_shown_by_its_name() -> None:
    later = Progress.model_validate_json(at("voice", "scenes", "voice").model_dump_json())
    assert later.passed == ("scenes",)
    assert "voice" in as_markdown(later)
    assert in_one_line(later).startswith("voice ")
    assert "voice" in drawn(later)


def test_the_stage_that_the_database_tells_is_one_of_the_table() -> None:
    text = (ROOT / "activities" / "store" / "item_rows.py").read_text(encoding="utf-8")
    told = text[text.index("as topic, case") : text.index("end as stage")]
    assert set(re.findall(r"(?:then|else) '(\w+)'", told)) <= set(STAGES)


def test_the_readme_draws_both_ways_as_the_table_has_them() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for made in MADE_BY.values():
        way = " ── ".join((Stage.OPEN, *made, *AFTER_A_CUT, Stage.DONE))
        assert way in text, way


async def test_a_new_stage_is_a_row_a_place_on_a_way_and_a_coroutine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gone through by the story, and seen in its progress, in Temporal's details and in the terminal."""
    seen: list[tuple[str, int, tuple[str, ...]]] = []

    async def speak(run: ItemRun, made: Round) -> Round:
        seen.append((run.board.stage, len(made.takes), run.board.progress().passed))
        return made

    monkeypatch.setitem(STAGES, "voice", StageRow("the story is being spoken", "spoken", each_round=True))
    way = (Stage.IDEA, Stage.PROMPTS, Stage.SCENES, "voice", Stage.COMPOSE)
    monkeypatch.setitem(MADE_BY, "clips", way)
    monkeypatch.setitem(MAKERS, "voice", speak)
    handle = await house.begin()
    shown = await house.until(handle, "review")
    assert seen[0] == ("voice", 3, ("idea", "prompts", "scenes"))
    assert shown.stages == (*way, *AFTER_A_CUT)
    assert "✓ spoken" in drawn(shown)
    assert "Waits for: the story is being spoken" in as_markdown(at("voice"))


async def test_the_stages_of_a_persons_own_clips_come_from_its_plan(house: House) -> None:
    handle = await house.begin(footage=[own_clip(house)])
    shown = await house.until(handle, "review")
    assert shown.stages == ("footage", "compose", "review", "publish")
    assert shown.passed == ("footage", "compose")
    assert await stages_of(house.client, handle.id) == ["footage", "compose", "review"]


async def test_an_idea_is_written_once_and_a_round_after_a_failed_one_still_has_it(house: House) -> None:
    handle = await house.begin(item_cap_microusd=9_000_000)
    await house.until(handle, "review")
    house.failing.fail("write_prompts", TypeError("not iterable"), times=1)
    await house.say(handle, "revise", notes="warmer light")
    await house.until(handle, "review", round_number=2)
    await house.say(handle, "revise", notes="warmer still")
    shown = await house.until(handle, "review", round_number=3)
    assert "was not made" not in shown.last_word
    assert (await stages_of(house.client, handle.id)).count("idea") == 1
    assert (await handle.query(ContentItem.progress)).title


async def stages_of(client: Client, workflow_id: str) -> list[str]:
    """The stages that a workflow has entered, as its search attributes were told."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    told = [
        event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields[
            "Stage"
        ].data
        for event in history.events
        if event.HasField("upsert_workflow_search_attributes_event_attributes")
    ]
    return [data.decode().strip('"') for data in told]
