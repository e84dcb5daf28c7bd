"""Colours and light: what all clips of one look share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Colour = NDArray[np.floating[Any]]


def colour(code: str) -> Colour:
    """Return `rrggbb` as three numbers from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


@dataclass(frozen=True)
class Palette:
    """The colours of one room at one hour."""

    name: str
    wall: Colour
    """The room behind, in the light."""
    shade: Colour
    """The room behind, away from the light."""
    wood: Colour
    """Tables, benches, tools."""
    material: Colour
    """What is being worked: clay, wood, wax."""
    accent: Colour
    """Glaze, dye, ink of honour."""
    second: Colour
    """Beside the accent: stripes, second threads."""
    light: Colour
    """Sun or flame."""
    words: tuple[str, ...] = ()
    """Words in a look that ask for it."""


def _palette(name: str, codes: str, *words: str) -> Palette:
    return Palette(name, *(colour(code) for code in codes.split()), words=words)


PALETTES = (
    _palette(
        "terracotta morning",
        "d9b18c 5a3a2c 8a5a38 c0704a b8452e e0a458 ffdfae",
        "terracotta",
        "adobe",
        "clay",
        "sun",
    ),
    _palette(
        "indigo dusk", "8fa3b8 232f45 6d513d b9a58c 26477f 7fa6c9 ffd9a0", "indigo", "dusk", "blue", "evening"
    ),
    _palette(
        "celadon rain",
        "b5c4b4 37473f 74563f a9a58d 5d8f7a c9b26d f2f0dc",
        "rain",
        "green",
        "moss",
        "celadon",
        "bamboo",
        "forest",
        "tea",
    ),
    _palette(
        "lamplight",
        "9c6a43 21150f 6b4027 b98350 c8542b e8b04e ffb65c",
        "night",
        "lamp",
        "lantern",
        "candle",
        "fire",
        "furnace",
        "ember",
    ),
    _palette(
        "snow window",
        "c9d2d8 4a545e 97714f cbb491 9a3b34 dcc9a3 f4f7ff",
        "snow",
        "winter",
        "north",
        "frost",
        "cold",
    ),
    _palette(
        "rose plaster",
        "dcb2a2 5c3a3d 7d4f3d c99a80 a6424f 4f6f7a ffe3c4",
        "rose",
        "pink",
        "plaster",
        "courtyard",
        "afternoon",
    ),
    _palette(
        "gold ochre",
        "d8b56f 4a3419 80542b c49a5a 1f5d4f c9372c ffe7a8",
        "gold",
        "market",
        "kente",
        "desert",
        "noon",
        "ochre",
    ),
    _palette(
        "sea light",
        "b9d0d3 2f4b57 8b6a4c c8b79c 1d7a86 e3a26a fff1d4",
        "sea",
        "lagoon",
        "harbour",
        "island",
        "river",
        "coast",
    ),
)
