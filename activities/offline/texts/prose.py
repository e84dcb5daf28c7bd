"""Sentences of the offline writer: light, camera, and prompts that fill their limits without breaking them."""

from collections.abc import Sequence
from random import Random
from typing import Any

from activities.writers.prompts_task import MAX_WORDS, MIN_WORDS

LIGHTS = (
    "low morning sun through a paper-thin curtain",
    "soft rain light from a tall window",
    "late afternoon sun, slanting and golden",
    "blue dusk outside, one warm lamp within",
    "lantern light on a quiet night",
    "clear north light, cool as snow",
    "bright noon light filtered through leaves",
    "candle-warm light from one side",
)

OPENINGS = {
    "wide": ("Wide shot of {where}", "A wide, calm view of {where}", "Establishing wide shot in {where}"),
    "close": (
        "Close-up in {where}",
        "Close shot at the workbench in {where}",
        "Close, at eye level with the hands, in {where}",
    ),
    "detail": (
        "Macro detail in {where}",
        "Extreme macro detail, inches from the work, in {where}",
        "Macro shot in {where}",
    ),
}

CAMERAS = {
    "wide": (
        "a slow, steady push-in",
        "a gentle drift to the right",
        "the camera settling forward by inches",
    ),
    "close": (
        "a slow push-in with soft parallax",
        "the camera sliding gently to the left",
        "a quiet arc around the work",
    ),
    "detail": (
        "a barely moving camera, very shallow focus",
        "a slow pull back from the surface",
        "focus breathing from near to far",
    ),
}

CLOSINGS: tuple[str, ...] = (
    "Fine dust drifts through the light.",
    "The background melts into soft circles of light.",
    "Nothing hurries, and nothing is wasted.",
    "Shadows of leaves move slowly over the wall.",
    "Every fibre and grain is sharp where the focus falls.",
    "The same gesture returns, a little different each time.",
    "Warm reflections slide across the tools.",
)

STYLE = "Vertical 9:16, natural colour, shallow depth of field, no text."
QUIET = ("No music, no voices.", "No speech, no music.", "Only the room and the work.")
LISTENING = (
    "recorded very near, with the room left in",
    "close and dry, with long pauses between",
    "in an unhurried rhythm that never quite repeats",
    "soft at the edges, each one clearly placed",
)


def fitted(
    scene: int, max_chars: int, *, video: Sequence[str], audio: Sequence[str], extras: Sequence[str]
) -> dict[str, Any]:
    """Return a prompt of the given sentences, with as many `extras` as its limits leave room for.

    `video` and `audio` are taken as they are, in order, and must fit on their own; extras are given by importance.
    Raises `ValueError` where `max_chars` is too tight for the fewest words a prompt may have.
    """
    chosen: list[str] = []

    def build(more: Sequence[str]) -> tuple[str, str, str]:
        picture, heard = " ".join((*video, *more)), " ".join(audio)
        return picture, heard, f"{picture} Audio: {heard}"

    for extra in extras:
        _, _, text = build((*chosen, extra))
        if len(text) <= max_chars and len(text.split()) <= MAX_WORDS:
            chosen.append(extra)
    picture, heard, text = build(chosen)
    if len(text) > max_chars or not MIN_WORDS <= len(text.split()) <= MAX_WORDS:
        raise ValueError(
            f"scene {scene}: {len(text.split())} words in {len(text)} characters do not fit a limit of {max_chars}"
        )
    return {"scene": scene, "video": picture, "audio": heard}


def framings(scenes: int, dice: Random) -> list[str]:
    """Return how near each scene is: the first shows the place, the others come closer, neighbours differ."""
    first = ["wide", "close", "detail"]
    later = ["close", "detail", "wide"]
    chosen = first[:scenes]
    while len(chosen) < scenes:
        chosen.append(dice.choice([framing for framing in later if framing != chosen[-1]]))
    return chosen


def capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """Return the noun with `a` or `an` before it."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
