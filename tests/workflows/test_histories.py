"""Recorded histories of every ending replay; a story changed without a marker does not."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from schema.item import ItemState
from signals.converter import data_converter
from tests.histories.record import FOLDER, STORIES
from tests.workflows.changed_story import ChangedWithMarker, ChangedWithoutMarker
from workflows.check_books import CheckBooks
from workflows.content_item import ContentItem
from workflows.plan_day import PlanDay

RECORDED = sorted(FOLDER.glob("*.json"))


def history_of(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))


def test_there_is_a_history_for_every_story_and_every_ending() -> None:
    assert {file.stem for file in RECORDED} == set(STORIES)
    endings = {state for state in ItemState if state.ended}
    assert endings <= {state for state in endings if any(state in file.stem for file in RECORDED)}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    replayer = Replayer(workflows=[ContentItem, PlanDay, CheckBooks], data_converter=data_converter)
    await replayer.replay_workflow(history_of(file))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_recorded_history_names_no_path_of_the_machine_it_was_recorded_on(file: Path) -> None:
    assert '"stackTrace"' not in file.read_text(encoding="utf-8")


async def test_a_story_changed_without_a_marker_does_not_replay() -> None:
    replayer = Replayer(workflows=[ChangedWithoutMarker], data_converter=data_converter)
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history_of(FOLDER / "published.json"))


async def test_the_same_change_behind_a_marker_replays() -> None:
    replayer = Replayer(workflows=[ChangedWithMarker], data_converter=data_converter)
    await replayer.replay_workflow(history_of(FOLDER / "published.json"))
