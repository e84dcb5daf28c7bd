"""What an operation is bound to: a later version, whose payloads have fields more, computes the same hash."""

from datetime import timedelta
from typing import Any

import pytest

from activities.buying import writing
from activities.buying.scene_effect import hash_of
from activities.writers.task import Mend
from schema.content.idea import Idea, IdeaBrief, PromptBrief
from schema.content.scene import SceneOrder, ScenePrompt, StartImage
from schema.content.still import StillOrder
from schema.money import Book
from schema.payload import Payload

PROMPT = ScenePrompt(scene=1, video="Hands at a loom.", audio="Wood on wood.")
ORDER = SceneOrder(operation_id="a/1/scene/1/1", model="m", prompt=PROMPT, seed=7)
IMAGE = StartImage(key="content/a/1.jpg", sha256="a" * 64)
STILL = StillOrder(
    operation_id="a/1/still/1/1", model="m", prompt="A loom.", width_px=720, height_px=1280, seed=7
)
IDEA = Idea(
    title="Blue",
    concept="c",
    caption="c",
    cultural_context="c",
    environment="e",
    sound_concept="s",
    beats=(),
    seed=1,
)
BRIEF = IdeaBrief(book=Book.USD, format="asmr-craft", account_voice="", scenes=3, seed=1)
PROMPTS = PromptBrief(book=Book.USD, format="asmr-craft", idea=IDEA, scenes=3, max_chars=800, round=1)
MEND = Mend(text="{}", problem="it is no idea")


class LaterPrompt(ScenePrompt):
    """A scene's prompt with a field that a later version added."""

    camera: str = "still"


class LaterScene(SceneOrder):
    """A scene's order as a later version has it."""

    prompt: LaterPrompt  # pyright: ignore[reportIncompatibleVariableOverride]
    watermark: bool = False
    last_image: StartImage | None = None


class LaterStill(StillOrder):
    """A still's order as a later version has it."""

    steps: int = 28


class LaterIdea(IdeaBrief):
    """A brief as a later version has it."""

    language: str = "en"


class LaterPrompts(PromptBrief):
    """Another one."""

    pace: timedelta = timedelta(seconds=5)


class LaterMend(Mend):
    """A mend as a later version has it."""

    again: int = 1


def as_of(later: type[Any], payload: Payload) -> Any:
    """What a later version decodes of a payload that this one wrote."""
    return later.model_validate_json(payload.model_dump_json())


def hash_of_ask(brief: Payload, mend: Mend | None) -> str:
    return writing._hash_of(brief, mend)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("later", "order"),
    [(LaterScene, ORDER), (LaterScene, ORDER.model_copy(update={"start_image": IMAGE})), (LaterStill, STILL)],
)
def test_an_order_has_the_same_hash_in_a_later_version(
    later: type[Any], order: SceneOrder | StillOrder
) -> None:
    assert hash_of(as_of(later, order)) == hash_of(order)


@pytest.mark.parametrize(("later", "brief"), [(LaterIdea, BRIEF), (LaterPrompts, PROMPTS)])
@pytest.mark.parametrize("mend", [None, MEND])
def test_an_ask_has_the_same_hash_in_a_later_version(
    later: type[Any], brief: Payload, mend: Mend | None
) -> None:
    then = as_of(LaterMend, mend) if mend else None
    assert hash_of_ask(as_of(later, brief), then) == hash_of_ask(brief, mend)


def test_what_is_asked_for_is_in_the_hash() -> None:
    shorter = PROMPT.model_copy(update={"duration": timedelta(seconds=4)})
    orders = [
        ORDER,
        STILL,
        as_of(LaterScene, ORDER).model_copy(update={"watermark": True}),
        *(
            ORDER.model_copy(update=changed)
            for changed in (
                {"seed": 8},
                {"look": "dusk"},
                {"prompt": shorter},
                {"start_image": IMAGE},
                {"start_image": IMAGE.model_copy(update={"sha256": "b" * 64})},
            )
        ),
    ]
    assert len({hash_of(order) for order in orders}) == len(orders)
    asks = [
        (BRIEF, None),
        (BRIEF, MEND),
        (BRIEF.model_copy(update={"seed_given": True}), None),
        (as_of(LaterIdea, BRIEF).model_copy(update={"language": "de"}), None),
        (PROMPTS, None),
        (PROMPTS.model_copy(update={"round": 2}), None),
    ]
    assert len({hash_of_ask(*ask) for ask in asks}) == len(asks)


def test_neither_our_marker_nor_the_place_of_an_image_is_in_the_hash() -> None:
    order = ORDER.model_copy(update={"start_image": IMAGE})
    moved = IMAGE.model_copy(update={"key": "content/a/2.jpg"})
    assert hash_of(order) == hash_of(
        order.model_copy(update={"operation_id": "a/1/scene/1/2", "start_image": moved})
    )
