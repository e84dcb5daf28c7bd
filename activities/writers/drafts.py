"""What a model is asked for, and what must hold of its answer before anybody uses it."""

import json
import re
import unicodedata
from typing import Any, cast

from activities.writers.port import Mend
from schema.format import load_format
from schema.idea import MAX_BEAT, Idea, IdeaBrief, PromptBrief
from schema.scene import ScenePrompt, Storyboard
from schema.words import Instruction, load_instruction

_TEXT = {"type": "string"}
_IDEA_FIELDS = ("title", "concept", "caption", "cultural_context", "environment", "sound_concept")
MOST_HASHTAGS = 30
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
    """Return the idea in an answer. Raises `ValueError`, in words a model can mend it by."""
    found = _object_in(text)
    idea = Idea.model_validate({**{name: _tidy(found.get(name)) for name in found}, "seed": brief.seed})
    if len(idea.beats) != brief.scenes:
        raise ValueError(f"beats: {len(idea.beats)} of them, the brief has {brief.scenes} scenes")
    if too_long := next((beat for beat in idea.beats if len(beat) > MAX_BEAT), None):
        raise ValueError(
            f"beats: {too_long[:40]!r}... has more than {MAX_BEAT} characters; one sentence each"
        )
    if idea.title.casefold() in {title.casefold() for title in brief.made_before}:
        raise ValueError(f"title: {idea.title!r} was made before")
    for name, part in (("caption", idea.caption), ("title", idea.title)):
        if _LINK.search(part) or _MENTION.search(part):
            raise ValueError(f"{name}: no links and no mentions")
    if idea.caption.count("#") > MOST_HASHTAGS:
        raise ValueError(f"caption: at most {MOST_HASHTAGS} hashtags")
    return idea


def read_storyboard(text: str, brief: PromptBrief) -> Storyboard:
    """Return the prompts in an answer. Raises `ValueError`, in words a model can mend it by."""
    rows = _object_in(text).get("prompts")
    if not isinstance(rows, list):
        raise ValueError("prompts: a list is missing")
    prompts = [ScenePrompt.model_validate(_only_words(row)) for row in cast("list[Any]", rows)]
    if strange := {prompt.style for prompt in prompts} - {"", *brief.styles}:
        raise ValueError(f"style: {sorted(strange)[0]!r} is none of {list(brief.styles)!r}")
    board = Storyboard(prompts=tuple(prompts), notes=brief.notes)
    return board.check(scenes=brief.scenes, max_chars=brief.max_chars)


def _data_of(brief: IdeaBrief | PromptBrief) -> dict[str, Any]:
    if isinstance(brief, PromptBrief):
        return brief.model_dump(mode="json", exclude={"format": True, "idea": {"seed", "caption"}})
    chosen, _ = load_format(brief.format)
    return {
        "kind": f"{chosen.title}: {chosen.description}",
        **brief.model_dump(mode="json", exclude={"seed", "format"}),
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _object_in(text: str) -> dict[str, Any]:
    """Return the JSON object in an answer; a local model may put a fence or a word around it."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found: Any = json.loads(text[start : end + 1]) if start >= 0 else None
    except ValueError as error:
        raise ValueError(f"the answer is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")
    return cast("dict[str, Any]", found)


def _only_words(row: Any) -> dict[str, Any]:
    """Take from a scene what a model may decide: its words. Length, size and shape are ours."""
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    return {name: _tidy(fields[name]) for name in ("scene", "video", "audio", "style") if name in fields}


def _tidy(value: Any) -> Any:
    """Take control characters and what is invisible out of a text, or out of each in a list."""
    if isinstance(value, list):
        return [_tidy(part) for part in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    kept = "".join(c for c in value if c in "\n\u200d" or unicodedata.category(c)[0] != "C")
    return kept.strip()
