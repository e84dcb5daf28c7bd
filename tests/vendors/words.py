"""What the fake models write: good answers to what they are asked, in the words of no real model."""

import json
from typing import Any

_VIDEO = (
    "Wide shot of a quiet workshop with open shutters and a worn wooden bench. A maker with calm hands works on one "
    "object in scene {scene}, turning it slowly and smoothing its edge with a folded cloth. Soft rain light from a "
    "tall window, a slow and steady push-in, fine dust in the air. Vertical frame, natural colour, no text."
)
_AUDIO = (
    "Cloth on wood, close and dry, a slow breath of wind outside, and rain on the roof far away. No music."
)


def brief_in(text: str) -> dict[str, Any]:
    """Return the JSON brief inside what was asked."""
    return json.JSONDecoder().raw_decode(text[text.index("\n{") + 1 :])[0]


def answer_to(text: str, shape: dict[str, Any]) -> str:
    """Return a good answer for the brief, in the shape that was asked for."""
    brief = brief_in(text)
    if not {"beats", "prompts"} & set(shape["properties"]):
        return json.dumps(_filled(shape))
    if "beats" not in shape["properties"]:
        prompts = [
            {"scene": scene, "video": _VIDEO.format(scene=scene), "audio": _AUDIO}
            for scene in range(1, brief["scenes"] + 1)
        ]
        return json.dumps({"prompts": prompts})
    number = len(brief["made_before"]) + 1
    topic = brief.get("topic") or ""
    return json.dumps(
        {
            "title": f"A bowl turned in rain light, number {number}",
            "concept": f"A maker turns one bowl of green ash and oils it until it glows. {topic}".strip(),
            "caption": f"Turned by hand. {topic} #woodturning #asmr #handmade",
            "cultural_context": "Pole lathes were used in the beech woods of the Chilterns.",
            "environment": "An open shed at the edge of a wood; soft rain light.",
            "sound_concept": "The lathe's slow creak, shavings falling, rain.",
            "beats": [f"Scene {scene} of the bowl being made." for scene in range(1, brief["scenes"] + 1)],
        }
    )


def _filled(shape: dict[str, Any]) -> Any:
    """Return something of the shape, which knows no limits: an answer to what these models never heard of."""
    match shape["type"]:
        case "object":
            return {name: _filled(part) for name, part in shape["properties"].items()}
        case "array":
            return [_filled(shape["items"])]
        case "string":
            return shape.get("enum", ["Something."])[0]
        case _:
            return 1


def tokens_in(text: str) -> int:
    """Count as these models do: a token for every three bytes, begun ones too."""
    return -(-len(text.encode()) // 3)
