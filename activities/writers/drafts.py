"""What a model is asked for, and what must hold of its answer before anybody uses it."""

import json
import re
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from activities.writers.objects import object_in
from activities.writers.port import Mend
from schema.format import load_format
from schema.idea import MAX_BEAT, Idea, IdeaBrief, PromptBrief
from schema.payload import Payload
from schema.scene import ScenePrompt, Storyboard
from schema.text import paragraphs
from schema.words import Instruction, load_instruction

T = TypeVar("T", bound=Payload)
_TEXT = {"type": "string"}
_IDEA_FIELDS = ("title", "concept", "caption", "cultural_context", "environment", "sound_concept")
MOST_HASHTAGS = 30
_MOST_PROBLEMS = 3
_LINK = re.compile(r"https?://|www\.|\b[a-z0-9-]+\.(?:com|net|org|io|ly)\b", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@\w")


def instruction_of(brief: IdeaBrief | PromptBrief) -> Instruction:
    """Return the fixed words for this kind of brief. Raises `ValueError` for a format nobody writes for."""
    chosen, _ = load_format(brief.format)
    if chosen.words is None:
        raise ValueError(f"the format {brief.format!r} says nothing to writers: it has no `words`")
    return load_instruction(chosen.words.idea if isinstance(brief, IdeaBrief) else chosen.words.storyboard)


def fixed(brief: IdeaBrief | PromptBrief) -> str:
    """Return the words that are the same for every brief of a kind: they come first, so that vendors may cache them."""
    words = instruction_of(brief)
    return f"{words.system}\n{words.ask}"


def asked(brief: IdeaBrief | PromptBrief, mend: Mend | None) -> str:
    """Return what is asked: everything that came from elsewhere, as JSON."""
    parts = ["The brief:", json.dumps(_data_of(brief), ensure_ascii=False, indent=1)]
    if mend:
        parts += [instruction_of(brief).mend, json.dumps(mend.model_dump(), ensure_ascii=False, indent=1)]
    return "\n".join(parts)


def shape_of(brief: IdeaBrief | PromptBrief) -> dict[str, Any]:
    """Return the JSON schema of the answer, in what every vendor's constrained decoding understands."""
    if isinstance(brief, IdeaBrief):
        fields = dict.fromkeys(_IDEA_FIELDS, _TEXT)
        return _closed({**fields, "beats": {"type": "array", "items": _TEXT}})
    fields: dict[str, Any] = {"scene": {"type": "integer"}, "video": _TEXT, "audio": _TEXT}
    if brief.styles:
        fields["style"] = {"type": "string", "enum": ["", *brief.styles]}
    return _closed({"prompts": {"type": "array", "items": _closed(fields)}})


def read_idea(text: str, brief: IdeaBrief) -> Idea:
    """Return the idea in an answer. Raises `ValueError`, in a sentence a model can mend it by, and a person reads."""
    found = object_in(text, (*_IDEA_FIELDS, "beats"))
    idea = _read(
        Idea,
        {**{name: _tidy(found[name]) for name in found if name in Idea.model_fields}, "seed": brief.seed},
    )
    if len(idea.beats) != brief.scenes:
        raise ValueError(f"the answer has {len(idea.beats)} beats; the brief has {brief.scenes} scenes")
    if too_long := next((beat for beat in idea.beats if len(beat) > MAX_BEAT), None):
        raise ValueError(
            f"the answer's beat {too_long[:40]!r}... has more than {MAX_BEAT} characters; one sentence each"
        )
    if idea.title.casefold() in {title.casefold() for title in brief.made_before}:
        raise ValueError(f"the answer's title {idea.title!r} was made before")
    for name, part in (("caption", idea.caption), ("title", idea.title)):
        if _LINK.search(part) or _MENTION.search(part):
            raise ValueError(f"the answer's {name} has a link or a mention, and may have none")
    if idea.caption.count("#") > MOST_HASHTAGS:
        raise ValueError(f"the answer's caption has more than {MOST_HASHTAGS} hashtags")
    return idea


def read_storyboard(text: str, brief: PromptBrief) -> Storyboard:
    """Return the prompts in an answer. Raises `ValueError`, in a sentence a model can mend it by."""
    rows = object_in(text, ("prompts",))["prompts"]
    if not isinstance(rows, list):
        raise ValueError("the answer's prompts are no list")
    prompts = [
        _read(ScenePrompt, _only_words(row), f"prompt {number} of the answer")
        for number, row in enumerate(cast("list[Any]", rows), 1)
    ]
    if strange := {prompt.style for prompt in prompts} - {"", *brief.styles}:
        raise ValueError(f"the answer's style {sorted(strange)[0]!r} is none of {list(brief.styles)!r}")
    board = Storyboard(prompts=tuple(prompts), notes=brief.notes)
    return board.check(scenes=brief.scenes, max_chars=brief.max_chars)


def _read(kind: type[T], found: dict[str, Any], whole: str = "the answer") -> T:
    """Return what was found as one of ours. Raises `ValueError` with one sentence for each of the first problems."""
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        told = dict.fromkeys(_sentence(problem, whole) for problem in error.errors(include_url=False))
        raise ValueError("; ".join(list(told)[:_MOST_PROBLEMS])) from None


def _sentence(problem: ErrorDetails, whole: str) -> str:
    """Say what is wrong with one field, without what stood there."""
    name = str(problem["loc"][0]).replace("_", " ") if problem["loc"] else ""
    bounds = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return f"{whole} has no {name}"
        case "string_type" | "string_unicode" if problem["input"] is None:
            return f"{whole} has no {name}"
        case "string_too_short":
            return (
                f"{whole} has a {name} that is too short: it needs at least {bounds['min_length']} characters"
            )
        case "string_too_long":
            return f"{whole} has a {name} that is too long: it may have {bounds['max_length']} characters"
        case "too_short":
            return f"{whole} has no {name}"
        case "tuple_type":
            return f"{whole} has {name} that are no list"
        case "string_type" | "string_unicode":
            return f"{whole} has a {name} that is no text"
        case kind if kind.startswith("int_"):
            return f"{whole} has a {name} that is no number"
        case _:
            said = problem["msg"].removeprefix("Value error, ")
            return f"{whole} has a {name} that cannot be used: {said[:1].lower()}{said[1:]}" if name else said


def _data_of(brief: IdeaBrief | PromptBrief) -> dict[str, Any]:
    if isinstance(brief, PromptBrief):
        return brief.model_dump(mode="json", exclude={"format": True, "idea": {"seed", "caption"}})
    chosen, _ = load_format(brief.format)
    return {
        "kind": f"{chosen.title}: {chosen.description}",
        **brief.model_dump(mode="json", exclude={"seed", "seed_given", "format"}),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _only_words(row: Any) -> dict[str, Any]:
    """Take from a scene what a model may decide: its words. Length, size and shape are ours."""
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    return {name: _tidy(fields[name]) for name in ("scene", "video", "audio", "style") if name in fields}


def _tidy(value: Any) -> Any:
    """Take control characters and what is invisible out of a text, or out of each in a list."""
    if isinstance(value, list):
        return [_tidy(part) for part in cast("list[Any]", value)]
    return paragraphs(value) if isinstance(value, str) else value
