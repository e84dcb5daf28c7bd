"""The task of writing an idea: what a writer is told, and what must hold of its answer."""

import re
from functools import cache
from typing import Annotated

from pydantic import Field

from activities.writers.answer_schema import REASON, longest, one_for_each_scene
from activities.writers.task import WritingTask
from schema.content.idea import Idea, IdeaBrief
from schema.formats.format_file import FormatFile, load_format
from schema.formats.instruction import Instructions, instructions_of
from schema.limits import MAX_CAPTION, MAX_TITLE
from schema.payload import Document

MAX_BEAT = 400
MOST_HASHTAGS = 30
_LINK = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(?:com|net|org|io|ly)\b", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@\w")
_Beat = Annotated[str, Field(max_length=MAX_BEAT, json_schema_extra={REASON: "one sentence each"})]


class IdeaAnswer(Document):
    """An idea as a writer answers it; the fields are those of `Idea`."""

    title: str = Field(min_length=3, max_length=MAX_TITLE)
    concept: str = Field(min_length=20, max_length=600)
    caption: str = Field(min_length=1, max_length=MAX_CAPTION)
    cultural_context: str = Field(min_length=1, max_length=600)
    environment: str = Field(min_length=1, max_length=400)
    sound_concept: str = Field(min_length=1, max_length=400)
    beats: tuple[str, ...]


@cache
def idea_answer(scenes: int) -> type[IdeaAnswer]:
    """Return the model of an answer for so many scenes."""

    class Answer(IdeaAnswer):
        beats: tuple[_Beat, ...] = one_for_each_scene(scenes)

    return Answer


def idea_task(brief: IdeaBrief, instructions: Instructions | None = None) -> WritingTask[Idea]:
    """Return the task for a brief, by the instructions of its item; None means those of the format file now.

    Raises `Trouble` (`bad_format`) for a format without an instruction for it.
    """
    instructions = instructions or instructions_of(load_format(brief.format)[0])

    def accept(answer: IdeaAnswer) -> Idea:
        if answer.title.casefold() in {title.casefold() for title in brief.made_before}:
            raise ValueError(f"the answer's title {answer.title!r} was made before")
        for name, part in (("caption", answer.caption), ("title", answer.title)):
            if _LINK.search(part) or _MENTION.search(part):
                raise ValueError(f"the answer's {name} has a link or a mention, and may have none")
        if answer.caption.count("#") > MOST_HASHTAGS:
            raise ValueError(f"the answer's caption has more than {MOST_HASHTAGS} hashtags")
        return Idea(**answer.model_dump(), seed=brief.seed)

    return WritingTask(
        name="idea",
        instruction=instructions.instruction("idea"),
        data={
            "kind": instructions.kind,
            **brief.model_dump(mode="json", exclude={"seed", "seed_given", "format"}),
        },
        answer=idea_answer(brief.scenes),
        payload=Idea,
        accept=accept,
        seed=brief.seed,
    )


def longest_idea(chosen: FormatFile) -> Idea:
    """Return an idea whose texts are all as long, and as dear, as a writer's may be."""
    return Idea(**longest(idea_answer(chosen.scenes.count or 1)), seed=0)
