"""The task of writing a round's prompts: the instruction, and what must hold of the answer."""

from functools import cache
from typing import Generic, Self, TypeVar

from pydantic import Field, model_validator

from activities.writers.answer_schema import one_for_each_scene
from activities.writers.task import WritingTask
from schema.content.idea import PromptBrief
from schema.content.scene import ScenePrompt, Storyboard
from schema.formats.format_file import load_format
from schema.formats.instruction import Instructions, instructions_of
from schema.payload import Document

MIN_WORDS = 60
MAX_WORDS = 120


class PromptAnswer(Document):
    """One scene as a writer answers it: its words. Length, size and shape are the format's."""

    scene: int = Field(ge=1)
    video: str = Field(min_length=1)
    audio: str = Field(min_length=1)
    style: str = ""

    @model_validator(mode="after")
    def _full_but_not_rambling(self) -> Self:
        words = len(self.prompt.text.split())
        if not MIN_WORDS <= words <= MAX_WORDS:
            raise ValueError(
                f"scene {self.scene}: a prompt has {MIN_WORDS} to {MAX_WORDS} words, not {words}"
            )
        return self

    @property
    def prompt(self) -> ScenePrompt:
        """The scene's prompt in these words."""
        return ScenePrompt(scene=self.scene, video=self.video, audio=self.audio, style=self.style)


P = TypeVar("P", bound=PromptAnswer)


class PromptsAnswer(Document, Generic[P]):
    """The prompts of a round as a writer answers them."""

    prompts: tuple[P, ...]


AnyPrompts = PromptsAnswer[PromptAnswer]
"""Kept: pydantic would make the class anew for each task."""


@cache
def prompts_answer(scenes: int, max_chars: int, styles: tuple[str, ...]) -> type[Document]:
    """Return the model of an answer for so many scenes, a video model's limit, and a format's styles."""
    limit = {"maxLength": max_chars}  # it holds for both together, so `accept` checks it

    class Prompt(PromptAnswer):
        video: str = Field(min_length=1, json_schema_extra={**limit})
        audio: str = Field(min_length=1, json_schema_extra={**limit})
        style: str = Field(default="", json_schema_extra={"enum": ["", *styles]})

    class Answer(PromptsAnswer[Prompt]):
        prompts: tuple[Prompt, ...] = one_for_each_scene(scenes)

    return Answer


def prompts_task(brief: PromptBrief, instructions: Instructions | None = None) -> WritingTask[Storyboard]:
    """Return the task for a brief, by the instructions of its item; None means those of the format file now.

    Raises `Trouble` (`bad_format`) for a format without an instruction for it.
    """
    instructions = instructions or instructions_of(load_format(brief.format)[0])

    def accept(answer: AnyPrompts) -> Storyboard:
        prompts = tuple(row.prompt for row in answer.prompts)
        if strange := {prompt.style for prompt in prompts} - {"", *brief.styles}:
            raise ValueError(f"the answer's style {sorted(strange)[0]!r} is none of {list(brief.styles)!r}")
        if (numbers := [prompt.scene for prompt in prompts]) != list(range(1, brief.scenes + 1)):
            raise ValueError(f"expected scenes 1 to {brief.scenes}, got {numbers!r}")
        for prompt in prompts:
            if (chars := len(prompt.text)) > brief.max_chars:
                raise ValueError(
                    f"scene {prompt.scene}: {chars} characters, the model takes {brief.max_chars}"
                )
        return Storyboard(prompts=prompts, notes=brief.notes)

    return WritingTask(
        name="prompts",
        instruction=instructions.instruction("prompts"),
        data=brief.model_dump(mode="json", exclude={"format": True, "idea": {"seed", "caption"}}),
        answer=prompts_answer(brief.scenes, brief.max_chars, brief.styles),
        payload=Storyboard,
        accept=accept,
        seed=brief.idea.seed,
    )
