"""The stages of an item, in one table: workflow, details in the Temporal UI, progress and command line read it.

A new stage is a name and a line here, and its coroutine in `workflows/stages/`. A stage with a gate waits for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schema.reviews.subject import VIDEO_GATE


class Stage(StrEnum):
    """What an item is busy with: its name on the wire, in the search attribute `Stage` and in JSON."""

    OPEN = "open"
    IDEA = "idea"
    PROMPTS = "prompts"
    FOOTAGE = "footage"
    SCENES = "scenes"
    COMPOSE = "compose"
    REVIEW = "review"
    PUBLISH = "publish"
    DONE = "done"


@dataclass(frozen=True)
class StageRow:
    """What is said of one stage, and how an item goes through it."""

    waits_for: str
    """What the item waits for, as Markdown for the Temporal UI."""
    shown: str
    """Its name in the terminal."""
    each_round: bool = False
    """True if every round goes through it; a stage before the rounds is gone through once."""
    rests: bool = False
    """True if no worker is busy with the item."""
    gate: str = ""
    """The gate at which the item waits for a person in this stage; empty where it does not wait for one."""
    can_be_stopped: bool = True
    """False if a stop no longer keeps the item from entering it."""


STAGES: dict[str, StageRow] = {
    Stage.OPEN: StageRow("being opened", "open"),
    Stage.IDEA: StageRow("an idea is being written", "idea"),
    Stage.PROMPTS: StageRow("the prompts are being written", "prompts", each_round=True),
    Stage.FOOTAGE: StageRow("the clips are being checked", "footage", each_round=True),
    Stage.SCENES: StageRow("the scenes are being made", "scenes", each_round=True),
    Stage.COMPOSE: StageRow("the cut is being composed", "compose", each_round=True),
    Stage.REVIEW: StageRow(
        "**a person's decision**: signal `approve`, `reject`, `revise` or `edit_caption`",
        "review",
        each_round=True,
        rests=True,
        gate=VIDEO_GATE,
    ),
    Stage.PUBLISH: StageRow("it is being posted", "publish", can_be_stopped=False),
    Stage.DONE: StageRow("nothing, it has ended", "done", rests=True, can_be_stopped=False),
}
"""Every stage, in the order of an item's life."""

MADE_BY: dict[str, tuple[str, ...]] = {
    "clips": (Stage.IDEA, Stage.PROMPTS, Stage.SCENES, Stage.COMPOSE),
    "own footage": (Stage.FOOTAGE, Stage.COMPOSE),
}
"""By the kind of a plan's source: the stages that lead to a cut, in order."""
AFTER_A_CUT: tuple[str, ...] = (Stage.REVIEW, Stage.PUBLISH)


def row_of(stage: str) -> StageRow:
    """Return a stage's row; a stage that a later version added is shown by its own name."""
    return STAGES.get(stage) or StageRow(stage, stage)


def stages_of(kind: str, gates: Sequence[str]) -> tuple[str, ...]:
    """Return the stages that lead to a cut of a kind of source, with the gates of its format."""
    return tuple(stage for stage in MADE_BY[kind] if row_of(stage).gate in ("", *gates))


def stages_gone_through_once() -> tuple[str, ...]:
    """Return the stages of which an item has one, whatever its rounds: what such a stage bought serves them all."""
    return tuple(stage for stage, row in STAGES.items() if not row.each_round)


def stages_by_gate() -> dict[str, str]:
    """Return the stage in which an item waits, for each gate."""
    return {row.gate: stage for stage, row in STAGES.items() if row.gate}
