"""Recorded histories of every ending replay; a story changed without a marker does not."""

import base64
import json
from pathlib import Path

import pytest
from pydantic import JsonValue
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from schema.items.item import ItemState
from signals.converter import data_converter
from tests.histories.record import FOLDER, STORIES
from tests.workflows.changed_story import ChangedWithMarker, ChangedWithoutMarker
from workflows.content_item import ContentItem
from workflows.nightly_audit import NightlyAudit
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
    replayer = Replayer(workflows=[ContentItem, PlanDay, NightlyAudit], data_converter=data_converter)
    await replayer.replay_workflow(history_of(file))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
async def test_a_history_replays_whose_payloads_have_fields_more_and_fields_less(file: Path) -> None:
    """As after an update: what an item waits with was written by a version before, or by a later one."""
    history = as_another_version_wrote_it(json.loads(file.read_text(encoding="utf-8")))
    replayer = Replayer(workflows=[ContentItem, PlanDay, NightlyAudit], data_converter=data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(file.stem, json.dumps(history)))


DROPPED = {"account_voice", "on_behalf_of", "made_before", "version", "seed_given"}
"""Fields of payloads that a version before did not know."""


def as_another_version_wrote_it(found: JsonValue) -> JsonValue:
    """Change every JSON payload of a history: each object has one field more, and none of the dropped ones."""
    if isinstance(found, list):
        return [as_another_version_wrote_it(one) for one in found]
    if not isinstance(found, dict):
        return found
    if set(found) == {"metadata", "data"}:
        try:
            told = json.loads(base64.b64decode(str(found["data"])))
        except ValueError:
            return found
        return found | {"data": base64.b64encode(json.dumps(changed(told)).encode()).decode()}
    return {name: as_another_version_wrote_it(value) for name, value in found.items()}


def changed(told: JsonValue) -> JsonValue:
    if isinstance(told, list):
        return [changed(one) for one in told]
    if not isinstance(told, dict):
        return told
    kept = {name: changed(value) for name, value in told.items() if name not in DROPPED}
    return {**kept, "of_a_later_version": {"x": [1]}}


def test_the_changed_histories_are_changed() -> None:
    history = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
    assert as_another_version_wrote_it(history) != history
    assert changed({"plan": {"version": 2, "name": "x"}}) == {
        "plan": {"name": "x", "of_a_later_version": {"x": [1]}},
        "of_a_later_version": {"x": [1]},
    }


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
