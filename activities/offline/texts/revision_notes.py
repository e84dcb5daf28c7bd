"""Reads a reviewer's wish: the words to work in, and what they change in light, distance, pace and sound."""

import re
import unicodedata
from dataclasses import dataclass

MAX_WORDS = 16
MAX_CHARS = 110
"""So many characters of the notes are quoted in a prompt; the rest still steers."""


@dataclass(frozen=True)
class RevisionNotes:
    """What a reviewer asked for."""

    quoted: str
    """The wish in its own words, tidy and short; empty where there is none."""
    light: str | None
    """A light that was asked for, as a phrase."""
    framing: str | None
    """A distance that was asked for: `wide`, `close` or `detail`."""
    pace: str | None
    """A camera that was asked for, as a phrase."""
    sound: str | None
    """A sound that was asked for, as a phrase."""


_LIGHT = {
    ("warm", "warmer", "golden", "sunset", "cosy", "cozy"): "warm golden light from low on the left",
    ("cold", "colder", "cool", "cooler", "winter", "snow", "blue"): "cool snow light from a north window",
    (
        "dark",
        "darker",
        "moody",
        "night",
        "candle",
        "candlelight",
        "lantern",
    ): "a single lamp in a dark room at night",
    (
        "bright",
        "brighter",
        "lighter",
        "sunny",
        "daylight",
        "noon",
    ): "bright, clear daylight from a wide window",
    ("morning", "dawn", "sunrise"): "first morning sun, low and pale gold",
    ("evening", "dusk", "twilight"): "blue dusk outside and one warm lamp within",
    ("soft", "softer", "gentle", "diffuse", "rain", "rainy", "mist"): "soft, even light of a rainy day",
}
_FRAMING = {
    ("close", "closer", "near", "nearer", "hands"): "close",
    ("detail", "details", "macro", "texture", "textures"): "detail",
    ("wide", "wider", "room", "further", "farther", "whole", "establishing"): "wide",
}
_PACE = {
    (
        "slow",
        "slower",
        "calm",
        "calmer",
        "gentler",
        "relaxed",
    ): "an almost motionless camera, very slow push-in",
    ("fast", "faster", "quicker", "dynamic", "energetic"): "a livelier camera, gliding sideways",
    ("overhead", "above", "topdown", "top-down"): "seen from straight above, slow push-in",
    ("still", "static", "tripod"): "a locked, still camera",
}
_SOUND = {
    ("water", "drip", "drips", "dripping"): "clear drops of water close to the ear",
    ("rain", "rainy"): "soft rain outside",
    ("fire", "crackle", "crackling"): "a fire crackling nearby",
    ("quiet", "quieter", "silence", "silent", "softer"): "everything hushed, long silences between sounds",
    (
        "loud",
        "louder",
        "crisp",
        "crisper",
        "sound",
        "sounds",
        "asmr",
    ): "every sound close, crisp and detailed",
    ("wind",): "a light wind",
    ("tap", "taps", "tapping"): "slow wooden taps",
    ("birds", "bird"): "a bird outside",
}


def read_revision_notes(notes: str) -> RevisionNotes:
    """Read a reviewer's notes; unknown words are quoted all the same."""
    tidy = " ".join("".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in notes).split())
    asked = re.findall(r"[a-z][a-z-]*", tidy.lower())
    return RevisionNotes(
        quoted=_shortened(tidy),
        light=_first(_LIGHT, asked),
        framing=_first(_FRAMING, asked),
        pace=_first(_PACE, asked),
        sound=_first(_SOUND, asked),
    )


def _shortened(text: str) -> str:
    kept = ""
    for word in text.split()[:MAX_WORDS]:
        if len(kept) + 1 + len(word) > MAX_CHARS:
            break
        kept = f"{kept} {word}".strip()
    return (kept or text[:MAX_CHARS]).rstrip(" .,;:!?-")


def _first(table: dict[tuple[str, ...], str], asked: list[str]) -> str | None:
    return next((meaning for word in asked for cues, meaning in table.items() if word in cues), None)
